import type { Finding } from "@dgov/kernel";
import type { CompiledTask } from "../plan/compiled.ts";
import type { Project } from "../project.ts";
import { runProjectCommand, unanswered } from "../project_command.ts";
import type { IntegratedCandidate } from "./candidate.ts";
import { freshFindings } from "./checkers/fresh.ts";
import { judged, shellPaths } from "./command.ts";
import { coverageGate } from "./coverage/coverage.ts";
import { type Failing, formatFindings } from "./format.ts";
import { type Gate, pass } from "./gate.ts";
import { generatedGate } from "./generated.ts";
import { redGate } from "./red/red_gate.ts";
import { isScriptHook } from "./rules/load.ts";
import { testsGate } from "./run_tests.ts";
import { sentruxGate } from "./sentrux.ts";
import { changedSources } from "./sources.ts";

type IntegratedGate = Gate<IntegratedCandidate>;

/**
 * The project's own commands as gates, cheap ones first. Those it does not configure are not in the list, so that a
 * project without commands costs no checkout.
 */
export function commandGates({ commands, rules }: Project, unit: CompiledTask): IntegratedGate[] {
  const own = [
    ...(rules.review_hooks.every(isScriptHook) ? [] : [hooks]),
    ...(commands.lint === null ? [] : [lint]),
    ...(commands.format_check === null ? [] : [format]),
    ...(commands.type_check === null ? [] : [types]),
    ...(Object.keys(commands.generated).length === 0 ? [] : [generatedGate]),
    ...(isAuthored(unit) ? [redGate] : commands.test === null && unit.test_cmd === null ? [] : [testsGate]),
    ...(commands.coverage === null ? [] : [coverageGate]),
    ...(rules.baselines.by === "sentrux" ? [sentruxGate] : []),
  ];
  return own.length > 0 && commands.setup !== null ? [setup, ...own] : own;
}

/** Whether it is about tests that are written before the work that they ask for. */
const isAuthored = ({ role, files: { tests = [] } }: CompiledTask): boolean =>
  role === "test_author" && tests.length > 0;

/** What makes a checkout ready for all others; it judges nothing. */
export const SETUP = "setup";

/** Runs the project's `setup_cmd`, where it has one. */
export const setup: Gate<Pick<IntegratedCandidate, "project" | "setupIsolation" | "giveSetup" | "out">> = {
  name: SETUP,
  async check({ project, setupIsolation, giveSetup, out }) {
    const timeout_ms = project.timeouts.bootstrap_ms;
    const command = project.commands.setup ?? "";
    const { given, why_not } = await giveSetup();
    if (given) return pass;
    const said = await runProjectCommand(await setupIsolation(), { command, timeout_ms, out, log: "setup.log" });
    const missing = unanswered(said, timeout_ms);
    if (missing) return judged(said, "broken", { cause: "broken", findings: [missing] });
    const passed = judged(said, "pass", { cause: "gate", findings: [] });
    if (said.result.exit === 0) return { ...passed, findings: whyNotKept(why_not) };
    const findings = [{ code: "setup_failed", message: `"${command}" fails on the integrated work` }];
    return judged(said, "reject", { cause: "gate", findings });
  },
};

/** A project that says what its setup reads wants it to be run once. */
const whyNotKept = (why: string | null): Finding[] =>
  why === null ? [] : [{ code: "setup_not_kept", message: `What setup_cmd makes is not kept: ${why}` }];

/** Time for one review hook: they are meant to look, not to build. */
const HOOK_MS = 30_000;

/** `review_hooks`: shell snippets that see every changed path, whatever its language, and refuse by their exit status. */
const hooks: IntegratedGate = {
  name: "hooks",
  async check({ project, isolation, changes, out }) {
    const files = shellPaths(changes.map(({ path }) => path));
    let last = pass;
    for (const [at, hook] of project.rules.review_hooks.entries()) {
      if (isScriptHook(hook)) continue; // it has been asked: see policy.ts
      const command = hook.replaceAll(/\{files?\}/g, () => files);
      const said = await runProjectCommand(isolation, { command, timeout_ms: HOOK_MS, out, log: `hook-${at + 1}.log` });
      const missing = unanswered(said, HOOK_MS);
      if (missing) return judged(said, "broken", { cause: "broken", findings: [missing] });
      const findings = [{ code: "hook_fail", message: `The review hook "${hook}" refuses the change` }];
      last = judged(said, said.result.exit === 0 ? "pass" : "reject", { cause: "review", findings });
      if (last.verdict !== "pass") return last;
    }
    return last;
  },
};

const lint = checkGate(
  "lint",
  ({ commands }) => commands.lint,
  (...asked) => freshFindings(...asked, "lint"),
);
const format = checkGate("format", ({ commands }) => commands.format_check, formatFindings);
const types = checkGate(
  "types",
  ({ commands }) => commands.type_check,
  (...asked) => freshFindings(...asked, "type"),
);

/** A command over the changed source files that are there, or over all. With none changed the first has nothing to ask. */
function checkGate(
  name: "lint" | "format" | "types",
  of: (project: Project) => string | null,
  findingsOf: (candidate: IntegratedCandidate, failing: Failing) => Promise<Finding[]>,
): IntegratedGate {
  return {
    name,
    async check(candidate) {
      const { project, isolation, out } = candidate;
      const template = of(project) ?? "";
      const files = changedSources(candidate);
      if (template.includes("{file}") && files.length === 0) return pass;
      const timeout_ms = project.timeouts.settlement_ms;
      const command = template.replaceAll("{file}", () => shellPaths(files));
      const said = await runProjectCommand(isolation, { command, timeout_ms, out, log: `${name}.log` });
      const missing = unanswered(said, timeout_ms);
      if (missing) return judged(said, "broken", { cause: "broken", findings: [missing] });
      if (said.result.exit === 0) return judged(said, "pass", { cause: "gate", findings: [] });
      const findings = await findingsOf(candidate, { template, said, files });
      return judged(said, findings.length === 0 ? "pass" : "reject", { cause: "gate", findings });
    },
  };
}
