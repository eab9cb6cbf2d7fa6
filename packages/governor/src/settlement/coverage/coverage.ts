import type { Finding } from "@dgov/kernel";
import { COVERAGE_BASELINE } from "../../baseline_files.ts";
import type { IntegratedCandidate } from "../candidate.ts";
import { judged } from "../command.ts";
import { type Gate, type Judgement, pass } from "../gate.ts";
import { isSource } from "../sources.ts";
import { baselineAt, type Coverage } from "./baseline.ts";
import { measure } from "./measure.ts";
import { renamedFiles } from "./renamed.ts";

/**
 * Whether the tests still run as much of each file as when the baseline was made. A file that is gone is not missed, one
 * that was renamed is known by its old name, and a file that was below before, on the target's head, and is no worse now is
 * nobody's fault. Without a baseline nothing is compared, and the record says so.
 */
export const coverageGate: Gate<IntegratedCandidate> = {
  name: "coverage",
  async check(candidate) {
    const { git, head, project, changes } = candidate;
    const baseline = await baselineAt(git, head);
    if (baseline === null) return { ...pass, findings: [WITHOUT_BASELINE] };
    if (!changes.some((change) => isSource(change, project))) return pass;
    const now = await measure({ ...candidate, log: "coverage.log" });
    if (now.coverage === null)
      return judged(now.said, now.answered ? "reject" : "broken", { cause: "gate", findings: [now.fault] });
    if (now.coverage.format !== baseline.format) throw new Error(otherFormat(baseline.format, now.coverage.format));
    const drops = await dropsOf(candidate, baseline, now.coverage);
    const findings = drops.length === 0 ? [] : await ownFindings(candidate, drops);
    if (findings.length > 0) return judged(now.said, "reject", { cause: "gate", findings });
    const known: Judgement = judged(now.said, "pass", { cause: "gate", findings: [] });
    return { ...known, findings: drops.slice(0, LISTED_MAX).map(belowBefore) };
  },
};

const WITHOUT_BASELINE: Finding = {
  code: "coverage_no_baseline",
  message: `No coverage was compared: the target has no "${COVERAGE_BASELINE}"; "dgov coverage-baseline" makes it`,
};

const LISTED_MAX = 50;
/** Percentages are quotients: what differs by less is the same. */
const SAME = 1e-6;

/** `was`: what the file was called in the baseline. */
type Drop = { path: string; was: string; from: number; to: number };

/** Files of the tree that have lost more than the project lets them. One that the report lacks was not run at all. */
async function dropsOf(
  { git, head, tree, project }: IntegratedCandidate,
  baseline: Coverage,
  now: Coverage,
): Promise<Drop[]> {
  const old = [...baseline.files.keys()];
  const there = await git.objects.info(old.map((path) => `${tree}:${path}`));
  const renamed = there.every(Boolean) ? new Map<string, string>() : await renamedFiles(git, head, tree);
  return old.flatMap((was, at): Drop[] => {
    const path = there[at] ? was : renamed.get(was);
    if (path === undefined) return [];
    const [from, to] = [baseline.files.get(was) ?? 0, now.files.get(path) ?? 0];
    return from - to > project.rules.baselines.points + SAME ? [{ path, was, from, to }] : [];
  });
}

/** Those that are worse than on the target's head, which is measured as well. What cannot be measured excuses nobody. */
async function ownFindings(candidate: IntegratedCandidate, drops: readonly Drop[]): Promise<Finding[]> {
  const { head, project } = candidate;
  const beside = await candidate.baseline();
  const before = await measure({ ...candidate, ...beside, tree: head, log: "coverage-before.log" });
  const known = (path: string) => before.coverage?.files.get(path) ?? 100;
  const worse = drops.filter(({ was, to }) => before.coverage === null || to < known(was) - SAME);
  return worse.slice(0, LISTED_MAX).map(({ path, from, to }) => ({
    code: "coverage_drop",
    message: `Coverage regression: ${path} dropped from ${told(from)} to ${told(to)}, by more than ${project.rules.baselines.points} points`,
    path,
  }));
}

const belowBefore = ({ path, from, to }: Drop): Finding => ({
  code: "coverage_below_baseline",
  message: `"${path}" is at ${told(to)}, and at ${told(from)} in the baseline; it is no better on the target without this change`,
  path,
});

const told = (percent: number): string => `${percent.toFixed(1)}%`;

const otherFormat = (before: string, now: string): string =>
  `Cannot compare coverage: the baseline was read from "${before}", and coverage_cmd writes "${now}"; make a new one with "dgov coverage-baseline"`;
