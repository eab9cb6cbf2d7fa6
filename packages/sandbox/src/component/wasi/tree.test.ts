import { afterAll, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { claims, SCOPE } from "../../../../../test/lab.ts";
import { createFiles } from "../../host.ts";
import { LIMITS } from "../../limits.ts";
import { Content } from "./content.ts";
import { Tree, within } from "./tree.ts";
import { WasiError } from "./wasi_error.ts";

const base = mkdtempSync(join(tmpdir(), "dgov-tree-"));
const root = join(base, "root");
const scope = { ...SCOPE, write: claims("out/", "one.txt", "src/**/*.gen"), read: claims("src/lib/", "glob/*.md") };
let tree: Tree;

beforeEach(() => {
  rmSync(root, { recursive: true, force: true });
  for (const folder of ["out/deep", "src/lib", "glob", "foreign", ".git"])
    mkdirSync(join(root, folder), { recursive: true });
  const files = [
    "out/a.txt",
    "out/deep/b.txt",
    "src/lib/c.txt",
    "src/top.txt",
    "glob/d.md",
    "glob/e.txt",
    "foreign/f.txt",
  ];
  for (const path of [...files, ".git/config"]) writeFileSync(join(root, path), path);
  symlinkSync("/etc", join(root, "out/link"));
  tree = new Tree({ files: createFiles({ root, tmp: base, scope }), scope, write: true });
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const text = (content: Content) => new TextDecoder().decode(content.read(0, 100));
const content = (words: string) => new Content(new TextEncoder().encode(words));
const names = (path: string) => tree.list(path).map(({ name, kind }) => (kind === "directory" ? `${name}/` : name));
const codeOf = (work: () => unknown): unknown => {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof WasiError) return error.payload;
    throw error;
  }
};

test("folders show what claims cover, and the way there", () => {
  expect(names(".")).toEqual(["glob/", "out/", "src/"]);
  expect(names("src")).toEqual(["lib/"]);
  expect(names("glob")).toEqual(["d.md"]);
  expect(names("out")).toEqual(["a.txt", "deep/", "link"]);
  expect(names("foreign")).toEqual([]);
  expect(tree.look("foreign")).toBeNull();
  expect(tree.look("src/top.txt")).toBeNull();
  expect(tree.look("out/link")).toMatchObject({ kind: "link" });
});

test("what is removed is gone, and can be made again", () => {
  tree.remove("out/a.txt");
  expect([tree.look("out/a.txt"), names("out")]).toEqual([null, ["deep/", "link"]]);
  expect(codeOf(() => tree.read("out/a.txt"))).toBe("no-entry");
  tree.put("out/a.txt", content("again"));
  expect(text(tree.read("out/a.txt"))).toBe("again");
  expect(tree.changes()).toEqual([{ path: "out/a.txt", base64: btoa("again") }]);
});

test("what is made and removed again was never there", () => {
  tree.put("out/new.txt", content("x"));
  expect(names("out")).toContain("new.txt");
  tree.remove("out/new.txt");
  expect([tree.changes(), tree.look("out/new.txt")]).toEqual([[], null]);
});

test("folders are made where a claim reaches, and only empty ones of its own go", () => {
  tree.makeFolder("out/new");
  expect([names("out/new"), codeOf(() => tree.makeFolder("out/new"))]).toEqual([[], "exist"]);
  tree.put("out/new/x.txt", content("x"));
  expect(codeOf(() => tree.removeFolder("out/new"))).toBe("not-empty");
  tree.remove("out/new/x.txt");
  tree.removeFolder("out/new");
  expect(tree.look("out/new")).toBeNull();
  expect(codeOf(() => tree.removeFolder("out/deep"))).toBe("not-empty");
  tree.remove("out/deep/b.txt");
  expect(codeOf(() => tree.removeFolder("out/deep"))).toBe("not-permitted");
  expect(codeOf(() => tree.makeFolder("elsewhere"))).toBe("not-permitted");
});

test.each(["src/lib/c.txt", "src/top.txt", "foreign/f.txt", ".git/config", "new.txt"])(
  "%s cannot be changed",
  (path) => {
    expect(codeOf(() => tree.put(path, content("x")))).toBe("not-permitted");
    expect(codeOf(() => tree.remove(path))).toBe("not-permitted");
    expect(tree.changes()).toEqual([]);
    expect(tree.view.refused().join()).toContain(path);
  },
);

test.each(["one.txt", "out/deep/b.txt", "src/x/y.gen"])("%s can", (path) => {
  tree.put(path, content("x"));
  expect(tree.changes()).toEqual([{ path, base64: "eA==" }]);
});

test.each<[folder: string, path: string, found: string]>([
  [".", "a/./b//c", "a/b/c"],
  ["a", "b/../c", "a/c"],
  [".", "a/..", "."],
])("from %s, %s is %s", (folder, path, found) => {
  expect(within(tree, folder, path)).toBe(found);
});

test.each<[folder: string, path: string, code: string]>([
  ["a", "..", "not-permitted"],
  ["a", "b/../../c", "not-permitted"],
  [".", "/etc", "not-permitted"],
  [".", "", "invalid"],
  [".", "a\0b", "invalid"],
  [".", "a\\b", "invalid"],
  [".", "x".repeat(5_000), "name-too-long"],
])("from %s, %j is refused: %s", (folder, path, code) => {
  expect(codeOf(() => within(tree, folder, path))).toBe(code);
});

test("a file grows by what is written behind its end, with zeros between, and no further than the host writes", () => {
  const file = content("ab");
  file.write(new Uint8Array([1]), 4);
  expect([...file.read(0, 10)]).toEqual([97, 98, 0, 0, 1]);
  file.resize(1);
  file.resize(3);
  expect([...file.read(0, 10)]).toEqual([97, 0, 0]);
  expect(codeOf(() => file.resize(LIMITS.read_max_bytes + 1))).toBe("file-too-large");
  expect(file.size).toBe(3);
});
