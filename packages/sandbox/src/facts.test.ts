import { afterAll, expect, test } from "bun:test";
import {
  chmodSync,
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Descent, FOLDER_FLAGS, holdRoot } from "./descent.ts";
import { factsOf } from "./facts.ts";
import { stampOf } from "./isolate/entry.ts";
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

const KEPT = ["is read", "is listed with its folder", "reaches the disk", "has a neighbour"];

test.each([
  ["is written anew with its old size and times", "printf 5678 > of && touch -r other of"],
  ["is another, with the same size and times", "printf 1234 > new && touch -r of new && mv new of"],
  ["has another mode", "chmod 600 of"],
  ["has a second name", "ln of twice"],
  ["grows", "printf 5 >> of"],
  ["is read", "cat of"],
  ["is listed with its folder", "ls -l"],
  ["reaches the disk", "sync of"],
  ["has a neighbour", "echo x > more"],
])("the stamp of a file tells when it %s", (what, command) => {
  const folder = mkdtempSync(join(root, "stamp-"));
  const { calls, fd } = { calls: openLibc(), fd: openSync(folder, FOLDER_FLAGS) };
  const run = (words: string) => expect(Bun.spawnSync(["sh", "-c", words], { cwd: folder }).exitCode).toBe(0);
  run("printf 1234 > of; printf 1234 > other; touch -d 2020-01-01 of other");
  for (const stamp of [() => calls.stampAt(fd, "of")?.stamp, () => stampOf(Buffer.from(join(folder, "of")))?.stamp]) {
    const before = stamp();
    expect(stamp()).toBe(before);
    Bun.sleepSync(20); // the clock of files goes in steps
    run(command);
    if (KEPT.includes(what)) expect(stamp()).toBe(before);
    else expect(stamp()).not.toBe(before);
    run("rm -f twice");
  }
  closeSync(fd);
});

test("a name that is not UTF-8 is looked at by its bytes", () => {
  const folder = mkdtempSync(join(root, "bytes-"));
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x66, 0xff, 0xe9])]), "123");
  const fd = openSync(folder, FOLDER_FLAGS);
  expect(openLibc().stampAt(fd, "f\xff\xe9")).toMatchObject({ kind: "file", size_bytes: 3, links: 1 });
  expect(openLibc().stampAt(fd, "f\xff")).toBeNull();
  closeSync(fd);
});
