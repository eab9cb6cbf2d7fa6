import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeIn } from "./repo.ts";

const ROOT = join(import.meta.dir, "..");
const of = (name: string, body: string) =>
  `import { expect, test } from "bun:test";\ntest("${name}", async () => {\n  ${body}\n});\n`;
const GOOD = of("is good", "expect(1).toBe(1);");

/** What CI reads: the exit status and the last line of all tests in these files. */
function play(files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), "dgov-test-"));
  try {
    for (const [name, text] of Object.entries(files)) writeIn(folder, `${name}.test.ts`, text);
    const argv = [process.execPath, "scripts/test.ts", `${folder}/`];
    const { exitCode, stdout, stderr } = Bun.spawnSync(argv, { cwd: ROOT, stdin: "ignore", timeout: 50_000 });
    return { exit: exitCode, last: stdout.toString().trim().split("\n").at(-1), said: stderr.toString() };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("files that run side by side are counted together", () => {
  const good = Object.fromEntries(["a", "b", "c", "d", "e"].map((name) => [name, GOOD]));
  expect(play(good)).toMatchObject({ exit: 0, last: "5 passed, 0 failed" });
  const skipped = `import { test } from "bun:test";\ntest.skip("is left out", () => {});\n`;
  expect(play({ ...good, f: skipped })).toMatchObject({ exit: 0, last: "5 passed, 0 failed, 1 skipped" });
});

test.each<[string, string, string]>([
  ["that fails", of("is bad", "expect(1).toBe(2);"), "2 passed, 1 failed"],
  ["whose process is killed", of("dies", 'process.kill(process.pid, "SIGKILL");'), "2 passed, 1 failed"],
  ["whose process ends", of("ends", "process.exit(0);"), "2 passed, 1 failed"],
  ["that does not load", `import "./nothing.ts";\n${GOOD}`, "2 passed, 1 failed"],
  [
    "that fails when nobody waits",
    of("leaves", "void Bun.sleep(1).then(() => expect(1).toBe(2));\n  await Bun.sleep(100);"),
    "1 failed",
  ],
])("a file %s is told among others, and makes all of it red", (_, bad, last) => {
  const { exit, last: told, said } = play({ a: GOOD, bad, c: GOOD });
  expect({ exit, told }).toEqual({ exit: 1, told: expect.stringContaining(last) });
  expect(told).not.toContain(" 0 failed");
  expect(said).toContain("bad.test.ts");
});
