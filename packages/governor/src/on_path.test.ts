import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { onPath } from "./on_path.ts";

const folder = mkdtempSync(join(tmpdir(), "dgov-path-"));
afterAll(() => rmSync(folder, { recursive: true }));
for (const [name, mode] of [
  ["run", 0o755],
  ["text", 0o644],
] as const)
  writeFileSync(join(folder, name), "#!/bin/sh\n", { mode });
mkdirSync(join(folder, "sub"));

test.each([
  ["a program", "run", folder, true],
  ["a program in the second folder", "run", `/nowhere:${folder}`, true],
  ["what may not be run", "text", folder, false],
  ["a folder", "sub", folder, false],
  ["what is not there", "other", folder, false],
  ["a program in a folder that is not absolute", "run", relative(process.cwd(), folder), false],
  ["nothing at all", "sh", "", false],
])("%s", (_, program, path, expected) => expect(onPath(program, path)).toBe(expected));
