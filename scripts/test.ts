// All tests, and one closing line that a program can read: `N passed, N failed[, N skipped]`.
// Without arguments all of it is tested as it is shipped: what starts the program starts the executable, which is built
// first and is up in a third of the time. The end-to-end tests are run a second time, from source, beside the others.
// One file more than there are processors runs at a time, each in a global object of its own; the slow ones begin.
// Usage: bun scripts/test.ts [what `bun test` takes]

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dir, "..");
/** Tests that start the program as a user does. */
const END_TO_END = ["test/runs.test.ts", "test/interrupt.test.ts", "test/bad_input.test.ts", "test/provider.test.ts"];
/** For tests that name none: how busy the machine is fails no test. */
const LIMIT = "--timeout=60000";
/** A third of a test is waiting, for the disk above all; and one may hold half a gigabyte. */
const PROCESSES = Math.min(navigator.hardwareConcurrency + 1, 8);
/** How long files took when that was last measured. A file that is not in it begins after those that are. */
const TIMINGS = "--timings=test/timings.json";

type Counts = { passed: number; failed: number; skipped: number };
/** `name`: of this round among those that run beside it. */
type Round = { name: string; args: readonly string[]; env: Readonly<Record<string, string>>; processes: number };

const folder = mkdtempSync(join(tmpdir(), "dgov-test-"));
const asked = process.argv.slice(2);
const counts = asked.length > 0 ? await testAsked() : await testAll();
rmSync(folder, { recursive: true, force: true });
const { passed, failed, skipped } = counts;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exit(failed === 0 ? 0 : 1);

async function testAsked(): Promise<Counts> {
  return (await start({ name: "asked", args: asked, env: {}, processes: PROCESSES }, "inherit")).counts;
}

async function testAll(): Promise<Counts> {
  const bin = join(folder, "dgov");
  const build = [process.execPath, join(ROOT, "scripts/build.ts"), "--outfile", bin];
  const built = await Bun.spawn(build, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] }).exited;
  if (built !== 0) return { passed: 0, failed: 1, skipped: 0 };
  const [shipped, source] = await Promise.all([
    start({ name: "shipped", args: [], env: { DGOV_TEST_BIN: bin }, processes: PROCESSES }, "inherit"),
    start({ name: "source", args: END_TO_END, env: {}, processes: 1 }, "pipe"),
  ]);
  console.log(`\nThe end-to-end tests, from source:\n${source.said}`);
  return sum(shipped.counts, source.counts);
}

/** @returns what it said, when that was not passed on at once */
async function start({ name, args, env, processes }: Round, output: "inherit" | "pipe") {
  const report = join(folder, `${name}.xml`);
  const words = [LIMIT, TIMINGS, `--parallel=${processes}`, "--reporter=junit", `--reporter-outfile=${report}`];
  const run = Bun.spawn([process.execPath, "test", ...words, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", output, output],
  });
  const [said, exit] = await Promise.all([textOf(run.stdout, run.stderr), run.exited]);
  const counts = readCounts(report);
  // A file that does not load, or a leak after the last test, is a failure that no test carries.
  return { said, counts: { ...counts, failed: exit === 0 ? counts.failed : Math.max(1, counts.failed) } };
}

async function textOf(...streams: readonly (ReadableStream<Uint8Array> | undefined)[]): Promise<string> {
  return (await Promise.all(streams.map((stream) => (stream ? new Response(stream).text() : "")))).join("");
}

function readCounts(report: string): Counts {
  if (!Bun.file(report).size) return { passed: 0, failed: 0, skipped: 0 };
  const head = /<testsuites [^>]*>/.exec(readFileSync(report, "utf8"))?.[0] ?? "";
  const of = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  return { passed: of("tests") - of("failures") - of("skipped"), failed: of("failures"), skipped: of("skipped") };
}

function sum(one: Counts, other: Counts): Counts {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
  };
}
