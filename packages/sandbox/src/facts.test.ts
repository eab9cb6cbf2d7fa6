import { afterAll, expect, test } from "bun:test";
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Descent, holdRoot } from "./descent.ts";
import { factsOf } from "./facts.ts";
import { openLibc } from "./isolate/libc.ts";

const root = mkdtempSync(join(tmpdir(), "dgov-facts-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

writeFileSync(join(root, "file"), "four", { mode: 0o640 });
writeFileSync(join(root, "large"), "");
truncateSync(join(root, "large"), 5 * 2 ** 32 + 7); // holes, mostly
mkdirSync(join(root, "folder"), { mode: 0o700 });
chmodSync(join(root, "folder"), 0o1751);
symlinkSync("file", join(root, "link"));
symlinkSync("nowhere", join(root, "loose"));
linkSync(join(root, "large"), join(root, "second"));
writeFileSync(join(root, "größe \u{1f40d}"), "x");
Bun.spawnSync(["mkfifo", join(root, "pipe")]);

const NAMES: readonly [name: string, kind: string | null][] = [
  ["file", "file"],
  ["large", "file"],
  ["second", "file"],
  ["größe \u{1f40d}", "file"],
  ["folder", "directory"],
  [".", "directory"],
  ["link", "link"],
  ["loose", "link"],
  ["pipe", "other"],
  ["none", null],
  ["file/x", null],
];

test.each(NAMES)("of %j the kernel's own call says what Node says", (name, kind) => {
  const stat = name === "file/x" ? undefined : lstatSync(join(root, name), { throwIfNoEntry: false });
  const facts = stat ? factsOf(stat) : null;
  expect(facts?.kind ?? null).toBe(kind as never);
  for (const held of process.platform === "linux" ? [holdRoot(root, openLibc())] : []) {
    expect(held.calls.lookAt(held.fd, name)).toEqual(facts);
    const descent = new Descent(held);
    if (name !== "file/x") expect(descent.look(name)).toEqual(facts);
    descent.close();
  }
});

test("a name that the system cannot take is nothing, and no other name", () => {
  const { calls, fd } = holdRoot(root, openLibc());
  for (const name of ["file\0", "\0", "f".repeat(5_000), "é".repeat(2_000)]) expect(calls.lookAt(fd, name)).toBeNull();
});
