import { expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeTree } from "./remove_tree.ts";

test("a folder goes, also when folders in it forbid it, and no link is followed", () => {
  const place = mkdtempSync(join(tmpdir(), "dgov-remove-"));
  const folder = join(place, "cache");
  mkdirSync(join(folder, "module/inner"), { recursive: true });
  writeFileSync(join(folder, "module/inner/file"), "x");
  writeFileSync(join(place, "other"), "kept");
  symlinkSync(join(place, "other"), join(folder, "link"));
  chmodSync(join(folder, "module/inner"), 0o555);
  chmodSync(join(folder, "module"), 0);
  removeTree(folder);
  expect(existsSync(folder)).toBe(false);
  expect(readFileSync(join(place, "other"), "utf8")).toBe("kept");
  removeTree(place);
  removeTree(place); // again, and nothing is there
  expect(existsSync(place)).toBe(false);
});
