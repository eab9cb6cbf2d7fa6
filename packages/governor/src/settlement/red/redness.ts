import type { Redness } from "@dgov/kernel/stages";
import type { Ran } from "./report.ts";
import { REPORTER_NAMES, type Reporter } from "./reporters.ts";

/** What the tests of one file said before there is any work. `code` is "red", or that of what is wrong; `message`: one sentence. */
export type Red = { is: Redness; code: string; message: string; failed: number; passed: number };

/**
 * How a command that runs tests has ended. `ran`: its report; null: it has left none. `none`: it says that it ran no test.
 * `built`: null: nobody has asked. `absent`: all that keeps tests from being built, where that is names that are not there.
 */
export type Ended = {
  exit: number | null;
  ran: Ran | null;
  none: boolean;
  built: boolean | null;
  absent: readonly string[] | null;
};

/**
 * Judges by exit status and report alone. Red is: the runner's status for failed tests, tests that failed, and nothing that did
 * not get so far as to run; or, in a language that is compiled, tests that use what is yet to be made, and have no other fault.
 */
export function rednessOf(reporter: Pick<Reporter, "name" | "fails" | "kind">, ended: Ended): Red {
  const { exit, ran, none, built, absent } = ended;
  const { failed = 0, passed = 0 } = ran ?? {};
  const say = (is: Redness, code: string, message: string): Red => ({ is, code, message, failed, passed });
  const isUnbuilt = built === false || (exit === reporter.fails && (ran?.errors ?? 0) > 0);
  if (isUnbuilt && absent !== null) return say("red", "red_absent", sayAbsent(absent));
  if (built === false) return say("wrong", "red_unbuilt", "The tests cannot be built, so that none of them has run");
  if (exit === 0 && (none || (ran !== null && ran.passed + ran.failed === 0)))
    return say("wrong", "red_not_run", "No test has run: there is none, or all of them are skipped");
  if (exit === 0) return say("green", "already_green", "The tests pass without any work, so that they ask for none");
  if (exit !== reporter.fails)
    return say(
      "wrong",
      "red_not_run",
      `"${reporter.name}" ended with status ${exit}, and with ${reporter.fails} where tests fail`,
    );
  if (reporter.kind === null) return built ? say("red", "red", "Tests fail") : say("unknown", "red_unknown", UNKNOWN);
  if (ran === null) return say("wrong", "red_not_run", "No test could be loaded: the runner has left no report");
  if (ran.errors > 0)
    return say(
      "wrong",
      "red_error",
      `${ran.errors} of the tests did not get so far as to run (an import, a syntax error, a fixture)`,
    );
  if (ran.failed === 0) return say("wrong", "red_not_run", "No test has failed, and yet the runner has");
  return say("red", "red", `${ran.failed} of ${ran.failed + ran.passed} tests fail`);
}

const SAID_MAX = 3;
const SAID_MAX_CHARS = 120;

function sayAbsent(absent: readonly string[]): string {
  const first = absent.slice(0, SAID_MAX).map((one) => one.slice(0, SAID_MAX_CHARS));
  const more = absent.length > SAID_MAX ? `; and ${absent.length - SAID_MAX} more` : "";
  return `The tests cannot be built before the work is done: ${first.join("; ")}${more}`;
}

const UNKNOWN = `Nobody can tell why the tests fail: known are ${REPORTER_NAMES.join(", ")}`;

/** Where something else than the tests has ended it. */
export const unknownRed = (code: string, message: string): Red => ({
  is: "unknown",
  code,
  message,
  failed: 0,
  passed: 0,
});

/** A command whose runner is not known by its words. */
export const UNKNOWN_RUNNER: Red = unknownRed("red_unknown", UNKNOWN);

/** One word for several files of a task: all must run, and one of them must be red. */
export function worstOf(all: readonly Red[]): Red {
  const wrong = all.find(({ is }) => is === "wrong" || is === "unknown");
  const sum = (of: "failed" | "passed") => all.reduce((total, one) => total + one[of], 0);
  const one = wrong ?? all.find(({ is }) => is === "red") ?? all[0] ?? UNKNOWN_RUNNER;
  return { ...one, failed: sum("failed"), passed: sum("passed") };
}
