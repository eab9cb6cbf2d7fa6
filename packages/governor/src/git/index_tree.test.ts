import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createGit, type Git } from "./git.ts";
import { treeOfIndex } from "./index_tree.ts";

setDefaultTimeout(120_000);

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** `user`: with the user's own settings, and what git does by itself. */
async function repository(format = "sha1") {
  const root = mkdtempSync(join(tmpdir(), "dgov-index-"));
  folders.push(root);
  const git = createGit(root);
  await git.ask(["init", "-q", "-b", "main", `--object-format=${format}`]);
  const write = (files: Readonly<Record<string, string>>) => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
  };
  return { root, git, write, oid_bytes: format === "sha1" ? 20 : 32 };
}

/** What is said here of the index as it stands, and the trees that were made for it. */
function said({ root, oid_bytes }: { root: string; oid_bytes: number }) {
  const made = new Map<string, Buffer>();
  const put = (tree: Buffer): Buffer => {
    const hasher = new Bun.CryptoHasher(oid_bytes === 20 ? "sha1" : "sha256");
    const oid = hasher.update(`tree ${tree.length}\0`).update(tree).digest();
    made.set(oid.toString("hex"), tree);
    return oid;
  };
  return { tree: treeOfIndex(readFileSync(join(root, ".git/index")), oid_bytes, put), made: made.size };
}

const FILES = {
  "a.py": "A = 1\n",
  "a/b/c.py": "C = 1\n",
  "a/b.py": "B = 1\n",
  "a.b/c": "",
  a0: "0",
  "deep/1/2/3/4/5.txt": "5",
  "deep/1/2/x": "x",
  "deep/1/y": "y",
  "ä ö/ü\t.txt": "ü",
  [`${"long/".repeat(30)}${"n".repeat(200)}`]: "long",
};

/** Each is done to the one repository, after which git and we have to say the same: git's words, and files before that. */
const STEPS: readonly (readonly [name: string, words: string, files?: Readonly<Record<string, string>>])[] = [
  ["all is new", "add --all"],
  ["git knows all trees", "write-tree"],
  ["one file deep inside", "add deep/1/2/3", { "deep/1/2/3/4/5.txt": "six" }],
  ["a file is gone, and its folder with it", "rm -qf a.b/c"],
  ["a folder is gone", "rm -rqf a"],
  ["and is a file now", "add a", { a: "file" }],
  ["a file whose content is not staged", "add -N later", { "later/a": "1" }],
  ["and another beside it that is", "add later/b", { "later/b": "1" }],
  ["links, programs and repositories", "add --all"],
  ["nothing at all", "rm -rqf --cached ."],
];

async function layKinds(git: Git): Promise<void> {
  symlinkSync("a.py", join(git.root, "link"));
  writeFileSync(join(git.root, "program"), "#!/bin/sh\n");
  chmodSync(join(git.root, "program"), 0o755);
  writeFileSync(Buffer.concat([Buffer.from(join(git.root, "/")), Buffer.from([0xff, 0x2e])]), "");
  const tree = await git.text(["write-tree"]);
  const commit = await git.text(["commit-tree", tree, "-m", "one"], { at_ms: 0 });
  await git.ask(["update-index", "--add", "--cacheinfo", `160000,${commit},deep/module`]);
}

test.each(["sha1", "sha256"])("the tree of an index is the one that git writes (%s)", async (format) => {
  const place = await repository(format);
  place.write(FILES);
  for (const [name, words, files] of STEPS) {
    place.write(files ?? {});
    await place.git.ask(words.split(" "));
    if (name === "and another beside it that is") await layKinds(place.git);
    const before = readFileSync(join(place.root, ".git/index"));
    const { tree } = said(place);
    const copy = join(place.root, ".git/copy");
    writeFileSync(copy, before);
    expect([name, tree]).toEqual([name, await place.git.text(["write-tree"], { index_file: copy })]);
  }
});

test("of folders in which nothing was staged no tree is made", async () => {
  const place = await repository();
  place.write(FILES);
  await place.git.ask(["add", "--all"]);
  expect(said(place).made).toBeGreaterThan(30);
  await place.git.ask(["write-tree"]);
  expect(said(place).made).toBe(0);
  place.write({ "a/b/c.py": "C = 2\n" });
  await place.git.ask(["add", "a/b/c.py"]); // with --all it forgets all trees
  expect(said(place).made).toBe(3); // the one that it is in, the one around that, and the whole
});

const TWO = { "a.py": "A = 1\n", "b/c.py": "C = 1\n" };
test.each([
  [
    "a merge that is not resolved",
    async ({ git }: { git: Git }) => {
      const [one, other] = await Promise.all(
        ["1", "2"].map((stdin) => git.text(["hash-object", "-w", "--stdin"], { stdin })),
      );
      const stdin = `0 ${"0".repeat(40)}\ta.py\n100644 ${one} 2\ta.py\n100644 ${other} 3\ta.py\n`;
      await git.ask(["update-index", "--index-info"], { stdin });
    },
  ],
  ["an index of version 4", async ({ git }: { git: Git }) => git.ask(["update-index", "--index-version", "4"])],
  [
    "an index in two parts",
    async ({ root }: { root: string }) => {
      const { exitCode } = Bun.spawnSync(["git", "update-index", "--split-index"], { cwd: root });
      expect(exitCode).toBe(0);
    },
  ],
])("only git can say what is staged: %s", async (_name, work) => {
  const place = await repository();
  place.write(TWO);
  await place.git.ask(["add", "--all"]);
  expect(said(place).tree).not.toBeNull();
  await work(place);
  expect(said(place).tree).toBeNull();
});

test("of what is no index, or not a whole one, nothing is said", async () => {
  const place = await repository();
  place.write(FILES);
  await place.git.ask(["add", "--all"]);
  const whole = readFileSync(join(place.root, ".git/index"));
  const tree = (bytes: Buffer) => treeOfIndex(bytes, 20, (made) => Buffer.alloc(20, made.length));
  expect([Buffer.alloc(0), Buffer.alloc(200), whole.subarray(0, 300)].map(tree)).toEqual([null, null, null]);
});
