import type { Finding } from "@dgov/kernel";
import { runProjectCommand, unanswered } from "../project_command.ts";
import type { IntegratedCandidate } from "./candidate.ts";
import { judged } from "./command.ts";
import { type Gate, type Judgement, pass } from "./gate.ts";
import { testCommands } from "./tests.ts";

/**
 * The tests, and again as often as `flake_runs` says: what passes one time and fails another is not known to be right. All
 * runs see the same tree, as the checkout is put back after each command.
 */
export const testsGate: Gate<IntegratedCandidate> = {
  name: "tests",
  async check(candidate) {
    let last = pass;
    for (const [at, command] of (await testCommands(candidate)).entries()) {
      last = await passesEachTime(candidate, { command, log: at === 0 ? "tests" : `tests-${at + 1}` });
      if (last.verdict !== "pass") return last;
    }
    return last;
  },
};

/** `log`: the name of the file for its output, without ending. */
type Tests = { command: string; log: string };

async function passesEachTime(candidate: IntegratedCandidate, { command, log }: Tests): Promise<Judgement> {
  const { flake_runs } = candidate.project.rules.evidence;
  const first = await runOnce(candidate, { command, log: `${log}.log` }, failure);
  let last = first;
  for (let nth = 2; nth <= flake_runs && last.verdict === "pass"; nth++)
    last = await runOnce(
      candidate,
      { command: uncached(command), log: `${log}-run-${nth}.log` },
      flake(nth, flake_runs),
    );
  return last;
}

/** Pytest says with it that it found no test: no other runner's status 5 is a pass. */
const PYTEST_NO_TESTS = 5;

async function runOnce(
  { project, isolation, out }: IntegratedCandidate,
  tests: Tests,
  words: (command: string, exit: number | null) => Finding,
): Promise<Judgement> {
  const timeout_ms = project.timeouts.settlement_ms;
  const said = await runProjectCommand(isolation, { ...tests, timeout_ms, out });
  const missing = unanswered(said, timeout_ms);
  if (missing) return judged(said, "broken", { cause: "broken", findings: [missing] });
  const { exit } = said.result;
  const nothing = exit === PYTEST_NO_TESTS && /\bpy\.?test\b/.test(tests.command);
  const findings = [words(tests.command, exit)];
  return judged(said, exit === 0 || nothing ? "pass" : "reject", { cause: "gate", findings });
}

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
