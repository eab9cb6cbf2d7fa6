import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Repository, repository } from "./git/testing/repository.ts";
import { addToLedger, type Category, type LedgerFilter, listLedger, resolveInLedger } from "./ledger.ts";
import { withWritable } from "./ledger_file.ts";

const open: Repository[] = [];
afterEach(() => {
  for (const repo of open.splice(0)) repo.remove();
});

async function lay() {
  const repo = await repository({ "a.txt": "one\n", ".gitignore": ".dgov/\n" });
  open.push(repo);
  mkdirSync(join(repo.root, "src"));
  const from = { cwd: join(repo.root, "src"), env: { PATH: process.env.PATH, HOME: repo.folder }, now_ms: () => 5_000 };
  const add = (category: Category, content: string, ...paths: string[]) =>
    addToLedger(from, { category, content, paths });
  const ids = (filter: Partial<LedgerFilter>) =>
    listLedger(from, { category: null, status: "open", query: null, ...filter }).entries.map(({ id }) => id);
  return { repo, from, add, ids };
}

describe("G1 the filters of the ledger", () => {
  test("category, status and text hold together, and the newest comes first", async () => {
    const { from, add, ids } = await lay();
    add("rule", "The Kernel is pure");
    add("bug", "kernel loops", "packages/kernel/");
    add("rule", "no 100% claims");
    await resolveInLedger(from, { id: 2, commit: null });
    const golden: [Partial<LedgerFilter>, number[]][] = [
      [{}, [3, 1]],
      [{ status: "all" }, [3, 2, 1]],
      [{ status: "resolved" }, [2]],
      [{ category: "rule" }, [3, 1]],
      [{ category: "bug" }, []],
      [{ category: "bug", status: "resolved" }, [2]],
      [{ query: "kernel" }, [1]],
      [{ query: "KERNEL", status: "all" }, [2, 1]],
      [{ query: "0% c" }, [3]],
      [{ query: "%" }, [3]], // a sign of SQL is a letter here
      [{ query: "_" }, []],
    ];
    for (const [filter, expected] of golden) expect({ filter, ids: ids(filter) }).toEqual({ filter, ids: expected });
  });

  test("paths are kept in their one spelling, and what is none is refused", async () => {
    const { from, add } = await lay();
    add("note", " spaced ", "./src//a.py", "src/api/", "src/b.py::f");
    const [entry] = listLedger(from, { category: null, status: "open", query: null }).entries;
    expect(entry).toMatchObject({ content: "spaced", affected_paths: ["src/a.py", "src/api/", "src/b.py"] });
    expect(entry?.created_at).toBe("1970-01-01T00:00:05.000Z");
    expect(() => add("note", "x", "/etc/passwd")).toThrow('"/etc/passwd" is no path of the repository');
    expect(() => add("note", "x", "../x")).toThrow("is no path");
    expect(() => add("note", "  ")).toThrow("the text is empty");
    expect(listLedger(from, { category: null, status: "all", query: null }).entries).toHaveLength(1);
  });
});

describe("G6 what a run has found is resolved by a commit alone", () => {
  async function withFound() {
    const place = await lay();
    const found = { key: "k", run: "r1", plan_dir: "p", task: "core/a.one", gate: "tests" };
    withWritable(place.repo.root, (ledger) => ledger.note({ category: "bug", content: "red", paths: [], found }, 1));
    const resolve = (commit: string | null) => resolveInLedger(place.from, { id: 1, commit });
    return { ...place, resolve };
  }

  test("without a commit, with one that is not, or with one that is on no way to HEAD, it stays open", async () => {
    const { repo, ids, resolve } = await withFound();
    await repo.user("checkout", "-q", "-b", "side");
    const side = await repo.commit({ "a.txt": "two\n" });
    await repo.user("checkout", "-q", "-");
    await expect(resolve(null)).rejects.toThrow("no commit is given that mends it");
    await expect(resolve("nowhere")).rejects.toThrow('there is no commit "nowhere"');
    await expect(resolve("--all")).rejects.toThrow('there is no commit "--all"');
    await expect(resolve(side)).rejects.toThrow("is not in the history of what is checked out");
    expect(ids({})).toEqual([1]);
  });

  test("with a commit of the history it is resolved, once", async () => {
    const { repo, ids, resolve } = await withFound();
    const fix = await repo.commit({ "a.txt": "two\n" });
    expect(await resolve("HEAD")).toEqual({ id: 1, outcome: "resolved", commit: fix });
    expect(ids({})).toEqual([]);
    expect(await resolve(null)).toEqual({ id: 1, outcome: "already", commit: fix });
  });

  test("what a person wrote needs none, and one that is given must hold", async () => {
    const { from, add, ids } = await lay();
    add("debt", "slow");
    await expect(resolveInLedger(from, { id: 1, commit: "nowhere" })).rejects.toThrow("there is no commit");
    expect(await resolveInLedger(from, { id: 9, commit: null })).toMatchObject({ outcome: "unknown" });
    expect(ids({})).toEqual([1]);
    expect(await resolveInLedger(from, { id: 1, commit: null })).toMatchObject({ outcome: "resolved" });
  });
});
