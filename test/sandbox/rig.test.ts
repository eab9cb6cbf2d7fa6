import { expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  renameSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { connect, type NetConnectOpts } from "node:net";
import { dirname, join } from "node:path";
import type { IsolationMaker, IsolationSpec } from "../../packages/sandbox/src/index.ts";
import { CANARIES } from "./lab.ts";
import { runRows } from "./rig.ts";
import type { Row } from "./row.ts";

/**
 * What a jail that holds nothing would let happen, one thing a row: the runner must see each of them from outside, and
 * must not see what did not happen.
 */
type Misdeed = (at: { lab: string; spec: IsolationSpec; port: number }) => unknown;

const call = (where: NetConnectOpts) =>
  new Promise<void>((done) => void connect(where, () => done()).on("error", () => done()));
const touch = (path: string) => utimesSync(path, 1, 1);
const left: { kill(signal: number): void }[] = [];

const MISDEEDS: readonly [what: string, fault: RegExp | null, misdeed: Misdeed][] = [
  ["nothing", null, () => {}],
  [
    "a canary's content",
    /"victim\/keep\.txt" was changed/,
    ({ lab }) => writeFileSync(join(lab, "victim/keep.txt"), ""),
  ],
  ["a canary's time", /"secret\.txt" was changed/, ({ lab }) => touch(join(lab, "secret.txt"))],
  ["a canary's mode", /"secret\.txt" was changed/, ({ lab }) => chmodSync(join(lab, "secret.txt"), 0o777)],
  [
    "another name for a canary",
    /"secret\.txt" was changed/,
    ({ lab }) => linkSync(join(lab, "secret.txt"), join(lab, "trees/hard")),
  ],
  ["a new file beside", /"victim\/new" was changed/, ({ lab }) => writeFileSync(join(lab, "victim/new"), "")],
  ["a new folder", /"trees\/task\/src\/p" was changed/, ({ spec }) => mkdirSync(join(spec.root, "src/p"))],
  ["an unclaimed file", /other\.py" was changed/, ({ spec }) => unlinkSync(join(spec.root, "src/other.py"))],
  [
    "the configuration",
    /"proj\/\.git\/config" was changed/,
    ({ lab }) => appendFileSync(join(lab, "proj/.git/config"), "#"),
  ],
  ["a hook", /hooks\/x" was changed/, ({ lab }) => writeFileSync(join(lab, "proj/.git/hooks/x"), "")],
  ["a ref", /refs\/heads\/x" was changed/, ({ lab }) => writeFileSync(join(lab, "proj/.git/refs/heads/x"), "")],
  ["the index", /"proj\/\.git\/index" was changed/, ({ lab }) => touch(join(lab, "proj/.git/index"))],
  [
    "the file that names git's folder",
    /"trees\/task\/\.git"/,
    ({ spec }) => renameSync(join(spec.root, ".git"), join(spec.root, "git")),
  ],
  ["the port", /listener/, ({ port }) => call({ host: "127.0.0.1", port })],
  ["a socket in the worktree", /listener/, ({ spec }) => call({ path: join(spec.root, "x.sock") })],
  ["a socket beside", /listener/, ({ lab }) => call({ path: join(lab, "x.sock") })],
  ["an abstract socket", /listener/, ({ port }) => call({ path: `\0dgov-lab-${port}` })],
  [
    "a datagram",
    /listener/,
    async ({ port }) => {
      const socket = await Bun.udpSocket({ socket: {} });
      socket.send("x", port, "127.0.0.1");
      await Bun.sleep(50);
      socket.close();
    },
  ],
  ["a process", /a process is left: sleep/, () => left.push(Bun.spawn(["sleep", "60"]))],
  ["an installer", /installer/, ({ spec }) => appendFileSync(join(spec.tmp, "installed"), "pip\n")],
  ["a claimed file", /"src\/app\.py" was changed/, ({ spec }) => writeFileSync(join(spec.root, "src/app.py"), "x")],
  ["no answer", /no answer: it died/, () => Promise.reject(new Error("it died"))],
];

const unasked = () => Promise.reject(new Error("the runner asks for tool calls alone"));

/** Starts nothing: the call itself does the deed, as this process. */
function lawless(): IsolationMaker {
  const deeds = MISDEEDS.values();
  return {
    self: [],
    probe: async () => [],
    start: async (level, spec) => ({
      level,
      pid: process.pid,
      limits_kept: { by: "watch", why: "this is no jail", cure: "" },
      async call(_tool, input) {
        const [, , misdeed] = deeds.next().value!;
        await misdeed({ lab: dirname(dirname(spec.root)), spec, port: Number((input as { pattern: string }).pattern) });
        return { ok: false, text: "Error: said" };
      },
      exec: unasked,
      evaluate: unasked,
      component: unasked,
      stop: async () => {},
    }),
  };
}

test("the runner sees whatever a jail lets through, and nothing else", async () => {
  const rows = MISDEEDS.map(([what]): Row => {
    const args = { pattern: "8099", path: "src" };
    return { id: what, category: "X", role: "worker", tool: "grep", args, expect: "", want: "deny" };
  });
  const outcomes = await runRows(rows, { maker: lawless(), level: "landlock" });
  for (const one of left) one.kill(9);
  expect(outcomes.length).toBe(MISDEEDS.length);
  for (const [at, [what, fault]] of MISDEEDS.entries()) {
    const faults = outcomes[at]!.faults;
    if (fault === null) expect({ what, faults }).toEqual({ what, faults: [] });
    else expect(`${what}: ${faults.join("; ")}`).toMatch(fault);
  }
}, 60_000);

test("a place on the machine that a row names is looked at, too", async () => {
  const path = join(process.env.TMPDIR ?? "/tmp", `dgov-lab-named-${process.pid}`);
  const row: Row = {
    ...{ id: 1, category: "X", role: "worker", tool: "grep", expect: "", want: "any" },
    args: { pattern: path, path: "src" },
  };
  const maker = { ...lawless() };
  const start: IsolationMaker["start"] = async (level, spec) => ({
    ...(await lawless().start(level, spec)),
    async call() {
      writeFileSync(path, "");
      return { ok: true, text: CANARIES.env };
    },
  });
  const [outcome] = await runRows([row], { maker: { ...maker, start }, level: "landlock" });
  unlinkSync(path);
  expect(outcome?.faults).toEqual([`"${path}" was changed`, "the answer shows a secret: env"]);
});
