import { afterEach, expect, test } from "bun:test";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyTree } from "./copy_tree.ts";

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

/** A folder with a file, a link and a folder, and one to copy it into that has something of its own. */
function places() {
  const root = mkdtempSync(join(tmpdir(), "dgov-copy-"));
  roots.push(root);
  const [from, to] = [join(root, "from"), join(root, "to")];
  mkdirSync(join(from, "inner/deep"), { recursive: true });
  writeFileSync(join(from, "inner/deep/a.txt"), "a");
  utimesSync(join(from, "inner/deep/a.txt"), 1_000, 2_000);
  symlinkSync("nowhere", join(from, "inner/link"));
  mkdirSync(join(to, "inner"), { recursive: true });
  writeFileSync(join(to, "inner/own.txt"), "own");
  return { root, from, to };
}
const namesIn = (folder: string) => readdirSync(folder, { recursive: true }).map(String).sort();

test("what is copied has its times, links stay links, and what stands in the way stays", async () => {
  const { from, to } = places();
  writeFileSync(join(from, "inner/own.txt"), "other");
  expect(await copyTree(from, to)).toBe(true);
  expect(namesIn(to)).toEqual(["inner", "inner/deep", "inner/deep/a.txt", "inner/link", "inner/own.txt"]);
  expect(lstatSync(join(to, "inner/deep/a.txt")).mtimeMs).toBe(2_000_000);
  expect(lstatSync(join(to, "inner/link")).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(to, "inner/own.txt"), "utf8")).toBe("own");
});

test("of what cannot be copied whole nothing is there, and all that was there before is", async () => {
  const { root, from, to } = places();
  expect(await copyTree(join(root, "gone"), join(root, "new"))).toBe(false);
  expect(await copyTree(join(root, "gone"), to)).toBe(false);
  expect([namesIn(root).includes("new"), namesIn(to)]).toEqual([false, ["inner", "inner/own.txt"]]);
  // In a folder whose path is that long some files find no place, which is no answer but a fault.
  const long = join(to, ...Array.from({ length: 16 }, () => "n".repeat(250)));
  mkdirSync(join(long, "inner"), { recursive: true });
  for (const name of ["b", "inner/c", `inner/${"d".repeat(250)}`]) writeFileSync(join(from, name), "x");
  await expect(copyTree(from, long)).rejects.toThrow("ENAMETOOLONG");
  expect(namesIn(long)).toEqual(["inner"]);
});
