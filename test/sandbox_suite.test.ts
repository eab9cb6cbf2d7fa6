import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

setDefaultTimeout(180_000);

const SUITE = join(import.meta.dir, "../scripts/sandbox-suite.ts");
const folder = mkdtempSync(join(tmpdir(), "dgov-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function suite(rows: readonly unknown[] | string, ...args: string[]) {
  const file = join(folder, "rows.jsonl");
  writeFileSync(file, typeof rows === "string" ? rows : rows.map((row) => JSON.stringify(row)).join("\n"));
  const { exitCode, stdout, stderr } = Bun.spawnSync([process.execPath, SUITE, file, ...args], { stdin: "ignore" });
  return { status: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

const bash = (id: number, want: string, cmd: string) => ({
  ...{ id, category: "X mine", role: "worker", tool: "run_bash", args: { cmd }, want, expect: "" },
  original: "BAD", // whatever else stands in a row is for people
});
const RIGHT = [
  bash(1, "allow", "cat src/app.py"),
  bash(2, "deny", "git push"),
  bash(3, "deny", "sh evil.sh"),
  { id: "four", tool: "nosuch", raw_arguments: "[", want: "error" },
  { id: "five", category: 7, tool: "read_file", args: ["src/app.py"], want: "error" },
];
const own = process.getuid?.() === 0 ? ["--as-root"] : [];

test("rows that nobody has seen are run and judged, at every jail that this machine has", () => {
  const { status, stdout } = suite(RIGHT, "--json", ...own);
  const { wrong, runs } = JSON.parse(stdout);
  expect({ status, wrong }).toEqual({ status: 0, wrong: 0 });
  for (const run of runs) {
    expect(run).toMatchObject({ rows: 5, right: 5, wrong: 0, refused: 0 });
    expect(run.outcomes.map((one: { layer: string }) => one.layer)).toEqual([
      "none",
      "policy",
      "jail",
      "tool",
      "schema",
    ]);
  }
  expect(runs.length).toBeGreaterThan(0);
});

test("a wrong row is told with the reason, and nothing that it says steers the terminal", () => {
  const rows = [bash(7, "allow", "git push"), bash(8, "deny", "printf '\\033[2J'; echo done")];
  const { status, stdout } = suite(rows, ...own);
  expect(status).toBe(1);
  expect(stdout).toMatch(/WRONG 7 run_bash, wants allow, refused by shell\.git\n {2}a harmless call was refused/);
  expect(stdout).toMatch(/WRONG 8 run_bash, wants deny\n {2}the worker is not told of a refusal/);
  expect(stdout).toMatch(/X mine +2 +0 +2 +1/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
});

test.skipIf(process.getuid?.() !== 0)("root also runs the rows as somebody who may not read the checkout", () => {
  const { status, stdout } = suite(RIGHT.slice(0, 3), "--json", "--level", "landlock");
  const { runs } = JSON.parse(stdout) as { runs: { user: string; right: number }[] };
  expect({ status, right: runs.map(({ right }) => right) }).toEqual({ status: 0, right: [3, 3] });
  expect(new Set(runs.map(({ user }) => user)).size).toBe(2);
});

test.each<[string, string, string[], RegExp]>([
  ["a line that is no JSON", '{"id": 1', [], /rows\.jsonl:1: /],
  ["a row that wants nothing we know", '\n{"id":1,"tool":"x","want":"maybe"}', [], /rows\.jsonl:2: want: /],
  ["no rows", "\n", [], /it has no rows/],
  ["no such level", "{}", ["--level", "vm"], /no level "vm"[\s\S]*Usage/],
  ["no such option", "{}", ["--levle"], /levle[\s\S]*Usage/],
  ["no such user", '{"id":1,"tool":"x","want":"any"}', ["--user", "no-such-user"], /no such user|Only root/],
  ["two users", "{}", ["--user", "x", "--as-root"], /different things/],
])("wrong usage ends with 2: %s", (_, text, args, words) => {
  const { status, stdout, stderr } = suite(text, ...args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(words);
});
