import type { Finding, Store } from "@dgov/kernel";
import { changesFiles } from "@dgov/kernel/role";
import { covers, fnmatch, parseClaim } from "@dgov/sandbox";
import type { Touch, Touches } from "@dgov/semantic/touches";
import { readProject } from "./config.ts";
import { DgovError } from "./error.ts";
import { openRepository } from "./git/readiness.ts";
import { ignoreRule } from "./ignore.ts";
import { withLog } from "./log.ts";
import type { CompiledTask, Files } from "./plan/compiled.ts";
import { loadCompiled } from "./plan/store.ts";
import { ranAs } from "./ran_as.ts";
import { findPlanOrArchived } from "./root.ts";
import { covering, writable } from "./scope/others.ts";
import { type LookedAt, workInCheckout, workOf } from "./scope/work.ts";
import { openSymbols } from "./semantic/symbols.ts";
import type { World } from "./session.ts";
import { judgePaths } from "./settlement/claimed_paths.ts";
import { judgeWork, type Work } from "./settlement/claims.ts";
import { type Judgement, pass } from "./settlement/gate.ts";
import { claimedIn } from "./settlement/symbol_claims.ts";

export type { LookedAt };

/**
 * How work stands to the claims of a task. The keys are those of dgov 0.8, each a sorted list of paths.
 *
 * `modified_files`          what differs from the commit that the work began on, with what is untracked
 * `transient_write_paths`   what the tools of the task's last attempt wrote and is as it was, as the log says
 * `ignored_…`               of both, what `[scope] ignore_files` makes nobody's
 * `blocking_failure`        why settlement would refuse it for its claims; null: it would not
 *
 * To these come `looked_at`, `symbols` that were touched, by path, files of whose symbols nothing is known
 * (`symbols_unknown`), and the `findings` of a refusal.
 */
export type ScopeStatus = ScopePaths & {
  looked_at: LookedAt;
  symbols: readonly TouchedSymbol[];
  symbols_unknown: Touches["unknown"];
  findings: readonly Finding[];
  blocking_failure: { passed: false; verdict: string; error: string } | null;
};

export type ScopePaths = {
  claimed_writable: readonly string[];
  claimed_readonly: readonly string[];
  modified_files: readonly string[];
  transient_write_paths: readonly string[];
  ignored_actual_paths: readonly string[];
  ignored_transient_paths: readonly string[];
  unclaimed_actual_paths: readonly string[];
  unclaimed_transient_paths: readonly string[];
  path_policy_denied_paths: readonly string[];
  path_policy_outside_allow_paths: readonly string[];
};

/** A symbol that the work touches, and the claims that cover it; none: it is not the task's. */
export type TouchedSymbol = Pick<Touch, "path" | "symbol" | "did" | "edited" | "line"> & { claims: readonly string[] };

/**
 * Whose claims: those of the task in `plan` (a path or name), or these. null and none: of the plan of the last run.
 * `checkout`: it is the checkout that is looked at, also when the task has work of its own.
 */
export type StatusQuestion = {
  task: string;
  plan: string | null;
  claims: readonly string[];
  reads: readonly string[];
  checkout: boolean;
};

type Asking = Pick<World, "env" | "self" | "now_ms"> & { cwd: string };

/**
 * Compares work with what a task may change, by the judgement of settlement. It is the task's own work in the last run of
 * its plan, as it stands in its worktree or as it was kept; the checkout, where it has none.
 *
 * @throws DgovError `task_unknown`, `usage` for a claim that is none, or what `findPlan` and `loadCompiled` throw
 */
export async function readScopeStatus({ cwd, env, self, now_ms }: Asking, question: StatusQuestion) {
  const git = await openRepository(cwd, env);
  const project = readProject(git.root);
  const ignored = ignoreRule(project.rules.scope.ignore);
  return withLog(git.root, async (log): Promise<ScopeStatus> => {
    const { unit, plan_dir } = unitOf({ root: git.root, cwd, log }, question);
    const asked = { plan_dir: plan_dir ?? "", task: question.task, ignores: ignored };
    const own = plan_dir === null || question.checkout ? null : await workOf({ git, log, env }, asked);
    const standing = own ?? (await workInCheckout(git));
    const symbols = openSymbols({ git, self, now_ms });
    try {
      const { changes, before, tree } = standing;
      const found = changes.length > 0 ? await symbols.touches(before, tree, claimedIn(unit)) : NOTHING;
      const work: Work = {
        ...{ git, project, unit, changes, tree, ignored: standing.ignored },
        touched: writtenBy(log, plan_dir, question.task),
        symbols: async () => found,
      };
      const judged = await judgementOf(work, { mayBeEmpty: own === null || !changesFiles(unit.role), ignored });
      const listed = new Set(changes.map(({ path }) => path));
      return {
        looked_at: standing.at,
        ...pathsOf(work, ignored),
        symbols: symbolsIn(found, unit, listed),
        symbols_unknown: found.unknown.filter(({ path }) => listed.has(path) && !ignored(path)),
        findings: judged.findings,
        blocking_failure: blocking(judged),
      };
    } finally {
      symbols.close();
    }
  });
}

const NOTHING: Touches = { touches: [], unknown: [] };

/** Where nobody has said that he is done, nothing is no fault. */
async function judgementOf(
  work: Work,
  { mayBeEmpty, ignored }: { mayBeEmpty: boolean; ignored: (path: string) => boolean },
): Promise<Judgement> {
  const isEmpty = work.changes.every(({ path }) => ignored(path));
  return mayBeEmpty && isEmpty ? (judgePaths([], withoutIgnored(work, ignored)) ?? pass) : judgeWork(work);
}

const withoutIgnored = (work: Work, ignored: (path: string) => boolean): Work => ({
  ...work,
  touched: work.touched.filter((path) => !ignored(path)),
});

function pathsOf({ unit, project, changes, touched }: Work, ignored: (path: string) => boolean): ScopePaths {
  const claims = writable(unit);
  const [writing, reading] = [claims, unit.files.read].map((texts) => texts.map(parseClaim));
  const claimed = (path: string) => writing?.some((claim) => covers(claim, path)) ?? false;
  const readable = (path: string) => reading?.some((claim) => covers(claim, path)) ?? false;
  const modified = changes.map(({ path }) => path).sort();
  const transient = touched.filter((path) => !modified.includes(path));
  const own = modified.filter((path) => !ignored(path));
  const { allow, deny } = project.rules.scope;
  const among = (patterns: readonly string[], path: string) => patterns.some((pattern) => fnmatch(pattern, path));
  return {
    claimed_writable: claims.toSorted(),
    claimed_readonly: [...new Set(unit.files.read)].sort(),
    modified_files: modified,
    transient_write_paths: transient,
    ignored_actual_paths: modified.filter(ignored),
    ignored_transient_paths: transient.filter(ignored),
    unclaimed_actual_paths: own.filter((path) => !(claimed(path) || readable(path))),
    unclaimed_transient_paths: transient.filter((path) => !(ignored(path) || claimed(path))),
    path_policy_denied_paths: own.filter((path) => among(deny, path)),
    path_policy_outside_allow_paths: allow.length === 0 ? [] : own.filter((path) => !among(allow, path)),
  };
}

function symbolsIn({ touches }: Touches, unit: Pick<CompiledTask, "files">, listed: ReadonlySet<string>) {
  const claims = writable(unit);
  return touches
    .filter(({ path }) => listed.has(path))
    .map(({ path, symbol, did, edited, line }): TouchedSymbol => {
      return { path, symbol, did, edited, line, claims: covering(claims, path, symbol) };
    });
}

/** The causes as dgov 0.8 calls them. */
const VERDICTS: Readonly<Record<string, string>> = { scope: "scope_violation", read_scope: "read_scope_violation" };

function blocking(judged: Judgement): ScopeStatus["blocking_failure"] {
  if (judged.verdict === "pass") return null;
  const error = judged.findings.map(({ message }) => message).join("\n");
  return { passed: false, verdict: VERDICTS[judged.cause] ?? judged.cause, error };
}

type Place = { root: string; cwd: string; log: Store };
/** `plan_dir`: as the log knows it. */
type Claiming = { unit: Pick<CompiledTask, "files" | "role" | "summary">; plan_dir: string | null };

function unitOf({ root, cwd, log }: Place, { task, plan, claims, reads }: StatusQuestion): Claiming {
  const given = claims.length + reads.length > 0;
  if (given && plan !== null)
    throw new DgovError("usage", "Cannot compare with a plan and with claims: it is one or the other");
  if (given) {
    for (const text of [...claims, ...reads]) validClaim(text);
    const files: Files = { create: [], edit: claims, delete: [], touch: [], read: reads };
    return { unit: { files, role: "worker", summary: "" }, plan_dir: null };
  }
  const dir = plan === null ? findPlanOrArchived(root, root, lastPlan(log)) : findPlanOrArchived(root, cwd, plan);
  const unit = loadCompiled(root, dir).tasks.find(({ id }) => id === task);
  if (!unit) throw new DgovError("task_unknown", `Cannot find the task "${task}" in the plan "${dir}"`);
  return { unit, plan_dir: ranAs(root, log, dir) };
}

function validClaim(text: string): void {
  try {
    parseClaim(text);
  } catch (error) {
    throw new DgovError("usage", error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function lastPlan(log: Store): string {
  const last = log.lastRun();
  if (last) return last.plan_dir;
  throw new DgovError("usage", "Cannot tell what the task claims: nothing was ever run here", {
    hint: "Name its plan by --plan, or what it claims by --claim and --read",
  });
}

/** What was refused did not happen. */
function writtenBy(log: Store, plan_dir: string | null, task: string): string[] {
  const last = plan_dir === null ? log.lastRun() : log.lastRun(plan_dir);
  if (!last) return [];
  const calls = [...log.read({ run: last.run, kinds: ["tool_called"], after: last.first_seq - 1 })].flatMap(
    ({ event }) => (event.kind === "tool_called" && event.task === task && !event.seat ? [event] : []),
  );
  const attempt = Math.max(0, ...calls.map((call) => call.attempt));
  const own = calls.filter((call) => call.attempt === attempt && call.refused_by === null);
  return [...new Set(own.flatMap(({ touched }) => touched))].sort();
}
