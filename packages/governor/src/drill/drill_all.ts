import { commandGates } from "../settlement/commands.ts";
import { componentGates } from "../settlement/components.ts";
import { asksEvidence } from "../settlement/evidence.ts";
import { openEvaluator, ruleGates } from "../settlement/policy.ts";
import { askAll } from "../settlement/rules/ask.ts";
import { loadRules } from "../settlement/rules/load.ts";
import { specGates } from "../settlement/specs.ts";
import { treeGates } from "../settlement/tree_gates.ts";
import { askGate, type Range, unitFor } from "./ask_gate.ts";
import { CLAIMS } from "./bad_claims.ts";
import { COMMANDS } from "./bad_commands.ts";
import { EVIDENCE } from "./bad_evidence.ts";
import { MERGES, OWN_ONLY } from "./bad_merges.ts";
import { TESTS } from "./bad_tests.ts";
import { type BadChange, type Drill, type DrillRow, type Facts, ownDrillHint, resultOf } from "./drill.ts";
import { lifecycleDrills } from "./drill_lifecycle.ts";
import { askReview, type Voting } from "./drill_review.ts";
import { askUnapproved } from "./frozen_plan.ts";
import { ownDrills } from "./own_drills.ts";
import { byStandIns, type StandIn } from "./stand_ins.ts";

const KNOWN: readonly Drill[] = [...CLAIMS, ...EVIDENCE, ...MERGES, ...COMMANDS, ...TESTS];

/** Hears which drill begins. */
export type Begins = (gate: string, what: string) => void;

/** Drills every gate that the project has, in the order in which settlement asks them. */
export async function drillAll(range: Range, facts: Facts, begins: Begins): Promise<DrillRow[]> {
  const { scratch, signal } = range;
  const own = await ownDrills(scratch.git, scratch.head);
  const rows: DrillRow[] = [];
  for (const gate of await gatesOf(range, facts))
    for (const drill of drillsOf(gate, own)) {
      if (signal.aborted) return rows;
      begins(gate, drill.what);
      const start_ms = range.now_ms();
      const came = gate === "policy" && !own.has(gate) ? await byExamples(range) : await byChanges(range, drill, facts);
      if (came === null) continue;
      rows.push({ gate, what: drill.what, ...came, took_ms: Math.round(range.now_ms() - start_ms) });
    }
  for (const one of await standInsOf(range, facts)) {
    if (signal.aborted) return rows;
    begins(one.gate, one.what);
    rows.push(...(await byStandIns([one], range.now_ms)));
  }
  return rows;
}

/** What is drilled with stand-ins: the parts of gates that ask somebody outside of the jail. */
async function standInsOf(range: Range, facts: Facts): Promise<StandIn[]> {
  const { project } = range;
  const frozen = (await isByTests(facts)) ? frozenDrills(range) : [];
  return [...frozen, ...lifecycleDrills(range), ...(project.rules.review === null ? [] : reviewDrills(range))];
}

/** Whether work is judged by tests that are frozen: a plan at HEAD says so, or somebody writes them. */
async function isByTests({ project, paths, read }: Facts): Promise<boolean> {
  if (project.limits.routing.tiers.test_author !== undefined) return true;
  for (const path of paths.filter((one) => /^\.dgov\/plans\/.+\/_root\.toml$/.test(one)))
    if (/^\s*method\s*=\s*(["'])tests-first\1/m.test((await read(path)) ?? "")) return true;
  return false;
}

async function gatesOf(range: Range, facts: Facts): Promise<string[]> {
  const { scratch, project, symbols, signal, now_ms } = range;
  const { git, head } = scratch;
  const trees = await treeGates({ git, project, symbols, head, tree: head }, now_ms);
  const commands = commandGates(project, unitFor(range, {}));
  const own = [...commands, ...componentGates(range, signal), ...specGates(range, new Set())];
  const asked = [...trees, ...(await ruleGates({ git, head, project })), ...own];
  const frozen = asksEvidence(project) ? ["claims", "evidence"] : ["claims"];
  const tests = (await isByTests(facts)) ? ["frozen", "red"] : [];
  return [...frozen, "integration", "semantic", ...asked.map(({ name }) => name), ...tests];
}

/** A project's own change is known to be bad; where it has none, what is bad everywhere is tried. */
function drillsOf(gate: string, own: ReadonlyMap<string, BadChange>): readonly Drill[] {
  const change = own.get(gate);
  if (change) return [{ ...OWN_ONLY(gate), make: () => [change] }];
  if (gate === "policy") return [{ ...OWN_ONLY(gate), what: "the examples of the project's rules" }];
  const known = KNOWN.filter((drill) => drill.gate === gate);
  return known.length > 0 ? known : [OWN_ONLY(gate)];
}

type Came = Pick<DrillRow, "result" | "said" | "why">;

/**
 * Tries one change after the other until one is refused. A gate that refuses any has shown that it can.
 *
 * @param ask who is drilled
 */
export async function byChanges(
  range: Range,
  { gate, code, guess, make }: Drill,
  facts: Facts,
  ask: typeof askGate = askGate,
): Promise<Came | null> {
  const changes = await make(facts);
  if (changes === null) return null;
  if (typeof changes === "string") return { result: "not_drilled", said: null, why: changes };
  let last: Came = { result: "not_drilled", said: null, why: "there is no known-bad change" };
  for (const change of changes) {
    const bad = await ask(range, gate, change);
    const harmless =
      change.harmless === null || bad === null ? null : await ask(range, gate, { ...change, work: change.harmless });
    last = resultOf(code, bad, harmless);
    if (last.result === "fired" || bad?.verdict === "broken") return last;
  }
  if (!guess || last.result !== "silent") return last;
  return {
    result: "not_drilled",
    said: null,
    why: `only the project knows what it must refuse; ${ownDrillHint(gate)}`,
  };
}

/** Each rule has examples, at least one of which it refuses: asking it about them is the drill. */
async function byExamples({ scratch, jail, signal }: Range): Promise<Came> {
  const rules = await loadRules(scratch.git, scratch.head);
  const { evaluate, close } = openEvaluator(jail, signal);
  try {
    const { broken } = await askAll(evaluate, rules, { kind: "rule", change: null });
    const [first] = broken;
    if (first) return { result: "silent", said: null, why: first.message };
    return { result: "fired", said: `policy (${rules.entries.length} scripts)`, why: null };
  } finally {
    await close();
  }
}

const reviewDrills = (range: Range): StandIn[] => {
  const drills: readonly [what: string, voting: Voting, code: string][] = [
    ["seats that reject, played by stand-ins", "reject", "review_blocker"],
    ["seats that say nothing but words, played by stand-ins", "nothing", "review_seat_missing"],
  ];
  return drills.map(([what, voting, code]) => ({ gate: "review", what, code, ask: () => askReview(range, voting) }));
};

/** No run takes the tests of a plan before somebody has approved of it. */
const frozenDrills = (range: Range): StandIn[] => [
  {
    ...{ gate: "frozen", what: "frozen tests of a plan that nobody has approved of", code: "plan_unapproved" },
    ask: () => askUnapproved(range),
  },
];
