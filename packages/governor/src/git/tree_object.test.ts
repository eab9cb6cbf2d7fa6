import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGit } from "./git.ts";
import { parseTree, readTree } from "./tree_object.ts";

setDefaultTimeout(60_000);

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function repository(format: "sha1" | "sha256") {
  const root = mkdtempSync(join(tmpdir(), "dgov-tree-"));
  folders.push(root);
  const git = createGit(root);
  await git.ask(["init", "-q", "-b", "main", `--object-format=${format}`]);
  return git;
}

test.each(["sha1", "sha256"] as const)("a folder of a %s repository has its entries by name", async (format) => {
  const git = await repository(format);
  const blob = await git.text(["hash-object", "-w", "--stdin"], { stdin: "text\n" });
  const empty = await git.text(["mktree"], { stdin: "" });
  const commit = await git.text(["commit-tree", empty, "-m", "another"], { at_ms: 0 });
  const rows = [
    ["100644", "blob", blob, "a b.txt"],
    ["100755", "blob", blob, "run"],
    ["120000", "blob", blob, "link"],
    ["040000", "tree", empty, "folder"],
    ["160000", "commit", commit, "module"],
    ["100644", "blob", blob, "é\n\t"],
  ];
  const stdin = rows.map(([mode, type, oid, name]) => `${mode} ${type} ${oid}\t${name}\0`).join("");
  const tree = await git.text(["mktree", "-z"], { stdin });
  expect(Object.fromEntries(await readTree(git, tree))).toMatchObject({
    "a b.txt": { kind: "file", oid: blob },
    run: { kind: "program", oid: blob },
    link: { kind: "link", oid: blob },
    folder: { kind: "folder", oid: empty },
    module: { kind: "gitlink", oid: commit },
    "é\n\t": { kind: "file", oid: blob },
  });
  expect([...(await readTree(git, empty))]).toEqual([]);
  expect(readTree(git, blob)).rejects.toThrow("its object is no tree");
});

test("a name that no path can be written for is left out, and one that looks like it is not", async () => {
  const row = (name: Buffer) => Buffer.concat([Buffer.from("100644 "), name, Buffer.alloc(21, 0)]);
  const bytes = Buffer.concat([row(Buffer.from([0x66, 0xff])), row(Buffer.from("f\ufffd"))]);
  const none = "0".repeat(40);
  expect(parseTree(bytes, 20).map(({ name }) => name)).toEqual(["f\xff", "f\xef\xbf\xbd"]);
  const objects = { info: async () => [], content: async () => bytes };
  expect([...(await readTree({ objects }, none))]).toMatchObject([["f\ufffd", { kind: "file", oid: none }]]);
  expect(() => parseTree(bytes.subarray(0, 20), 20)).toThrow("its object is no tree");
});
