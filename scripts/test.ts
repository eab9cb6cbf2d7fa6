// All tests, and one closing line that a program can read: `N passed, N failed[, N skipped]`.
// Usage: bun scripts/test.ts [what `bun test` takes]

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "dgov-test-"));
const report = join(folder, "junit.xml");
const argv = [process.execPath, "test", "--reporter=junit", `--reporter-outfile=${report}`, ...process.argv.slice(2)];
const run = Bun.spawn(argv, { cwd: `${import.meta.dir}/..`, stdio: ["ignore", "inherit", "inherit"] });
const exit = await run.exited;
const counts = readCounts();
rmSync(folder, { recursive: true, force: true });

// A file that does not load, or a leak after the last test, is a failure that no test carries.
const failed = exit === 0 ? counts.failed : Math.max(1, counts.failed);
console.log(`${counts.passed} passed, ${failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ""}`);
process.exit(failed === 0 ? 0 : 1);

function readCounts(): { passed: number; failed: number; skipped: number } {
  if (!Bun.file(report).size) return { passed: 0, failed: 0, skipped: 0 };
  const head = /<testsuites [^>]*>/.exec(readFileSync(report, "utf8"))?.[0] ?? "";
  const of = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  return { passed: of("tests") - of("failures") - of("skipped"), failed: of("failures"), skipped: of("skipped") };
}
