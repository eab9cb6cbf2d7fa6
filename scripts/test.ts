// All tests, and one closing line that a program can read: `N passed, N failed[, N skipped]`.
// Without arguments all of it is tested as it is shipped: what starts the program starts the executable, which is built
// first and is up in a third of the time; test/from_source.test.ts starts it from source all the same.
// One file more than there are processors runs at a time, each in a global object of its own; the slow ones begin.
// Usage: bun scripts/test.ts [what `bun test` takes]

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dir, "..");
/** For tests that name none: how busy the machine is fails no test. */
const LIMIT = "--timeout=60000";
/** A part of a test is waiting; and one may hold half a gigabyte. */
const PROCESSES = Math.min(navigator.hardwareConcurrency + 1, 8);
/** How long files took when that was last measured. A file that is not in it begins after those that are. */
const TIMINGS = "--timings=test/timings.json";

type Counts = { passed: number; failed: number; skipped: number };

const folder = mkdtempSync(join(tmpdir(), "dgov-test-"));
const asked = process.argv.slice(2);
const { passed, failed, skipped } = asked.length > 0 ? await start(asked, {}) : await testAll();
rmSync(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exit(failed === 0 ? 0 : 1);

async function testAll(): Promise<Counts> {
  const bin = join(folder, "dgov");
  const build = [process.execPath, join(ROOT, "scripts/build.ts"), "--outfile", bin];
  const built = await Bun.spawn(build, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] }).exited;
  if (built !== 0) return { passed: 0, failed: 1, skipped: 0 };
  return start([], { DGOV_TEST_BIN: bin });
}

async function start(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Counts> {
  const report = join(folder, "report.xml");
  const words = [LIMIT, TIMINGS, `--parallel=${PROCESSES}`, "--reporter=junit", `--reporter-outfile=${report}`];
  const run = Bun.spawn([process.execPath, "test", ...words, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit"],
  });
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
