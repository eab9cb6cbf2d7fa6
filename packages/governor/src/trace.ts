import { covers } from "@dgov/sandbox/claim";
import { claimOf } from "./claim_text.ts";
import type { Asking } from "./compile.ts";
import { readEvidence } from "./evidence.ts";
import type { Git } from "./git/git.ts";
import { dirtyPaths, openRepository } from "./git/readiness.ts";
import { diffTrees } from "./git/tree_changes.ts";
import { treeOf } from "./git/tree_object.ts";
import { withLog } from "./log.ts";
import type { ContractFile, Requirement } from "./plan/contract/file.ts";

import { readPlan } from "./plan/read.ts";
import { readPlanStatus } from "./plan_views.ts";
import { refutePlan } from "./refute.ts";
import { findPlanOrArchived, findRoot } from "./root.ts";
import { GATE_EVENTS, gateRuns } from "./specs/gate_runs.ts";

/**
 * `verified` something that ran shows it, and nothing it is about has changed since · `failed` it ran, and shows the contrary ·
 * `stale` it is about other content than what is checked out · `unknown` it never ran. Only `verified` is good.
 */
export type Standing = "verified" | "failed" | "stale" | "unknown";
export type Verified = { by: string; standing: Standing; because: string };
export type TracedRequirement = Pick<Requirement, "text" | "level" | "code" | "tasks"> & {
  id: string;
  standing: Standing; // the worst of its verifiers'
  verifiers: readonly Verified[];
};

/**
 * What `dgov plan trace` shows. `refuted` the plan states something false · `open` a requirement that must be met is not verified, or
 * the smoke check does not pass · `complete` neither. Nobody can write a status: it follows from the files and the log.
 */
export type TraceView = {
  plan: string;
  status: "refuted" | "open" | "complete";
  contradictions: number;
  requirements: readonly TracedRequirement[];
  smoke: { result: "pass" | "fail" | "inconclusive"; checks: readonly Verified[] } | null; // null: none was asked for
};

/**
 * From each requirement of a plan's contract to what shows that it is met: features B17, B19 and B22. What is asked of the log and of
 * recorded evidence is who ran, on which tree; nothing is run here.
 */
export async function tracePlan(asking: Asking, text: string): Promise<TraceView> {
  const { cwd, env } = asking;
  const { plan, contradictions, errors } = await refutePlan(asking, text);
  const root = findRoot(cwd);
  const { contract } = readPlan(root, findPlanOrArchived(root, cwd, text));
  const none = { plan, contradictions: contradictions.length, requirements: [], smoke: null };
  if (contradictions.length + errors.length > 0) return { ...none, status: "refuted" };
  if (contract === null) return { ...none, status: "complete" };
  const seen = await look(asking, text, await openRepository(root, env));
  const requirements: TracedRequirement[] = [];
  for (const [id, one] of Object.entries(contract.table.requirements)) {
    const verifiers = await verifiersOf(one.verified_by, one, { seen, contract: contract.table });
    const { text: said, level, code, tasks } = one;
    requirements.push({ id, text: said, level, code, tasks, standing: worst(verifiers), verifiers });
  }
  const smoke = await smokeOf(contract.table, seen);
  const isOpen = requirements.some(({ level, standing }) => level === "must" && standing !== "verified");
  const status = isOpen || (smoke !== null && smoke.result !== "pass") ? "open" : "complete";
  return { ...none, status, requirements, smoke };
}

/** `landed`: by task, the commit it landed as. `last`: the newest of them. `gates`: `GATE TREE` of what ran and passed. */
type Seen = {
  git: Git;
  dirty: readonly string[];
  evidence: ReturnType<typeof readEvidence>;
  landed: ReadonlyMap<string, string>;
  last: string | null;
  gates: ReadonlySet<string>;
};

async function look({ cwd, env }: Asking, text: string, git: Git): Promise<Seen> {
  const root = findRoot(cwd);
  const { unit_statuses } = await readPlanStatus({ cwd, env }, text);
  const landed = unit_statuses.flatMap((unit) => (unit.status === "deployed" ? [unit] : []));
  const newest = landed.toSorted((a, b) => (a.ts < b.ts ? -1 : 1)).at(-1) ?? null;
  const runs = await withLog(root, (log) => gateRuns(log.read({ kinds: GATE_EVENTS })));
  return {
    git,
    dirty: await dirtyPaths(git),
    evidence: readEvidence(root),
    landed: new Map(landed.map(({ unit, sha }) => [unit, sha])),
    last: newest?.sha ?? null,
    gates: new Set(runs.map(({ gate, tree }) => `${gate} ${tree}`)),
  };
}

type Tracing = { seen: Seen; contract: ContractFile };
type About = { code: readonly string[]; tasks: readonly string[] };

async function verifiersOf(by: readonly string[], about: About, tracing: Tracing): Promise<Verified[]> {
  const verified: Verified[] = [];
  for (const one of by) verified.push({ by: one, ...(await standingOf(one, about, tracing)) });
  return verified;
}

async function standingOf(by: string, about: About, { seen, contract }: Tracing): Promise<Omit<Verified, "by">> {
  const [kind, name] = [by.slice(0, by.indexOf(":")), by.slice(by.indexOf(":") + 1)];
  if (kind === "verify") return checked(name, about, seen);
  if (kind === "task") return landed([name], null, { about, seen });
  if (kind === "gate") {
    const tasks = about.tasks.length > 0 ? about.tasks : [...seen.landed.keys()];
    return landed(tasks, name, { about, seen });
  }
  const test = contract.tests[name]!; // refuted before, if there were none
  return standingOf(test.by, { ...about, code: [...about.code, test.at] }, { seen, contract });
}

/** By the newest evidence that this check of `[verify]` has left. */
async function checked(recipe: string, about: About, seen: Seen): Promise<Omit<Verified, "by">> {
  const found = seen.evidence.findLast((one) => one.kind === "check" && one.recipe === recipe);
  if (!found) return { standing: "unknown", because: `it never ran; dgov evidence run ${recipe}` };
  const moved = await changedSince(found.tree, about.code, seen);
  if (moved !== null) return { standing: moved.standing, because: `${moved.because} since ${found.id}` };
  return found.holds
    ? { standing: "verified", because: found.id }
    : { standing: "failed", because: `${found.id} did not pass` };
}

/** By the landings of tasks; what landed after them in this plan was judged on top of them. */
async function landed(
  tasks: readonly string[],
  gate: string | null,
  { about, seen }: { about: About; seen: Seen },
): Promise<Omit<Verified, "by">> {
  const missing = tasks.find((task) => !seen.landed.has(task));
  if (missing !== undefined || seen.last === null)
    return {
      standing: "unknown",
      because: missing === undefined ? "nothing has landed" : `"${missing}" has not landed`,
    };
  const unjudged = gate === null ? undefined : await findUnjudged(tasks, gate, seen);
  if (unjudged !== undefined) return { standing: "unknown", because: `"${gate}" did not run on "${unjudged}"` };
  const moved = await changedSince(seen.last, about.code, seen);
  if (moved !== null) return { standing: moved.standing, because: `${moved.because} since ${seen.last.slice(0, 7)}` };
  return { standing: "verified", because: tasks.map((task) => seen.landed.get(task)!.slice(0, 7)).join(", ") };
}

async function findUnjudged(tasks: readonly string[], gate: string, { git, landed: all, gates, last }: Seen) {
  const atEnd = gates.has(`${gate} ${await treeOf(git, last!)}`); // of several that were judged as one tree
  for (const task of tasks) if (!atEnd && !gates.has(`${gate} ${await treeOf(git, all.get(task)!)}`)) return task;
  return undefined;
}

/** What a requirement is about, or anything where it names no code. What dgov itself writes down is no change. */
async function changedSince(tree: string, code: readonly string[], { git, dirty }: Seen) {
  const [there] = await git.objects.info([`${tree}^{tree}`]);
  if (!there) return { standing: "unknown", because: "the tree it ran on is not in this repository" } as const;
  const claims = code.flatMap((path) => claimOf(path) ?? []);
  const isIn = (path: string) =>
    !path.startsWith(".dgov/") && (claims.length === 0 || claims.some((one) => covers(one, path)));
  const changed = [...(await diffTrees(git, tree, "HEAD")).map(({ path }) => path), ...dirty].find(isIn);
  return changed === undefined ? null : ({ standing: "stale", because: `"${changed}" has changed` } as const);
}

/** A check that never ran, or ran on something else, is no pass and no failure. */
async function smokeOf(contract: ContractFile, seen: Seen): Promise<TraceView["smoke"]> {
  const smoke = contract.risk?.smoke;
  if (smoke === undefined) return null;
  const checks = await verifiersOf(smoke.checks, { code: [], tasks: [] }, { seen, contract });
  const standing = worst(checks);
  return { result: standing === "verified" ? "pass" : standing === "failed" ? "fail" : "inconclusive", checks };
}

const WORST_FIRST: readonly Standing[] = ["failed", "stale", "unknown"];

const worst = (verifiers: readonly Verified[]): Standing =>
  WORST_FIRST.find((one) => verifiers.some(({ standing }) => standing === one)) ?? "verified";
