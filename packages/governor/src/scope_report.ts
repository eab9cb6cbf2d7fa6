import type { SymbolChange } from "@dgov/semantic";
import { DgovError } from "./error.ts";
import type { Git } from "./git/git.ts";
import { endsOf, resolved } from "./git/range.ts";
import { openRepository } from "./git/readiness.ts";
import { treeOf } from "./git/tree_object.ts";
import { withLog } from "./log.ts";
import type { CompiledPlan } from "./plan/compiled.ts";
import { loadCompiled } from "./plan/store.ts";
import { findPlanOrArchived } from "./root.ts";
import { type Author, authorsBetween } from "./scope/landed.ts";
import {
  claimsIn,
  covering,
  type Level,
  type OtherTask,
  othersIn,
  type Risk,
  riskOf,
  worstOf,
} from "./scope/others.ts";
import type { Target, Use } from "./semantic/find_uses.ts";
import { openSymbols, type Symbols } from "./semantic/symbols.ts";
import type { World } from "./session.ts";

export type { Level, Risk, Use };

/**
 * Which symbols changed in a range.
 *
 * `range`    what was looked at, in words     `from`, `to`  its two ends
 * `run`      the last run, whose plan the claims are of; null: there was none
 * `unknown`  changed files of whose symbols nothing is known, and why
 * `others`   tasks of that run whose work is still to come, with the risk that their last work was given
 */
export type ScopeReport = {
  range: string;
  from: string;
  to: string;
  run: string | null;
  risk: Level;
  symbols: readonly ReportedSymbol[];
  unknown: readonly { path: string; why: string }[];
  others: readonly { task: string; scored: Level | null }[];
};

/**
 * One symbol that changed. `was`: what it was called before, where that is another name or file, and
 * why it is held to be the same. `tasks`: who brought it,
 * and the claims under which; nobody for a commit of no task. `uses`: who refers to it at the end of the range, the surest
 * first; `uses_more` of them are left out, and `unread` files have its name and were not looked into.
 */
export type ReportedSymbol = {
  path: string;
  symbol: string;
  kind: SymbolChange["kind"];
  did: SymbolChange["did"];
  edited: SymbolChange["edited"];
  lines: readonly [first: number, last: number];
  was: { symbol: string; evidence: string | null } | null;
  tasks: readonly (Author & { claims: readonly string[] })[];
  uses: readonly Use[];
  uses_more: number;
  unread: number;
  risk: Risk;
};

type Asking = Pick<World, "self" | "now_ms" | "env"> & { cwd: string };

/**
 * What changed in a range, by whom, who refers to it, and what stands against it. Without a range it is what has landed
 * since the last run began, or else the last commit. It is there for any repository, also without a project.
 *
 * @throws DgovError `usage` for a range that is none
 */
export async function reportScope({ cwd, self, now_ms, env }: Asking, range: string | null): Promise<ScopeReport> {
  const git = await openRepository(cwd, env);
  return withLog(git.root, async (log) => {
    const last = log.lastRun();
    const started = last ? [...log.read({ run: last.run, kinds: ["run_started"] })][0]?.event : undefined;
    const run = started?.kind === "run_started" ? started : null;
    const asked = range ?? (run === null ? "HEAD" : `${run.head}..${run.target}`);
    const [from, to] = await rangeOf(git, asked, range === null);
    const plan = run === null ? null : compiledOrNone(git.root, run.plan_dir);
    const others = last && run ? othersIn(log, last.run, plan) : [];
    const authors = await authorsBetween(git, log, [from, to]);
    const symbols = openSymbols({ git, self, now_ms });
    try {
      const trees = { from: await treeOf(git, from), to: await treeOf(git, to) };
      const { changes, unknown } = await symbols.changes(trees.from, trees.to);
      const told = changes.filter(({ edited }) => edited.length === 0 || edited.some((one) => one !== "trivia"));
      const reported = await report({ symbols, tree: trees.to, authors, plan, others }, told);
      return {
        ...{ range: asked, from, to, run: last?.run ?? null, unknown },
        risk: worstOf(reported.map(({ risk }) => risk.level)),
        symbols: reported,
        others: others.map(({ task, scored }) => ({ task, scored })),
      };
    } finally {
      symbols.close();
    }
  });
}

/** What nobody asked for by name may be gone by now: a branch that was put back or removed. */
async function rangeOf(git: Git, range: string, standard: boolean): Promise<[from: string, to: string]> {
  try {
    return await endsOf(git, range);
  } catch (error) {
    if (!standard || !(error instanceof DgovError)) throw error;
    await resolved(git, "HEAD");
    return endsOf(git, "HEAD");
  }
}

/** A plan that was edited since says nothing of the claims of then. */
function compiledOrNone(root: string, dir: string): CompiledPlan | null {
  try {
    return loadCompiled(root, findPlanOrArchived(root, root, dir));
  } catch (error) {
    if (error instanceof DgovError) return null;
    throw error;
  }
}

type Place = {
  symbols: Pick<Symbols, "uses">;
  tree: string;
  authors: Awaited<ReturnType<typeof authorsBetween>>;
  plan: CompiledPlan | null;
  others: readonly OtherTask[];
};

/** More is read by nobody; how many there are is told. */
const USES_MAX = 50;

async function report(
  { symbols, tree, authors, plan, others }: Place,
  changes: readonly SymbolChange[],
): Promise<ReportedSymbol[]> {
  const targets = changes.map(targetsOf);
  const found = await symbols.uses(tree, targets.flat());
  const uses = new Map(targets.flat().map((target, at) => [target, found[at]]));
  return changes.map((change, at): ReportedSymbol => {
    const { path, key, lines } = (change.to ?? change.from)!;
    const symbol = claimable(change.kind, key);
    const looked = (targets[at] ?? []).flatMap((target) => uses.get(target) ?? []);
    const users = looked.flatMap((one) => one.uses);
    const own = authors(path, symbol);
    const by = new Set(own.map(({ task }) => task));
    const { kind, did, edited, evidence, from, to } = change;
    const moved = from !== null && to !== null && (from.path !== to.path || from.key !== to.key);
    return {
      ...{ path, symbol: key, kind, did, edited, lines },
      was: moved ? { symbol: `${from.path}::${from.key}`, evidence } : null,
      tasks: own.map((author) => ({ ...author, claims: covering(claimsIn(plan, author.task), path, symbol) })),
      uses: users.toSorted(bySure).slice(0, USES_MAX),
      uses_more: Math.max(0, users.length - USES_MAX),
      unread: Math.max(0, ...looked.map(({ unread }) => unread)),
      risk: riskOf(
        { path, symbol, users },
        others.filter(({ task }) => !by.has(task)),
      ),
    };
  });
}

const UNNAMED: Readonly<Record<string, string>> = {
  import: "<imports>",
  export: "<module>",
  doc: "<module>",
  statement: "<module>",
};

/** What a claim calls a unit. */
const claimable = (kind: SymbolChange["kind"], key: string): string => UNNAMED[kind] ?? key;

/** The names under which others look for what changed: where it was moved or renamed, the old one and the new. */
function targetsOf({ kind, from, to }: SymbolChange): Target[] {
  if (kind in UNNAMED || kind === "key") return []; // a key of data is a word like any other: nobody binds it
  const places = [to, from].filter((place) => place !== null);
  const [first, second] = places.map(({ path, key }): Target => ({ path, key }));
  return first && second && (first.path !== second.path || first.key !== second.key)
    ? [first, second]
    : first
      ? [first]
      : [];
}

const SURE: readonly Use["sure"][] = ["resolved", "likely", "name only"];
const bySure = (a: Use, b: Use): number => SURE.indexOf(a.sure) - SURE.indexOf(b.sure);
