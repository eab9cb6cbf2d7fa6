import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../process.ts";
import { freeze, keep } from "./candidate.ts";
import { type Content, type Repository, repository, writeFiles } from "./testing/repository.ts";
import type { Change } from "./tree_changes.ts";
import { type Lease, openPool, type Pool, poolFolder } from "./worktrees.ts";

setDefaultTimeout(60_000); // many processes each, and the machine may be busy

const opened: { repo: Repository; pool: Pool }[] = [];
const setUp = async (files: Record<string, Content>) => {
  const repo = await repository(files);
  const pool = openPool(repo.git, { folder: poolFolder(repo.root, {}), now_ms: () => 1_700_000_000_000 });
  opened.push({ repo, pool });
  const base = await repo.user("rev-parse", "HEAD");
  return { ...repo, pool, base, slot: await pool.acquire(base) };
};
afterEach(async () => {
  for (const { repo, pool } of opened.splice(0)) {
    await pool.close();
    repo.remove();
  }
});
const none = () => false;
const seen = (changes: readonly Change[]) => changes.map(({ path, kind }) => `${kind} ${path}`);
const list = (root: string) =>
  (readdirSync(root, { recursive: true, encoding: "utf8" }) as string[])
    .filter((path) => path !== ".git" && !path.startsWith("dir/"))
    .sort();

/** Runs git in the worktree as a worker would, with what stands there. */
const worker = async (slot: Lease, ...args: string[]) => {
  const exit = await run(["git", "-c", "user.name=W", "-c", "user.email=w@x", ...args], {
    cwd: slot.path,
    env: { PATH: process.env.PATH ?? "", HOME: slot.path },
    timeout_ms: 20_000,
    bytes_max: 1_000_000,
  });
  if (exit.code !== 0) throw new Error(`git ${args.join(" ")}: ${exit.stderr}`);
};

type Work = (slot: Lease) => void | Promise<void>;
const files =
  (more: Record<string, Content | null>): Work =>
  (slot) =>
    writeFiles(slot.path, more);
const BASE = {
  "src/a.py": "a = 1\n",
  "src/b.py": "b = 1\n",
  "docs/x.md": "x\n",
  ".gitignore": "*.log\n/build/\n",
  "pkg/.gitignore": "tmp/\n!keep.log\n/only\n",
  "pkg/p.py": "p\n",
};

test.each<[string, Work, string[]]>([
  ["nothing", () => undefined, []],
  ["an edit", files({ "src/a.py": "a = 2\n" }), ["modified src/a.py"]],
  ["a new file in a new folder", files({ "new/n.py": "n" }), ["added new/n.py"]],
  ["a deletion", files({ "src/a.py": null }), ["deleted src/a.py"]],
  ["the executable bit alone", (slot) => chmodSync(join(slot.path, "src/a.py"), 0o755), ["modified src/a.py"]],
  ["a link in a file's place", files({ "src/a.py": { link: "/etc/passwd" } }), ["type src/a.py"]],
  ["a link in a folder's place", files({ docs: { link: "src" } }), ["added docs", "deleted docs/x.md"]],
  ["a file in a folder's place", files({ docs: "x" }), ["added docs", "deleted docs/x.md"]],
  [
    "a folder in a file's place",
    files({ "src/a.py": null, "src/a.py/in": "x" }),
    ["deleted src/a.py", "added src/a.py/in"],
  ],
  ["a name with spaces, quotes and other letters", files({ 'do "ça" é\n.py': "x" }), ['added do "ça" é\n.py']],
  ["what the base ignores", files({ "x.log": "x", "build/o": "x", "pkg/tmp/x": "x", "pkg/only": "x" }), []],
  [
    "what a folder's rules bring back",
    files({ "pkg/keep.log": "x", "pkg/sub/keep.log": "x" }),
    ["added pkg/keep.log", "added pkg/sub/keep.log"],
  ],
  ["rules of a folder end at the folder", files({ "tmp/x": "x", only: "x" }), ["added only", "added tmp/x"]],
  [
    "ignore rules of its own",
    files({ ".gitignore": "*\n", "src/new.py": "x", "src/.gitignore": "*\n" }),
    ["modified .gitignore", "added src/.gitignore", "added src/new.py"],
  ],
  ["a case variant", files({ "SRC/A.py": "x" }), ["added SRC/A.py"]],
  [
    "work it committed",
    async (slot) => {
      writeFiles(slot.path, { "src/a.py": "a = 3\n", "c.py": "c" });
      await worker(slot, "add", "-A");
      await worker(slot, "commit", "-qm", "mine");
    },
    ["added c.py", "modified src/a.py"],
  ],
  [
    "work it staged and then deleted",
    async (slot) => {
      writeFiles(slot.path, { "c.py": "c" });
      await worker(slot, "add", "-A");
      writeFiles(slot.path, { "c.py": null });
    },
    [],
  ],
  [
    "work it hid from git",
    async (slot) => {
      await worker(slot, "update-index", "--skip-worktree", "src/a.py");
      await worker(slot, "update-index", "--assume-unchanged", "src/b.py");
      writeFiles(slot.path, { "src/a.py": "h\n", "src/b.py": "h\n" });
    },
    ["modified src/a.py", "modified src/b.py"],
  ],
  ["a rename", async (slot) => worker(slot, "mv", "src/a.py", "src/z.py"), ["deleted src/a.py", "added src/z.py"]],
  [
    "a repository inside",
    async (slot) => {
      mkdirSync(join(slot.path, "in"));
      await worker(slot, "init", "-q", "in");
      writeFiles(slot.path, { "in/f.py": "x" });
    },
    ["added in/f.py", "gitlink in"],
  ],
  [
    "a .git that points elsewhere",
    (slot) => writeFiles(slot.path, { ".git": "gitdir: /nowhere\n", "c.py": "c" }),
    ["added c.py"],
  ],
  ["a folder that git refuses", files({ ".GIT/config": "x" }), ["unstorable .GIT/config"]],
  [
    "a file nobody may read",
    (slot) => {
      writeFiles(slot.path, { "c.py": "c" });
      chmodSync(join(slot.path, "c.py"), 0);
    },
    ["added c.py"],
  ],
])("D1 freezes %s", async (_, work, expected) => {
  const { slot, base } = await setUp(BASE);
  await work(slot);
  const { changes } = await freeze(slot, { base, ignores: none });
  expect(seen(changes).sort()).toEqual([...expected].sort());
});

test("a name that is not UTF-8 is in the tree as it is", async () => {
  const { slot, base, git } = await setUp(BASE);
  writeFileSync(Buffer.concat([Buffer.from(`${slot.path}/n`), Buffer.from([0xff])]), "x");
  const { tree, changes } = await freeze(slot, { base, ignores: none });
  expect(seen(changes)).toEqual(["added n\uFFFD"]);
  const { bytes } = await git.ask(["ls-tree", "-z", "--name-only", tree]);
  expect(Buffer.from(bytes).includes(Buffer.from([0x6e, 0xff, 0]))).toBe(true);
});

test("line ends are kept as they are, and sizes are told", async () => {
  const { slot, base, git } = await setUp(BASE);
  writeFiles(slot.path, { "src/a.py": "a\r\nb\r\n" });
  const { tree, changes } = await freeze(slot, { base, ignores: none });
  expect(changes[0]?.size_bytes).toBe(6);
  expect(await git.text(["cat-file", "blob", `${tree}:src/a.py`])).toBe("a\r\nb\r");
});

test("paths the project ignores are left out, tracked ones with the base's content", async () => {
  const { slot, base, git } = await setUp({ ...BASE, "uv.lock": "old\n" });
  writeFiles(slot.path, { "uv.lock": "new\n", ".venv/bin/python": "x", "src/a.py": "a = 2\n" });
  const { tree, changes } = await freeze(slot, {
    base,
    ignores: (path) => path === "uv.lock" || path.startsWith(".venv/"),
  });
  expect(seen(changes)).toEqual(["modified src/a.py"]);
  expect(await git.text(["cat-file", "blob", `${tree}:uv.lock`])).toBe("old");
});

test("work that is all ignored is named", async () => {
  const { slot, base } = await setUp(BASE);
  writeFiles(slot.path, { "build/out.js": "x", "y.log": "x" });
  expect((await freeze(slot, { base, ignores: none })).ignored).toEqual(["build/", "y.log"]);
});

test("a change of the same size in the same second, with its time set back, is seen by a freeze and by the next use", async () => {
  const { slot, base, pool } = await setUp(BASE);
  const forge = (content: string) => {
    const path = join(slot.path, "src/a.py");
    writeFileSync(path, content);
    utimesSync(path, 1_000_000_000, 1_000_000_000); // long before the index was written, so git has no doubt
  };
  const frozen = async () => (await freeze(slot, { base, ignores: none })).tree;
  forge("a = 2\n");
  const first = await frozen();
  forge("a = 3\n");
  expect(await frozen()).not.toBe(first);
  forge("a = 2\n");
  expect(await frozen()).toBe(first);
  forge("a = 4\n");
  slot.release();
  await pool.close();
  const next = await pool.acquire(base, { tree: first });
  expect(next.path).toBe(slot.path);
  expect(await Bun.file(join(next.path, "src/a.py")).text()).toBe("a = 2\n");
});

test("freezing again sees what changed since", async () => {
  const { slot, base } = await setUp(BASE);
  writeFiles(slot.path, { "src/a.py": "a = 2\n", "new.py": "x" });
  const first = await freeze(slot, { base, ignores: none });
  expect((await freeze(slot, { base, ignores: none })).tree).toBe(first.tree);
  writeFiles(slot.path, { "src/a.py": "a = 1\n", "new.py": null, "src/b.py": "b = 2\n" });
  expect(seen((await freeze(slot, { base, ignores: none })).changes)).toEqual(["modified src/b.py"]);
});

test("kept work is a commit on its base under a ref, whatever the task is called", async () => {
  const { slot, base, git, user } = await setUp(BASE);
  writeFiles(slot.path, { "src/a.py": "a = 2\n" });
  const { tree } = await freeze(slot, { base, ignores: none });
  for (const task of ["core/main.one", "core/yarn.lock"]) {
    const commit = await keep(git, {
      run: "r1",
      task,
      attempt: 1,
      tree,
      base,
      message: "Say it\n\nmore",
      at_ms: 1_700_000_000_000,
    });
    expect(await user("log", "-1", "--format=%T %P %s %an %at", commit)).toBe(`${tree} ${base} Say it dgov 1700000000`);
  }
  const refs = await user("for-each-ref", "--format=%(refname)", "refs/dgov");
  expect(refs).toBe("refs/dgov/attempts/r1/core/main.one/1\nrefs/dgov/attempts/r1/core/yarn.lock./1");
});

test("a slot used again holds exactly the commit, whatever was left in it", async () => {
  const { slot, commit, pool, base } = await setUp({ ...BASE, dir: { link: "src" } });
  writeFiles(slot.path, {
    "src/a.py": "changed\n",
    "src/b.py": null,
    "x.log": "x",
    "new/deep/n": "n",
    docs: { link: "/" },
    "pkg/p.py": null,
    "pkg/p.py/now-a-folder": "x",
    ".git": "gitdir: /nowhere\n",
  });
  mkdirSync(join(slot.path, "empty/er"), { recursive: true });
  await run(["mkfifo", join(slot.path, "src/pipe")], {
    cwd: slot.path,
    env: { PATH: process.env.PATH ?? "" },
    timeout_ms: 5000,
    bytes_max: 100,
  });
  writeFiles(slot.path, { "locked/in/f": "x" });
  chmodSync(join(slot.path, "locked/in"), 0o500);
  await run(["git", "init", "-q", "nested"], {
    cwd: slot.path,
    env: { PATH: process.env.PATH ?? "" },
    timeout_ms: 5000,
    bytes_max: 100,
  });
  const next = await commit({ "src/c.py": "c\n", "docs/x.md": null });
  slot.release();
  await pool.close();
  const again = await pool.acquire(next);
  expect(again.path).toBe(slot.path);
  expect(list(again.path)).toEqual([
    ".gitignore",
    "dir",
    "pkg",
    "pkg/.gitignore",
    "pkg/p.py",
    "src",
    "src/a.py",
    "src/b.py",
    "src/c.py",
  ]);
  expect((await freeze(again, { base: next, ignores: none })).changes).toEqual([]);
  await worker(again, "diff", "--exit-code", "HEAD");
  expect(next).not.toBe(base);
});

test("a tree that is no commit can be checked out, with HEAD elsewhere", async () => {
  const { slot, base, pool, git } = await setUp(BASE);
  writeFiles(slot.path, { "src/a.py": "a = 2\n" });
  const { tree } = await freeze(slot, { base, ignores: none });
  const other = await pool.acquire(base, { tree });
  expect(other.path).not.toBe(slot.path);
  expect(await Bun.file(join(other.path, "src/a.py")).text()).toBe("a = 2\n");
  expect(await git.at(other.path).text(["rev-parse", "HEAD"])).toBe(base);
});

test("slots live through prune and gc, do not dirty the repository, and are made again when somebody removed them", async () => {
  const { slot, pool, base, user, root } = await setUp(BASE);
  await user("worktree", "prune");
  await user("gc", "-q", "--prune=now");
  writeFiles(slot.path, { "src/a.py": "a = 2\n" });
  expect(seen((await freeze(slot, { base, ignores: none })).changes)).toEqual(["modified src/a.py"]);
  expect(await user("status", "--porcelain")).toBe("");
  slot.release();
  await pool.close();
  await user("worktree", "unlock", slot.path);
  await user("worktree", "remove", "--force", slot.path);
  const again = await pool.acquire(base);
  expect(existsSync(join(again.path, "src/a.py"))).toBe(true);
  expect(root).not.toBe(again.path);
});

test("the user's filters, sparse checkout and line ends have no say in a slot", async () => {
  const repo = await repository({ "a.txt": "a\n", "d/b.txt": "b\n", ".gitattributes": "*.txt filter=evil\n" });
  await repo.user("config", "filter.evil.smudge", "echo smudged");
  await repo.user("config", "core.autocrlf", "true");
  await repo.user("sparse-checkout", "set", "nothing");
  const pool = openPool(repo.git, { folder: poolFolder(repo.root, {}), now_ms: () => 0 });
  opened.push({ repo, pool });
  const slot = await pool.acquire(await repo.user("rev-parse", "HEAD"));
  expect(await Bun.file(join(slot.path, "d/b.txt")).text()).toBe("b\n");
  expect(await Bun.file(join(slot.path, "a.txt")).text()).toBe("a\n");
});

test("the work of a killed run is found, and its slot is used by nobody until it is released", async () => {
  const { pool, base, git } = await setUp(BASE);
  const owner = { run: "r1", task: "core/a.b", attempt: 2, base };
  const slot = await pool.acquire(base, { owner });
  writeFiles(slot.path, { "src/a.py": "unsaved\n" });
  // What a dead process leaves: all but its lock, which counts for nothing.
  writeFileSync(join(pool.folder, "s2.lock"), JSON.stringify({ pid: 999_999_999, born: "1", host: "", at_ms: 0 }));
  const lock = JSON.parse(await Bun.file(join(pool.folder, "s1.lock")).text());
  writeFileSync(join(pool.folder, "s2.lock"), JSON.stringify({ ...lock, pid: 999_999_999 }));
  const later = openPool(git, { folder: pool.folder, now_ms: () => 1 });
  const fresh = await later.acquire(base);
  expect(fresh.path).not.toBe(slot.path);
  const [orphan, ...rest] = await later.orphans();
  expect(rest).toEqual([]);
  expect(orphan?.owner).toEqual(owner);
  expect(seen((await freeze(orphan!, { base, ignores: none })).changes)).toEqual(["modified src/a.py"]);
  orphan!.release();
  await later.close();
  expect(await later.orphans()).toEqual([]);
  fresh.release();
  await later.close();
});

test("links in a worktree are not followed when it is cleaned", async () => {
  const { slot, pool, folder } = await setUp(BASE);
  writeFiles(folder, { "precious/file": "x" });
  symlinkSync(join(folder, "precious"), join(slot.path, "src/link"));
  slot.release();
  await pool.close();
  expect(existsSync(join(folder, "precious/file"))).toBe(true);
  expect(existsSync(join(slot.path, "src/link"))).toBe(false);
});
