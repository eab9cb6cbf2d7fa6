import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openLog, RunId } from "@dgov/kernel";
import { lifeOf, spec, startedWith, task } from "../../kernel/src/testing/events.ts";
import { addCheckEvidence, addCommitEvidence, listEvidence } from "./evidence.ts";
import { type Repository, repository } from "./git/testing/repository.ts";
import { listWork, nextWork, showWork } from "./work.ts";
import { addWork, doneWork, dropWork, linkWork } from "./work_write.ts";

const open: Repository[] = [];
afterEach(() => {
  for (const repo of open.splice(0)) repo.remove();
});

const PROJECT =
  '[verify.good]\ndescription = ""\ncommand = "true"\n\n[verify.bad]\ndescription = ""\ncommand = "false"\n';

async function lay() {
  const repo = await repository({
    "a.txt": "one\n",
    ".dgov/project.toml": PROJECT,
    ".dgov/.gitignore": "state.db*\nruntime/\n",
  });
  open.push(repo);
  let at = 1_000;
  const env = { PATH: process.env.PATH, HOME: repo.folder };
  const from = { cwd: repo.root, env, now_ms: () => ++at, signal: new AbortController().signal };
  const add = (title: string, criteria = ["it is"], blocked_by: string[] = [], priority = 2) =>
    addWork(from, { title, priority, criteria, blocked_by }).id;
  const code = async (work: () => unknown): Promise<unknown> => {
    try {
      await work();
    } catch (error) {
      return error instanceof Error && "code" in error ? error.code : error;
    }
    return "none";
  };
  const commit = (note = "") => addCommitEvidence(from, { commit: "HEAD", note });
  return { repo, from, add, code, commit };
}
const filesOf = (root: string, folder: string) => readdirSync(join(root, ".dgov", folder)).sort();

describe("G2 the ledger of work", () => {
  test("next is the first that waits for nothing; blocked ones come when it is done", async () => {
    const { from, add, commit } = await lay();
    const one = add("one", ["a", "b"]);
    const two = add("two", ["c"], [one], 0);
    expect(nextWork(from)).toMatchObject({ item: { id: one }, blocked: 1, circles: [] });
    const { id: proof } = await commit();
    const shown = [1, 2].map((criterion) => ({ criterion, evidence: proof }));
    expect(await doneWork(from, one, shown)).toMatchObject({
      state: "done",
      met: [{ evidence: proof }, { evidence: proof }],
    });
    expect(nextWork(from)).toMatchObject({ item: { id: two }, blocked: 0 });
    expect(listWork(from, "done").items.map(({ id }) => id)).toEqual([one]);
  });

  test("what would wait for itself is refused, and so is closing what waits", async () => {
    const { from, add, code, commit } = await lay();
    const one = add("one");
    const two = add("two", ["x"], [one]);
    const link = (id: string, item: string) =>
      linkWork(from, { id, links: [{ to: "blocked_by", item }], remove: false });
    expect(await code(() => link(one, two))).toBe("work_blocked");
    expect(await code(() => link(one, one))).toBe("work_blocked");
    const three = add("three");
    expect(await code(() => link(three, two))).toBe("none");
    const { id: proof } = await commit();
    expect(await code(() => doneWork(from, two, [{ criterion: 1, evidence: proof }]))).toBe("work_blocked");
    dropWork(from, one, "no longer asked for");
    expect(await code(() => doneWork(from, two, [{ criterion: 1, evidence: proof }]))).toBe("none");
    expect(await code(() => dropWork(from, two, "x"))).toBe("work_blocked");
  });

  test("two branches that add and close items are merged by git without a word", async () => {
    const { repo, from, add, commit } = await lay();
    const one = add("one");
    await repo.user("add", "-A");
    await repo.user("commit", "-qm", "one");
    await repo.user("switch", "-qc", "side");
    const side = add("of the side");
    await repo.user("add", "-A");
    await repo.user("commit", "-qm", "side");
    await repo.user("switch", "-q", "main");
    const { id: proof } = await commit();
    await doneWork(from, one, [{ criterion: 1, evidence: proof }]);
    const main = add("of main");
    await repo.user("add", "-A");
    await repo.user("commit", "-qm", "main");
    await repo.user("merge", "-q", "--no-edit", "side");
    const states = Object.fromEntries(listWork(from, "all").items.map(({ id, state }) => [id, state]));
    expect(states).toEqual({ [one]: "done", [side]: "open", [main]: "open" });
  });

  test("links to plans and commits; a commit that is in no history is refused, and so is untying what is not tied", async () => {
    const { from, add, code } = await lay();
    const one = add("one");
    const { links } = await linkWork(from, {
      id: one,
      links: [
        { to: "plan", plan: "p" },
        { to: "commit", commit: "HEAD" },
      ],
      remove: false,
    });
    expect(links).toMatchObject([
      { to: "plan", plan: "p" },
      { to: "commit", commit: expect.stringMatching(/^[0-9a-f]{40}$/) },
    ]);
    const nowhere = { to: "commit", commit: "f".repeat(40) } as const;
    expect(await code(() => linkWork(from, { id: one, links: [nowhere], remove: false }))).toBe("work_unproven");
    const none = { to: "blocked_by", item: "no item" } as const;
    expect(await code(() => linkWork(from, { id: one, links: [none], remove: true }))).toBe("usage");
    expect(await code(() => linkWork(from, { id: one, links: [{ to: "plan", plan: "p" }], remove: true }))).toBe(
      "none",
    );
    expect(showWork(from, one).links).toHaveLength(1);
  });

  test("an item without a criterion is none: nothing would say when it is done", async () => {
    const { add, code } = await lay();
    expect(await code(() => add("one", [" "]))).toBe("usage");
    expect(await code(() => add(" "))).toBe("usage");
    expect(await code(() => add("one", ["x"], ["W-00000000"]))).toBe("work_unknown");
  });

  test("a folder that is not as it was written is not read", async () => {
    const { repo, from, add, code } = await lay();
    add("one");
    add("two");
    const [name = ""] = filesOf(repo.root, "work");
    const path = join(repo.root, ".dgov/work", name);
    const whole = readFileSync(path, "utf8");
    writeFileSync(path, whole.replace("it is", "it was"));
    expect(await code(() => nextWork(from))).toBe("work_corrupt");
    writeFileSync(path, whole);
    expect(await code(() => nextWork(from))).toBe("none");
    const folder = join(repo.root, ".dgov/work");
    renameSync(folder, `${folder}-elsewhere`);
    symlinkSync(`${folder}-elsewhere`, folder);
    expect(await code(() => nextWork(from))).toBe("work_corrupt");
    rmSync(folder);
    expect(await code(() => nextWork(from))).toBe("none");
  });
});

describe("G4 evidence is no work, and work is no evidence", () => {
  test("evidence is never selected, listed or linked as work, also where its file lies among the items", async () => {
    const { repo, from, code, commit } = await lay();
    const { id, hash } = await commit();
    expect(nextWork(from)).toMatchObject({ item: null, blocked: 0 });
    expect(listWork(from, "all").items).toEqual([]);
    expect(await code(() => showWork(from, id))).toBe("work_unknown");
    mkdirSync(join(repo.root, ".dgov/work"));
    renameSync(join(repo.root, `.dgov/evidence/${hash}.json`), join(repo.root, `.dgov/work/${hash}.json`));
    expect(await code(() => nextWork(from))).toBe("work_corrupt");
  });

  test("an item is closed by no item, by no evidence that is not there, and by none that fails", async () => {
    const { from, add, code, repo, commit } = await lay();
    const [one, two] = [add("one"), add("two", ["x", "y"])];
    const close = (id: string, ...evidence: string[]) =>
      code(() =>
        doneWork(
          from,
          id,
          evidence.map((name, at) => ({ criterion: at + 1, evidence: name })),
        ),
      );
    await repo.user("add", "-A");
    await repo.user("commit", "-qm", "items");
    const bad = await addCheckEvidence(from, { recipe: "bad", note: "" });
    expect(bad).toMatchObject({ kind: "check", holds: false, exit: 1 });
    const { id: proof } = await commit();
    expect(await close(one, two)).toBe("work_unproven");
    expect(await close(one, "E-00000000")).toBe("work_unproven");
    expect(await close(one, bad.id)).toBe("work_unproven");
    expect(await close(one)).toBe("work_unproven");
    expect(await close(two, proof)).toBe("work_unproven"); // criterion 2
    expect(await close(one, proof, proof)).toBe("work_unproven"); // it has no second
    expect(await close(one, proof)).toBe("none");
  });

  test("a check is evidence of a tree, so it is refused where something is not committed", async () => {
    const { repo, from, code } = await lay();
    const good = await addCheckEvidence(from, { recipe: "good", note: "fine" });
    expect(good).toMatchObject({ holds: true, commit: await repo.user("rev-parse", "HEAD"), note: "fine" });
    writeFileSync(join(repo.root, "a.txt"), "two\n");
    expect(await code(() => addCheckEvidence(from, { recipe: "good", note: "" }))).toBe("repo_dirty");
    expect(listEvidence(from).evidence).toHaveLength(1);
  });

  test("a commit is a landing where the log says so, whatever its message says", async () => {
    const { repo, commit } = await lay();
    await repo.user(
      "commit",
      "-q",
      "--allow-empty",
      "-m",
      "x\n\nDgov-Run: r20261121T050826-1f3a\nDgov-Task: core/part.a",
    );
    expect(await commit()).toMatchObject({ kind: "commit", holds: true });
    const head = await repo.user("rev-parse", "HEAD");
    const log = openLog(join(repo.root, ".dgov/state.db"));
    const life = lifeOf(task("a")).map((event) => ("commit" in event ? { ...event, commit: head } : event));
    log.appendAll(RunId.parse("r20261121T050826-1f3a"), 0, 1, [startedWith([spec("a")]), ...life]);
    log.close();
    expect(await commit()).toMatchObject({ kind: "landing", task: task("a"), attempt: 1, holds: true });
  });
});
