// All tests, and one closing line that a program can read: `N passed, N failed[, N skipped]`.
// Without arguments all of it is tested as it is shipped: what starts the program starts the executable, which is built
// first and is up in a third of the time. The end-to-end tests are run a second time, from source.
// Usage: bun scripts/test.ts [what `bun test` takes]

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dir, "..");
/** Tests that start the program as a user does. */
const END_TO_END = ["test/runs.test.ts", "test/interrupt.test.ts", "test/bad_input.test.ts", "test/provider.test.ts"];
/** For tests that name none: how busy the machine is fails no test. */
const LIMIT = "--timeout=60000";

type Counts = { passed: number; failed: number; skipped: number };

const folder = mkdtempSync(join(tmpdir(), "dgov-test-"));
const asked = process.argv.slice(2);
const counts = asked.length > 0 ? await test(asked, {}) : await testAll();
rmSync(folder, { recursive: true, force: true });
const { passed, failed, skipped } = counts;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exit(failed === 0 ? 0 : 1);

async function testAll(): Promise<Counts> {
  const bin = join(folder, "dgov");
  const build = [process.execPath, join(ROOT, "scripts/build.ts"), "--outfile", bin];
  const built = await Bun.spawn(build, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] }).exited;
  if (built !== 0) return { passed: 0, failed: 1, skipped: 0 };
  const counts = await test([], { DGOV_TEST_BIN: bin });
  console.log("\nThe end-to-end tests, from source:");
  add(counts, await test(END_TO_END, {}));
  return counts;
}

async function test(args: readonly string[], more: Readonly<Record<string, string>>): Promise<Counts> {
  const report = join(folder, "junit.xml");
  rmSync(report, { force: true });
  const argv = [process.execPath, "test", LIMIT, "--reporter=junit", `--reporter-outfile=${report}`, ...args];
  const run = Bun.spawn(argv, { cwd: ROOT, env: { ...process.env, ...more }, stdio: ["ignore", "inherit", "inherit"] });
  const exit = await run.exited;
  const counts = readCounts(report);
  // A file that does not load, or a leak after the last test, is a failure that no test carries.
  return { ...counts, failed: exit === 0 ? counts.failed : Math.max(1, counts.failed) };
}

function readCounts(report: string): Counts {
  if (!Bun.file(report).size) return { passed: 0, failed: 0, skipped: 0 };
  const head = /<testsuites [^>]*>/.exec(readFileSync(report, "utf8"))?.[0] ?? "";
  const of = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  return { passed: of("tests") - of("failures") - of("skipped"), failed: of("failures"), skipped: of("skipped") };
}

function add(counts: Counts, more: Counts): void {
  counts.passed += more.passed;
  counts.failed += more.failed;
  counts.skipped += more.skipped;
}
