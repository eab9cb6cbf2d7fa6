import { afterEach, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LifecycleTable } from "../lifecycle_file.ts";
import { pinHooks } from "./pinned.ts";

const open: string[] = [];
afterEach(() => {
  for (const folder of open.splice(0)) rmSync(folder, { recursive: true });
});

function lay(): string {
  const folder = mkdtempSync(join(tmpdir(), "dgov-pinned-"));
  open.push(folder);
  const root = join(folder, "repo");
  mkdirSync(join(root, "scripts"), { recursive: true });
  writeFileSync(join(folder, "outside.sh"), "outside\n");
  for (const name of ["a.sh", "b.py"]) writeFileSync(join(root, "scripts", name), `${name}\n`);
  symlinkSync("a.sh", join(root, "scripts/link.sh"));
  symlinkSync("..", join(root, "up"));
  return root;
}

const pinned = (root: string, command: string, more = {}) =>
  pinHooks(root, LifecycleTable.parse({ pre_task: command, ...more }));
const paths = (root: string, command: string) => pinned(root, command)?.files.map(({ path }) => path);

test("without a hook there is nothing to approve of", () => {
  expect(pinHooks(lay(), LifecycleTable.parse({ timeout_s: 5 }))).toBeNull();
});

test.each<[command: string, files: string[]]>([
  ["scripts/a.sh", ["scripts/a.sh"]],
  ["./scripts/../scripts/a.sh now", ["scripts/a.sh"]],
  ["sh scripts/a.sh && python3 'scripts/b.py'", ["scripts/a.sh", "scripts/b.py"]],
  ["X=scripts/b.py; true", ["scripts/b.py"]],
  ["echo scripts", []],
  ["scripts/none.sh", []],
  ["scripts/a.sh/under", []],
  ["scripts/link.sh", []],
  ["up/repo/scripts/a.sh", []],
  ["../outside.sh", []],
  [`x${"y".repeat(5000)}`, []],
])("the files of %p are those that it names in the repository itself", (command, files) => {
  expect(paths(lay(), command)).toEqual(files);
});

test("the hash is of commands, limit, and of the files' content and mode, and of nothing else", () => {
  const root = lay();
  const hash = () => pinned(root, "scripts/a.sh")?.sha256;
  const first = hash();
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  writeFileSync(join(root, "scripts/b.py"), "another\n");
  expect(hash()).toBe(first);
  chmodSync(join(root, "scripts/a.sh"), 0o755);
  const executable = hash();
  expect(executable).not.toBe(first);
  writeFileSync(join(root, "scripts/a.sh"), "another\n");
  expect(hash()).not.toBe(executable);
  const others = [pinned(root, "scripts/a.sh "), pinned(root, "scripts/a.sh", { timeout_s: 5 })];
  expect(new Set([hash(), ...others.map((one) => one?.sha256)]).size).toBe(3);
});

test("what a person could not see in a terminal is no command", () => {
  for (const command of ["true\u0000rm", "true\u001b[8m rm", "true\u202e rm", "true\r rm", " "])
    expect(LifecycleTable.safeParse({ pre_task: command }).success).toBe(false);
  expect(LifecycleTable.safeParse({ pre_task: "true &&\n\techo größe" }).success).toBe(true);
  expect(LifecycleTable.safeParse({ pre_merge: "true" }).success).toBe(false);
});
