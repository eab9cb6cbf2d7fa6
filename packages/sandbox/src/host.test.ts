import { afterAll, beforeEach, expect, test } from "bun:test";
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseClaim } from "./claim.ts";
import { type HeldRoot, holdRoot } from "./descent.ts";
import { createHost } from "./host.ts";
import { openLibc } from "./isolate/libc.ts";
import { HostError, type Scope } from "./tool.ts";

const base = mkdtempSync(join(tmpdir(), "dgov-host-"));
const root = join(base, "root");
afterAll(() => rmSync(base, { recursive: true, force: true }));

const scope: Scope = {
  task: "t",
  role: "worker",
  write: ["src/"].map(parseClaim),
  read: [],
  deny: ["src/secret*"],
  allow: [],
  recipes: { test: null, lint: null, lint_fix: null, format: null, type_check: null },
  test_targets: [],
  src_dir: "src",
  base: "HEAD",
};
const hostOf = (changed: Partial<Scope> = {}, held?: HeldRoot) =>
  createHost({
    root,
    ...(held ? { held } : {}),
    tmp: base,
    scope: { ...scope, ...changed },
    exec: () => Promise.reject(new Error("no commands here")),
  });

beforeEach(() => {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(join(root, "src/deep"), { recursive: true });
  mkdirSync(join(root, ".git"));
  writeFileSync(join(base, "outside.txt"), "outside\n");
  writeFileSync(join(root, "src/a.py"), "a = 1\n", { mode: 0o755 });
  writeFileSync(join(root, "src/binary"), Buffer.from([0x61, 0, 0xff]));
  writeFileSync(join(root, "README.md"), "read me\n");
  symlinkSync(join(base, "outside.txt"), join(root, "src/soft"));
  symlinkSync(base, join(root, "src/away"));
  linkSync(join(base, "outside.txt"), join(root, "src/hard"));
  Bun.spawnSync(["mkfifo", join(root, "src/pipe")]);
});

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: unknown) => (error instanceof HostError ? error.code : String(error)),
  );

const READS: [path: string, code: string][] = [
  ["src/a.py", "done"],
  ["./src//a.py", "done"],
  ["README.md", "done"],
  ["src/none.py", "missing"],
  ["src/a.py/x", "not_a_file"],
  ["src", "not_a_file"],
  ["src/pipe", "not_a_file"],
  ["src/soft", "link"],
  ["src/away/outside.txt", "link"],
  ["src/binary", "binary"],
  ["../outside.txt", "outside"],
  ["/etc/passwd", "outside"],
  [".git/config", "reserved"],
  ["src/.GIT/config", "reserved"],
  ["src/\u200b.Git/config", "outside"],
];

test.each(READS)("reads %s: %s", async (path, code) => {
  expect(await codeOf(hostOf().readText(path))).toBe(code);
  const held = hostOf({}, holdRoot(root, openLibc()));
  expect(await codeOf(held.readText(path))).toBe(code);
});

test.each([
  ["src/a.py", "done"],
  ["src/new/folder/b.py", "done"],
  ["README.md", "not_claimed"],
  ["src/secret.py", "not_claimed"],
  [".dgov/project.toml", "reserved"],
  [".git/config", "reserved"],
  ["src/A.py", "exists"],
  ["src/hard", "link"],
  ["src/soft", "link"],
  ["src/away/outside.txt", "link"],
  ["src/pipe", "not_a_file"],
  ["src/deep", "not_a_file"],
  ["../outside.txt", "outside"],
  ["SRC/a.py", "not_claimed"],
  ["src/Deep/a.py", "exists"],
  ["src/a.py.", "exists"],
])("writes %s: %s, and nothing is left beside it", async (path, code) => {
  expect(await codeOf(hostOf().write(path, "text\n"))).toBe(code);
  expect(readFileSync(join(base, "outside.txt"), "utf8")).toBe("outside\n");
  expect(readdirSync(join(root, "src")).filter((name) => name.includes("dgov"))).toEqual([]);
  if (code === "done") expect(readFileSync(join(root, path), "utf8")).toBe("text\n");
});

test("a write keeps the mode", async () => {
  await hostOf().write("src/a.py", "a = 2\n");
  expect(statSync(join(root, "src/a.py")).mode & 0o777).toBe(0o755);
});

test("a role that only reads writes nothing", async () => {
  expect(await codeOf(hostOf({ role: "researcher" }).write("src/a.py", "x"))).toBe("read_only");
});

test.each([
  ["src/a.py", "done"],
  ["src/soft", "done"], // the link itself, which lies in the claim
  ["src/none.py", "missing"],
  ["src/deep", "not_a_file"],
  ["README.md", "not_claimed"],
])("removes %s: %s", async (path, code) => {
  expect(await codeOf(hostOf().remove(path))).toBe(code);
  expect(readFileSync(join(base, "outside.txt"), "utf8")).toBe("outside\n");
});

test("lists without git's folder, and follows no link", async () => {
  const kinds = Object.fromEntries((await hostOf().list("src")).entries.map(({ name, kind }) => [name, kind]));
  expect(kinds).toMatchObject({ "a.py": "file", away: "link", deep: "directory", pipe: "other", soft: "link" });
  expect((await hostOf().list(".")).entries.map(({ name }) => name)).toEqual(["README.md", "src"]);
});

test("of a long list the first are given, and how many there are", async () => {
  const { entries: all, count } = await hostOf().list("src");
  expect(count).toBe(all.length);
  expect(await hostOf({}, holdRoot(root, openLibc())).list("src")).toEqual({ entries: all, count });
  expect(await hostOf().list("src", 2)).toEqual({ entries: all.slice(0, 2), count });
  expect(all.find(({ name }) => name === "a.py")).toEqual({ name: "a.py", kind: "file", size_bytes: 6 });
  expect((await hostOf().list(".", 1)).count).toBe(2); // git's own is not counted
});

test("a name is found in whatever form of Unicode the disk has it, and written under it", async () => {
  const [composed, apart] = ["src/caf\u00e9.py", "src/cafe\u0301.py"];
  writeFileSync(join(root, apart), "a = 1\n");
  for (const path of [composed, apart]) expect(await hostOf().readText(path)).toBe("a = 1\n");
  await hostOf().write(composed, "a = 2\n");
  expect(readFileSync(join(root, apart), "utf8")).toBe("a = 2\n");
  expect(readdirSync(join(root, "src")).filter((name) => name.startsWith("caf"))).toHaveLength(1);
});

test.each([
  ["a long name", `src/${"n".repeat(300)}`],
  ["a long name in a folder", `src/new/${"n".repeat(300)}`],
  ["a deep path", `src/${"d/".repeat(200)}f`],
  ["a long path", `src/${"nn/".repeat(50)}${"n/".repeat(5_000)}`],
])("%s is refused", async (_, path) => {
  const host = hostOf();
  expect(await codeOf(host.write(path, "x"))).toBe("io");
  expect(await codeOf(host.readText(path))).toMatch(/^(io|missing)$/);
  expect(await codeOf(host.stat(path))).toMatch(/^(io|done)$/);
});

test("many slashes are read at once", async () => {
  expect(await codeOf(hostOf().readText(`./${"/".repeat(80)}\0`))).toBe("outside");
});

test("folders that were made for a write that failed are gone again", async () => {
  expect(await codeOf(hostOf().write(`src/one/two/${"n".repeat(300)}`, "x"))).toBe("io");
  expect(readdirSync(join(root, "src"))).not.toContain("one");
});

test("a write that was killed leaves nothing in the way of the next", async () => {
  const beside = `.${Bun.hash("a.py").toString(36)}.dgov-write`;
  writeFileSync(join(root, "src", beside), "half");
  await hostOf().write("src/a.py", "a = 3\n");
  symlinkSync(join(base, "outside.txt"), join(root, "src", beside));
  await hostOf().write("src/a.py", "a = 4\n");
  expect(readFileSync(join(base, "outside.txt"), "utf8")).toBe("outside\n");
  expect(readdirSync(join(root, "src"))).not.toContain(beside);
});
