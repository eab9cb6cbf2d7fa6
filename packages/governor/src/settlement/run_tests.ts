import type { Finding } from "@dgov/kernel";
import { runProjectCommand, type Said, unanswered, wholeText } from "../project_command.ts";
import type { IntegratedCandidate } from "./candidate.ts";
import { judged } from "./command.ts";
import { type Gate, type Judgement, pass } from "./gate.ts";
import { ranNone } from "./ran_none.ts";
import { reporterOf } from "./red/reporters.ts";
import { type TestCommand, testCommands } from "./tests.ts";

/**
 * The tests, and again as often as `flake_runs` says: what passes one time and fails another is not known to be right. All
 * runs see the same tree, as the checkout is put back after each command.
 */
export const testsGate: Gate<IntegratedCandidate> = {
  name: "tests",
  async check(candidate) {
    let last = pass;
    for (const [at, asked] of (await testCommands(candidate)).entries()) {
      last = await passesEachTime(candidate, { ...asked, log: at === 0 ? "tests" : `tests-${at + 1}` });
      if (last.verdict !== "pass") return last;
    }
    return last;
  },
};

/** `log`: the name of the file for its output, without ending. */
type Tests = TestCommand & { log: string };

async function passesEachTime(candidate: IntegratedCandidate, tests: Tests): Promise<Judgement> {
  const { flake_runs } = candidate.project.rules.evidence;
  const first = await runOnce(candidate, tests, failure);
  const { command, log } = tests;
  let last = first;
  for (let nth = 2; nth <= flake_runs && last.verdict === "pass"; nth++)
    last = await runOnce(
      candidate,
      { ...tests, command: uncached(command), log: `${log}-run-${nth}` },
      flake(nth, flake_runs),
    );
  return last;
}

/** Pytest says with it that it found no test: no other runner's status 5 does. */
const PYTEST_NO_TESTS = 5;

/** Whether a command passed, as far as its status says, without having run a test. */
const hasRunNone = (said: Said): boolean =>
  (said.result.exit === PYTEST_NO_TESTS && /\bpy\.?test\b/.test(said.command)) ||
  (said.result.exit === 0 && ranNone(said.command, wholeText(said)));

async function runOnce(
  candidate: IntegratedCandidate,
  tests: Tests,
  words: (command: string, exit: number | null) => Finding,
): Promise<Judgement> {
  const { project, isolation, out } = candidate;
  const timeout_ms = project.timeouts.settlement_ms;
  const said = await runProjectCommand(isolation, { command: tests.command, log: `${tests.log}.log`, timeout_ms, out });
  const missing = unanswered(said, timeout_ms);
  if (missing) return judged(said, "broken", { cause: "broken", findings: [missing] });
  if (hasRunNone(said)) return ofNone(candidate, tests, said, words);
  const { exit } = said.result;
  return judged(said, exit === 0 ? "pass" : "reject", { cause: "gate", findings: [words(tests.command, exit)] });
}

/**
 * Nothing has failed where nothing ran. The files that were asked may hold no test of their own: then all are asked. What a task asks
 * for by name has to run; what the project asks of every task may have nothing to run yet, and then the head has nothing either.
 */
async function ofNone(
  candidate: IntegratedCandidate,
  tests: Tests,
  said: Said,
  words: Parameters<typeof runOnce>[2],
): Promise<Judgement> {
  const { command, whole, named, log } = tests;
  if (whole !== null) return runOnce(candidate, { command: whole, whole: null, named, log: `${log}-all` }, words);
  const nothing = (how: string): Finding => ({ code: "tests_not_run", message: `"${command}" has run no test${how}` });
  if (named)
    return judged(said, "reject", { cause: "gate", findings: [nothing(", and the task asks for it by name")] });
  const { project, out } = candidate;
  const timeout_ms = project.timeouts.settlement_ms;
  const { isolation } = await candidate.baseline();
  const before = await runProjectCommand(isolation, { command, log: `${log}-before.log`, timeout_ms, out });
  const missing = unanswered(before, timeout_ms);
  if (missing) return judged(before, "broken", { cause: "broken", findings: [missing] });
  const { exit } = before.result;
  const ran = !hasRunNone(before) && (exit === 0 || exit === (reporterOf(command)?.fails ?? FAILS));
  if (ran)
    return judged(said, "reject", { cause: "gate", findings: [nothing(", and runs some on the target's head")] });
  const note = nothing(": there is none, or all are skipped, as on the target's head");
  return { ...judged(said, "pass", { cause: "gate", findings: [] }), findings: [note] };
}

/** Of a runner that nobody knows otherwise. */
const FAILS = 1;

const failure = (command: string, exit: number | null): Finding => ({
  code: "test_failure",
  message: `"${command}" fails on the integrated work (exit status ${exit})`,
});

const flake =
  (nth: number, of: number) =>
  (command: string, exit: number | null): Finding => ({
    code: "test_flaky",
    message: `"${command}" fails at run ${nth} of ${of} on the same tree (exit status ${exit}), and has passed before`,
  });

/** Go would tell again what it said the first time. */
const uncached = (command: string): string =>
  /\bgo\s+test\b/.test(command) ? `export GOFLAGS="\${GOFLAGS:-} -count=1"; ${command}` : command;
