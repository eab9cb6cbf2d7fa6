import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createIsolationMaker,
  type Isolation,
  type IsolationMaker,
  type Level,
  parseClaim,
  ToolPolicy,
  toolEnvironment,
} from "../packages/sandbox/src/index.ts";
import { descendantsOf, isAlive } from "../packages/sandbox/src/process_tree.ts";
import { LAB_CONFINEMENT, SCOPE } from "./lab.ts";

const ROOT = join(import.meta.dir, "..");
const SERVE = join(ROOT, "packages/sandbox/src/serve.ts");
const base = realpathSync(mkdtempSync(join(tmpdir(), "dgov-script-")));
const root = join(base, "worktree");
const exe = join(base, "dgov");
const makerOf = (self: readonly string[]) => createIsolationMaker({ self, now_ms: () => performance.now() });
const fromSource = makerOf([process.execPath, SERVE]);
const levels = (await fromSource.probe()).filter(({ available }) => available).map(({ level }) => level);
const native = levels.filter((level) => level !== "wasm");

beforeAll(() => {
  mkdirSync(join(root, "src"), { recursive: true });
  for (const name of ["a", "b"]) writeFileSync(join(root, `src/${name}.py`), `${name} = 1\n`);
  const made = Bun.spawnSync(
    ["sh", "-c", "git init -q && git add . && git -c user.name=t -c user.email=t@t commit -qm x"],
    {
      cwd: root,
    },
  );
  const built = Bun.spawnSync([process.execPath, join(ROOT, "scripts/build.ts"), "--outfile", exe], { cwd: ROOT });
  if (made.exitCode !== 0 || built.exitCode !== 0) throw new Error(`${made.stderr}${built.stderr}`);
}, 120_000);
afterAll(() => rmSync(base, { recursive: true, force: true }));

const opened: Isolation[] = [];
afterAll(() => Promise.all(opened.map((isolation) => isolation.stop())));

async function open(maker: IsolationMaker, level: Level): Promise<Isolation> {
  const tmp = mkdtempSync(join(base, "tmp-"));
  const env = toolEnvironment({ tmp, inherited: { PATH: process.env.PATH }, real_home: null });
  const isolation = await maker.start(level, {
    root,
    write: [{ kind: "directory", path: "src", only: ["^src/a\\.py$"] }],
    git_dir: join(root, ".git"),
    tmp,
    ...LAB_CONFINEMENT,
    env,
    scope: { ...SCOPE, write: [parseClaim("src/a.py")], read: [], test_targets: [] },
  });
  opened.push(isolation);
  return isolation;
}

const policy = ToolPolicy.parse({});
const script = (isolation: Isolation, code: string, timeout_s = 60) =>
  isolation.call("run_script", { code, timeout_s }, policy);
const MODULES = {
  "rule.js": "import { more } from './more.js'; export default ({ n }) => more(n)",
  "more.js": "export const more = (n) => n + 1",
};
const LIMITS = {
  memory_bytes: 1 << 25,
  stack_bytes: 1 << 17,
  time_ms: 20_000,
  output_chars: 1e5,
  source_chars: 1e5,
  calls: 0,
};
const LIMIT_MS = 120_000;

test.each(levels.flatMap((level) => [["source", level] as const, ["the executable", level] as const]))(
  "from %s at level %s: a script calls the tools, and modules are evaluated",
  async (from, level) => {
    const isolation = await open(from === "source" ? fromSource : makerOf([exe]), level);
    const told = await script(
      isolation,
      `const text = await tools.read_file({ path: "src/a.py" });
       await tools.edit_file({ path: "src/a.py", old_text: text.trim(), new_text: text.trim() + "1" });
       const why = await tools.edit_file({ path: "src/b.py", old_text: "b", new_text: "c" }).catch((error) => error.refused_by);
       return [why, (await tools.run_bash({ cmd: "cat src/a.py" })).split("\\n")[0], await tools.read_file({ path: "src/a.py" })];`,
    );
    const now = readFileSync(join(root, "src/a.py"), "utf8");
    expect(told).toMatchObject({ ok: true, text: JSON.stringify(["claim", now.trim(), now]) });
    expect(told.calls?.map(({ tool, ok }) => `${tool} ${ok}`)).toEqual([
      "read_file true",
      "edit_file true",
      "edit_file false",
      "run_bash true",
      "read_file true",
    ]);
    const order = { modules: MODULES, entry: "rule.js", input: { n: 1 }, limits: LIMITS };
    expect(await isolation.evaluate(order)).toEqual({ ok: true, value: 2, log: "" });
    expect(await isolation.evaluate({ ...order, entry: "none.js" })).toMatchObject({ ok: false, cause: "error" });
    await isolation.stop();
  },
  LIMIT_MS,
);

describe.each(native)("%s", (level) => {
  let isolation: Isolation;
  beforeAll(async () => {
    isolation = await open(fromSource, level);
  });
  const bash = async (cmd: string) => {
    const { text } = await script(isolation, `return tools.run_bash({ cmd: ${JSON.stringify(cmd)} })`);
    return text;
  };
  /** Words of a command that find the child, which stands beside the command below the server. */
  const CHILD = "for p in $(ps -o pid= --ppid $PPID); do grep -qz '^script$' /proc/$p/cmdline && echo $p; done";

  test(
    "a child that the worker's own command kills in mid-call is told, and replaced",
    async () => {
      const killed = await script(
        isolation,
        `await tools.run_bash({ cmd: ${JSON.stringify(`kill -9 $(${CHILD})`)} }); return 1`,
      );
      expect(killed).toMatchObject({ ok: false, text: expect.stringContaining("its process was ended") });
      expect(killed.calls).toEqual([expect.objectContaining({ tool: "run_bash", ok: false })]);
      expect(await script(isolation, "return 2")).toMatchObject({ ok: true, text: "2" });
      const between = await isolation.exec({
        command: `kill -9 $(${CHILD})`,
        timeout_ms: 20_000,
        output_max_bytes: 1e5,
        clip_bytes: 1e4,
      });
      expect(between.ended).toBe("exit");
      expect(await script(isolation, "return 3")).toMatchObject({ ok: true, text: "3" });
    },
    LIMIT_MS,
  );

  test(
    "the child is inside the jail, and no command opens its pipes or its memory",
    async () => {
      const said = await bash(
        `p=$(${CHILD}); echo "found $(echo $p | wc -w)"; grep -E '^(NoNewPrivs|Seccomp):' /proc/$p/status; ls /proc/$p/fd/; head -c1 /proc/$p/mem; cat /proc/$p/environ`,
      );
      expect(said).toContain("found 1");
      expect(said).toMatch(/NoNewPrivs:\s+1/);
      expect(said).toMatch(/Seccomp:\s+2/);
      expect(said.match(/Permission denied/g)?.length).toBeGreaterThanOrEqual(2);
      expect(said).not.toContain("PATH=");
    },
    LIMIT_MS,
  );

  test(
    "what a command leaves is ended while its script goes on",
    async () => {
      const { ok, text } = await script(
        isolation,
        `await tools.run_bash({ cmd: "setsid sleep 4711 & (sleep 4711 &) ; true" });
       return tools.run_bash({ cmd: "ps -eo args | grep -c '[s]leep 4711'; true" })`,
      );
      expect({ ok, text: text.split("\n")[0] }).toEqual({ ok: true, text: "0" });
    },
    LIMIT_MS,
  );

  test(
    "a loop that hears nothing ends in time, and its records are there",
    async () => {
      const { ok, text, calls } = await script(
        isolation,
        `await tools.read_file({ path: "src/b.py" }); "a".repeat(4e6).indexOf("a".repeat(32000) + "b")`,
        1,
      );
      expect({ ok, calls: calls?.length }).toEqual({ ok: false, calls: 1 });
      expect(text).toContain("it ran longer than 1 s");
    },
    LIMIT_MS,
  );

  test(
    "the child ends with its isolation, also in the middle of a script",
    async () => {
      const own = await open(fromSource, level);
      const lost = script(own, "for (;;);").catch((error: Error) => error.name);
      const mine = async () => {
        for (let tries = 0; tries < 2_500; tries++) {
          const found = descendantsOf(own.pid).filter((pid) =>
            readFileSync(`/proc/${pid}/cmdline`, "utf8").endsWith("\0script\0"),
          );
          if (found.length > 0) return found;
          await Bun.sleep(20);
        }
        throw new Error("No child has begun");
      };
      const pids = await mine();
      await own.stop();
      expect(await lost).toBe("IsolationLost");
      expect(pids.map(isAlive)).toEqual(pids.map(() => false));
    },
    LIMIT_MS,
  );
});
