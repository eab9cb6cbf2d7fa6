import { z } from "zod";
import { jsonIn } from "../../json_text.ts";
import type { ReportKind } from "./reporters.ts";

/**
 * What a test runner says of its tests, by a machine format. `failed`: tests that ran and did not pass; `errors`: what did not
 * get so far as to be run, as a file that cannot be loaded or a fixture that cannot be made.
 */
export type Ran = { passed: number; failed: number; errors: number };

/** Reads a report. @returns null when it is none of its kind: who has written nothing has told nothing */
export const readReport = (kind: ReportKind, text: string): Ran | null => READERS[kind](text);

const READERS: Readonly<Record<ReportKind, (text: string) => Ran | null>> = { junit, jest, go };

/**
 * JUnit's XML. Each `testcase` is one test, but for those that stand for a whole file (node's runner, where the file cannot
 * be loaded): these have the file's own name. Comments and texts are none of the tags that count.
 */
function junit(text: string): Ran | null {
  const bare = text.replace(/<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>/g, "");
  if (
    !/<testsuites?[\s>/]/.test(bare.slice(0, HEAD_CHARS)) ||
    !/(?:<\/testsuites?>|<testsuites?[^<>]*\/>)\s*$/.test(bare)
  )
    return null;
  const ran = { passed: 0, failed: 0, errors: 0 };
  for (const [whole, name = ""] of bare.matchAll(
    /<testcase(\s(?:[^<>"']|"[^"]*"|'[^']*')*?)?(?:\/>|>[\s\S]*?<\/testcase>)/g,
  )) {
    const isFile = /\sname=(?:"\/[^"]*"|'\/[^']*')/.test(name);
    if (/<error[\s>/]/.test(whole) || (isFile && /<failure[\s>/]/.test(whole))) ran.errors += 1;
    else if (/<failure[\s>/]/.test(whole)) ran.failed += 1;
    else if (!/<skipped[\s>/]/.test(whole)) ran.passed += 1;
  }
  return ran;
}

/** Before it there are at most a declaration and a comment. */
const HEAD_CHARS = 4_000;

const Jest = z.object({
  testResults: z.array(
    z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })).default([]) }),
  ),
});

/** The JSON of jest and vitest. A file that failed and has no failed test in it could not be loaded. */
function jest(text: string): Ran | null {
  const report = Jest.safeParse(jsonIn(text)).data;
  if (!report) return null;
  const ran = { passed: 0, failed: 0, errors: 0 };
  for (const { status, assertionResults } of report.testResults) {
    const failed = assertionResults.filter((test) => test.status === "failed").length;
    ran.failed += failed;
    ran.passed += assertionResults.filter((test) => test.status === "passed").length;
    if (status === "failed" && failed === 0) ran.errors += 1;
  }
  return ran;
}

const GoEvent = z.object({ Action: z.string(), Test: z.string().optional() });

/** The lines of `go test -json`. A package that fails without a failed test in it could not be built, or has died. */
function go(text: string): Ran | null {
  const events = text.split("\n").flatMap((line) => GoEvent.safeParse(jsonIn(line)).data ?? []);
  if (events.length === 0) return null;
  const count = (action: string, of_test: boolean) =>
    events.filter(({ Action, Test }) => Action === action && (Test !== undefined) === of_test).length;
  const failed = count("fail", true);
  const broken = count("build-fail", false) + (failed === 0 ? count("fail", false) : 0);
  return { passed: count("pass", true), failed, errors: broken };
}
