import type { Finding } from "@dgov/kernel";
import { degradations, metricsOf, newOffenders, type Offender, offendersOf } from "@dgov/semantic/architecture";
import { STRUCTURE_BASELINE } from "../baseline_files.ts";
import { treeOf } from "../git/tree_object.ts";
import type { Site } from "../site.ts";
import { structureBaselineAt } from "../structure/baseline.ts";
import { architectureAt } from "../structure/read_architecture.ts";
import { ageOf, staleWords } from "../structure/staleness.ts";
import { offenderWords } from "../structure/told.ts";
import { type Gate, pass, reject } from "./gate.ts";

/** The very tree that would land on `head`. */
type Judged = Pick<Site, "git" | "project" | "symbols"> & { head: string; tree: string };

/**
 * The gate on structure, where the target has a baseline: who has none has not asked for it.
 *
 * @returns none or one
 */
export async function structureGates({ git, head }: Judged, now_ms: () => number): Promise<Gate<Judged>[]> {
  const [baseline] = await git.objects.info([`${head}:${STRUCTURE_BASELINE}`]);
  return baseline ? [{ name: "structure", check: (judged) => check(judged, now_ms) }] : [];
}

const LISTED_MAX = 50;

/**
 * What a change brings past a limit is refused: circles of imports, files that import very many others, functions that
 * branch very often. Long functions are noted. In `strict` mode these are refused too, and each metric that is worse than the
 * baseline's and than on the target's head. What was so before is nobody's fault.
 */
async function check({ git, project, symbols, head, tree }: Judged, now_ms: () => number) {
  const baseline = await structureBaselineAt(git, head);
  if (baseline === null) return pass;
  const place = { git, symbols, now_ms };
  const before = await architectureAt(place, await treeOf(git, head));
  const after = await architectureAt(place, tree);
  const fresh = newOffenders(offendersOf(before), offendersOf(after));
  const { baselines } = project.rules;
  const [hard, soft] = [fresh.filter((one) => one.hard || baselines.strict), fresh.filter((one) => !one.hard)];
  const metrics = metricsOf(after);
  const worse = baseline.metrics === null ? [] : degradations(baseline.metrics, metrics);
  const own = new Set(degradations(metricsOf(before), metrics).map(({ metric }) => metric));
  const degraded = worse.map(
    ({ metric, words, before: was, after: is }): Finding => ({
      code: "structure_degraded",
      message: `${words}: ${numberWords(was)} in the baseline, ${numberWords(is)} now${own.has(metric) ? "" : ", and on the target as well"}`,
    }),
  );
  const refused = baselines.strict ? degraded.filter((_, at) => own.has(worse[at]?.metric ?? "files")) : [];
  const findings = [...hard.map(findingOf), ...refused].slice(0, LISTED_MAX);
  if (findings.length > 0) return reject("gate", findings);
  const stale = staleWords(await ageOf(git, baseline, { head, now_ms: now_ms() }), baselines);
  const old: Finding[] = stale === null ? [] : [{ code: "structure_stale", message: `The baseline is ${stale}` }];
  return { ...pass, findings: [...soft.map(findingOf), ...degraded, ...old].slice(0, LISTED_MAX) };
}

const findingOf = (offender: Offender): Finding => ({
  code: `structure_${offender.kind}`,
  message: offenderWords(offender),
  path: offender.path,
  ...(offender.line === null ? {} : { line: offender.line }),
});

const numberWords = (value: number): string => (Number.isInteger(value) ? `${value}` : value.toFixed(4));
