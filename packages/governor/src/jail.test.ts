import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DgovError } from "./error.ts";
import { isAccepted, openJail, refuseNativeGates } from "./jail.ts";
import { withPreset } from "./presets.ts";
import { projectWith } from "./settlement/testing/parts.ts";

setDefaultTimeout(60_000);

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const main = resolve(import.meta.dir, "../../cli/src/main.ts");
const world = {
  self: [process.execPath, "--config=/dev/null", "--no-env-file", main],
  now_ms: Date.now,
  env: process.env,
};
const { sandbox: rules } = withPreset({ sandbox: { preset: "default", level: "auto" }, tool_policy: {} });
/** A process that has been and is no more. */
const deadPid = () => Bun.spawnSync(["true"]).pid;

function privateFolder(pid: number): string {
  const folder = mkdtempSync(join(tmpdir(), `dgov-private-${pid}-`));
  folders.push(folder);
  mkdirSync(join(folder, "home"));
  return folder;
}

test("a private folder is there while its process runs, and gone after it", async () => {
  const root = mkdtempSync(join(tmpdir(), "dgov-jail-test-"));
  folders.push(root);
  writeFileSync(join(root, "a.txt"), "alpha\n");
  const own = () => readdirSync(tmpdir()).filter((name) => name.startsWith(`dgov-private-${process.pid}-`));
  const jail = await openJail(rules, world);
  const isolation = await jail.start({ root, write: "all", git_dir: null, network: "none", scope: null });
  const ran = await isolation.exec({
    command: "cat a.txt; echo x > $HOME/x && ls $HOME",
    timeout_ms: 10_000,
    output_max_bytes: 10_000,
    clip_bytes: 1_000,
  });
  expect({ exit: ran.exit, said: ran.head + ran.tail }).toEqual({ exit: 0, said: "alpha\nx\n" });
  expect(own()).toHaveLength(1);
  await isolation.stop();
  expect(own()).toHaveLength(0);
});

test("what a killed process left goes with the next run; what a living one has stays", async () => {
  const left = privateFolder(deadPid());
  const used = privateFolder(process.pid);
  await openJail(rules, world);
  expect({ left: existsSync(left), used: existsSync(used) }).toEqual({ left: false, used: true });
});

test("a program that cannot be started confined is refused with a cure, and nothing runs unconfined", async () => {
  const broken = openJail(rules, { ...world, self: ["/nowhere/dgov"] });
  const error = await broken.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof DgovError)) throw new Error(`Not refused: ${String(error)}`);
  expect(error.code).toBe("sandbox_missing");
  expect(error.hint).not.toBe("");
  expect(error.message).toContain("landlock");
});

test("a level that this kind of machine has not got is refused with the ones that it has", async () => {
  const other = process.platform === "darwin" ? "bwrap" : "seatbelt";
  const refused = openJail({ ...rules, level: other }, world);
  await expect(refused).rejects.toMatchObject({
    code: "sandbox_missing",
    message: expect.stringMatching(/has no such jail, but .*wasm$/),
    hint: expect.stringContaining('level = "auto"'),
  });
});

test("at the level without a jail commands are interpreted, claims hold, and nothing native is started", async () => {
  const root = mkdtempSync(join(tmpdir(), "dgov-jail-test-"));
  folders.push(root);
  const outside = join(root, "../dgov-jail-outside");
  const jail = await openJail({ ...rules, min: "wasm", level: "wasm" }, world);
  expect(jail.level).toBe("wasm");
  const isolation = await jail.start({ root, write: "all", git_dir: null, network: "none", scope: null });
  const ask = (command: string) =>
    isolation.exec({ command, timeout_ms: 20_000, output_max_bytes: 1_000_000, clip_bytes: 10_000 });
  const wrote = await ask("echo a | tr a b > made.txt; cat made.txt; exit 3");
  expect({ exit: wrote.exit, said: wrote.head.trim() }).toEqual({ exit: 3, said: "b" });
  const native = await ask(`git --version; /bin/sh -c true; cat /etc/passwd; echo x > ${outside}`);
  expect(native.head).toContain("no native program can be started");
  expect(native.head).not.toContain("root:");
  expect(native.unreadable ?? []).toEqual([]); // no key would open it
  expect(existsSync(outside)).toBe(false);
  const endless = await isolation.exec({
    command: "while true; do :; done",
    timeout_ms: 1_000,
    output_max_bytes: 1_000_000,
    clip_bytes: 10_000,
  });
  expect(endless.exit).not.toBe(0);
  await isolation.stop();
});

test.each([
  ["auto", "landlock", "bwrap", true],
  ["auto", "landlock", "wasm", false],
  ["auto", "bwrap", "landlock", false],
  ["auto", "wasm", "wasm", true],
  ["landlock", "landlock", "bwrap", false],
  ["landlock", "wasm", "landlock", true],
  ["wasm", "landlock", "wasm", false],
  ["auto", "landlock", "seatbelt", true],
] as const)("level %s with min %s accepts %s: %p", (level, min, found, accepted) => {
  expect(isAccepted(found, { level, min })).toBe(accepted);
});

test.each([
  ["wasm", { test: "python -m pytest" }, true],
  ["wasm", { test: "grep -q x src/a.txt" }, false],
  ["wasm", {}, false],
  ["landlock", { test: "python -m pytest" }, false],
] as const)("at %s a project with %j is refused before the run: %p", (level, commands, refused) => {
  const project = projectWith("/r", { commands });
  const run = () => refuseNativeGates(level, project, { tasks: [] });
  if (refused) expect(run).toThrow(/none is started without a jail/);
  else expect(run).not.toThrow();
});
