import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TaskId } from "@dgov/kernel";
import { DgovError } from "./error.ts";
import { createGit } from "./git/git.ts";
import { type ShippedCommit, shippedOn } from "./git/shipped.ts";
import { unitWith } from "./settlement/testing/parts.ts";
import { refuseShipped, shippedOf, takenBack } from "./shipped.ts";

const [ONE, TWO] = [TaskId.parse("core/a.one"), TaskId.parse("core/a.two")];
const plan = {
  ...{ name: "p", dir: ".dgov/plans/p", hash: "plan 1" },
  tasks: [
    { ...unitWith({}), id: ONE, unit: "unit 1" },
    { ...unitWith({}), id: TWO, unit: "unit 2" },
  ],
};
const landing = (more: Partial<ShippedCommit> = {}): ShippedCommit => ({
  ...{ commit: "c1", run: "r1", task: ONE, plan: "plan 0", unit: "unit 1", reverted: null },
  ...more,
});
const NOBODY: ReadonlySet<string> = new Set();
const of = (...commits: ShippedCommit[]) => Object.fromEntries(shippedOf(plan, commits, NOBODY));

test("C21 a commit is of a task by its unit as it is now, in older commits by the whole plan", () => {
  expect(of(landing())).toEqual({ [ONE]: "c1" });
  expect(of(landing({ unit: "edited since" }))).toEqual({});
  expect(of(landing({ task: TWO }))).toEqual({});
  expect(of(landing({ unit: null, plan: "plan 1" }))).toEqual({ [ONE]: "c1" });
  expect(of(landing({ unit: null }))).toEqual({});
  expect(of(landing({ reverted: "c2" }))).toEqual({});
  expect(of(landing({ commit: "c3", reverted: "c4" }), landing())).toEqual({ [ONE]: "c1" });
  expect(Object.fromEntries(shippedOf(plan, [landing()], new Set(["r1"])))).toEqual({}); // its own log has the word
});

test("C21 what is shipped is refused by a bare run, and by none that says more or goes on", () => {
  const shipped = new Map([[String(ONE), "c1"]]);
  const fresh = { do: "start", carried: new Map() } as const;
  const refused = (...[asked, decided]: [object, Parameters<typeof refuseShipped>[2]]) => {
    try {
      refuseShipped({ plan, mode: "go", only: [], ...asked }, shipped, decided);
      return null;
    } catch (error) {
      if (!(error instanceof DgovError)) throw error;
      return { code: error.code, exit: error.exit, units: error.places.map(({ unit }) => unit) };
    }
  };
  expect(refused({}, fresh)).toEqual({ code: "already_shipped", exit: 3, units: [ONE] });
  expect(refused({}, { do: "nothing", status: "failed", run: "r2" })?.units).toEqual([ONE]);
  expect(refused({}, { do: "nothing", status: "complete", run: "r2" })).toBeNull();
  expect(refused({}, { do: "resume", run: "r2" })).toBeNull();
  expect(refused({}, { do: "start", carried: new Map([[ONE, "c1"]]) })).toBeNull();
  expect(refused({ only: [TWO] }, fresh)).toBeNull();
  expect(refused({ mode: "continue" }, fresh)).toBeNull();
  expect(refused({ mode: "restart" }, fresh)).toBeNull();
});

/** A history of so many commits, made at once: the first with these words, and after it those by number. */
async function historyOf(count: number, words: (nth: number) => string, check: (root: string) => Promise<void>) {
  const root = mkdtempSync(join(tmpdir(), "dgov-test-"));
  try {
    const git = createGit(root, { PATH: process.env.PATH ?? "", HOME: root });
    await git.ask(["init", "-q", "-b", "main"]);
    const commits = Array.from({ length: count }, (_, nth) => {
      const text = words(nth);
      const at = `A <a@example.org> ${1_700_000_000 + nth} +0000`;
      return `commit refs/heads/main\ncommitter ${at}\ndata ${Buffer.byteLength(text)}\n${text}\n`;
    });
    await git.ask(["fast-import", "--quiet"], { stdin: commits.join("") });
    await check(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const LANDED = "Do it\n\nDgov-Run: r1\nDgov-Task: core/a.one\nDgov-Plan: plan\nDgov-Unit: unit\n";
const gitAt = (root: string) => createGit(root, { PATH: process.env.PATH ?? "", HOME: root });

test("C21 only so much of a history is looked at, however long it is", async () => {
  const late = (nth: number) => (nth === 0 || nth === 1 ? LANDED : "x\n");
  await historyOf(10_001, late, async (root) => {
    expect((await shippedOn(gitAt(root), "main")).map(({ task }) => task)).toEqual([ONE]); // and not the first
  });
}, 60_000);

test("C21 a revert takes a landing back, the revert of a revert brings it again, and words that only look like it do not", async () => {
  await historyOf(
    1,
    () => LANDED,
    async (root) => {
      const git = gitAt(root);
      const on = async (message: string) => {
        const tree = await git.text(["rev-parse", "main^{tree}"]);
        const oid = await git.text(["commit-tree", tree, "-p", "main"], { stdin: message, at_ms: 1_800_000_000_000 });
        await git.ask(["update-ref", "refs/heads/main", oid]);
        return oid;
      };
      const landed = await git.text(["rev-parse", "main"]);
      const back = async () => takenBack(await shippedOn(git, "main"));
      await on(`Say so\n\nWe spoke of: This reverts commit ${landed}.\n`);
      await on(`Another\n\nThis reverts commit ${landed.slice(0, 20)}.\n`);
      expect(await back()).toEqual(new Set());
      const revert = await on(`Revert "Do it"\n\nThis reverts commit ${landed}.\n`);
      expect(await back()).toEqual(new Set([landed]));
      await on(`Reapply "Do it"\n\nThis reverts commit ${revert}.\n`);
      expect(await back()).toEqual(new Set());
    },
  );
  expect(await shippedOn(gitAt(import.meta.dir), "refs/heads/there-is-none")).toEqual([]);
}, 60_000);
