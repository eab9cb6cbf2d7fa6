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
import { type BadChange, type Drill, type DrillRow, type Facts, ownDrillHint, resultOf } from "./drill.ts";
import { askReview, type Voting } from "./drill_review.ts";
import { ownDrills } from "./own_drills.ts";

/** A drill starts nothing outside of the jail, approved of or not: what a hook tells others would not be true. */
const LIFECYCLE: Drill = {
  gate: "lifecycle",
  what: "the project's hooks",
  code: null,
  make: () => "hooks run outside of the jail, and no drill runs them",
};
const KNOWN: readonly Drill[] = [...CLAIMS, ...EVIDENCE, ...MERGES, ...COMMANDS, LIFECYCLE];

/** Hears which drill begins. */
export type Begins = (gate: string, what: string) => void;

/** Drills every gate that the project has, in the order in which settlement asks them. */
export async function drillAll(range: Range, facts: Facts, begins: Begins): Promise<DrillRow[]> {
  const { scratch, signal } = range;
  const own = await ownDrills(scratch.git, scratch.head);
  const rows: DrillRow[] = [];
  for (const gate of await gatesOf(range))
    for (const drill of drillsOf(gate, own)) {
      if (signal.aborted) return rows;
      begins(gate, drill.what);
      const start_ms = range.now_ms();
      const came = gate === "policy" && !own.has(gate) ? await byExamples(range) : await byChanges(range, drill, facts);
      if (came === null) continue;
      rows.push({ gate, what: drill.what, ...came, took_ms: Math.round(range.now_ms() - start_ms) });
    }
  return [...rows, ...(range.project.rules.review === null ? [] : await drillReview(range))];
}

async function gatesOf(range: Range): Promise<string[]> {
  const { scratch, project, symbols, signal, now_ms } = range;
  const { git, head } = scratch;
  const trees = await treeGates({ git, project, symbols, head, tree: head }, now_ms);
  const commands = commandGates(project, unitFor(range, {}));
  const own = [...commands, ...componentGates(range, signal), ...specGates(range, new Set())];
  const asked = [...trees, ...(await ruleGates({ git, head, project })), ...own];
  const frozen = asksEvidence(project) ? ["claims", "evidence"] : ["claims"];
  const { pre_gate, pre_landing } = project.rules.sandbox.hooks;
  const hooks = pre_gate === undefined && pre_landing === undefined ? [] : ["lifecycle"];
  return [...frozen, "integration", "semantic", ...asked.map(({ name }) => name), ...hooks];
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

/** Tries one change after the other until one is refused. A gate that refuses any has shown that it can. */
async function byChanges(range: Range, { gate, code, guess, make }: Drill, facts: Facts): Promise<Came | null> {
  const changes = await make(facts);
  if (changes === null) return null;
  if (typeof changes === "string") return { result: "not_drilled", said: null, why: changes };
  let last: Came = { result: "not_drilled", said: null, why: "there is no known-bad change" };
  for (const change of changes) {
    const bad = await askGate(range, gate, change);
    const harmless =
      change.harmless === null || bad === null
        ? null
        : await askGate(range, gate, { ...change, work: change.harmless });
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

async function drillReview(range: Range): Promise<DrillRow[]> {
  const drills: readonly [what: string, voting: Voting][] = [
    ["seats that reject, played by stand-ins", "reject"],
    ["seats that say nothing but words, played by stand-ins", "nothing"],
  ];
  const rows: DrillRow[] = [];
  for (const [what, voting] of drills) {
    const start_ms = range.now_ms();
    const answer = await askReview(range, voting);
    const wanted = voting === "reject" ? "review_blocker" : "review_seat_missing";
    const hit = answer?.findings.find(({ code }) => code === wanted);
    const came: Came = hit
      ? { result: "fired", said: hit.code, why: null }
      : { result: "silent", said: null, why: answer?.findings[0]?.message ?? "it passed what it must refuse" };
    rows.push({ gate: "review", what, ...came, took_ms: Math.round(range.now_ms() - start_ms) });
  }
  return rows;
}
