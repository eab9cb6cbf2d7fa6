import { covers, fnmatch, parseClaim } from "@dgov/sandbox";
import { readProject } from "./config.ts";
import { DgovError } from "./error.ts";
import { dirtyPaths, openRepository } from "./git/readiness.ts";
import { ignoreRule } from "./ignore.ts";
import { withLog } from "./log.ts";
import type { Files } from "./plan/compiled.ts";
import { loadCompiled } from "./plan/store.ts";
import { findPlan } from "./root.ts";
import { judgePaths } from "./settlement/claimed_paths.ts";

/**
 * How a checkout stands to the claims of a task. The keys are those of dgov 0.8, each a sorted list of paths.
 *
 * `modified_files`          what differs from the last commit, with what is untracked
 * `transient_write_paths`   what the tools of the task's last attempt wrote, as the log says
 * `ignored_…`               of both, what `[scope] ignore_files` makes nobody's
 * `blocking_failure`        why settlement would refuse it, by its paths; null: it would not
 */
export type ScopeStatus = {
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
  blocking_failure: { passed: false; verdict: string; error: string } | null;
};

/** Whose claims: those of the task in `plan` (a path or name), or these. null and none: of the plan of the last run. */
export type StatusQuestion = {
  task: string;
  plan: string | null;
  claims: readonly string[];
  reads: readonly string[];
};

type Asking = { cwd: string; env: Readonly<Record<string, string | undefined>> };

/**
 * Compares the checkout with what a task may change, path by path. Settlement looks at the frozen work instead, and at
 * symbols where symbols are claimed.
 *
 * @throws DgovError `task_unknown`, `usage` for a claim that is none, or what `findPlan` and `loadCompiled` throw
 */
export async function readScopeStatus({ cwd, env }: Asking, question: StatusQuestion): Promise<ScopeStatus> {
  const git = await openRepository(cwd, env);
  const project = readProject(git.root);
  const files = await filesOf({ root: git.root, cwd }, question);
  const written = await writtenBy(git.root, question.task);
  const modified = (await dirtyPaths(git)).filter((path) => !path.startsWith(".dgov/plans/"));
  const transient = written.filter((path) => !modified.includes(path));
  const ignored = ignoreRule(project.rules.scope.ignore);
  const claims = [...files.create, ...files.edit, ...files.delete, ...files.touch];
  const readable = files.read.map(parseClaim);
  const writable = claims.map(parseClaim);
  const claimed = (path: string) => writable.some((claim) => covers(claim, path));
  const known = (path: string) => ignored(path) || claimed(path) || readable.some((claim) => covers(claim, path));
  const own = modified.filter((path) => !ignored(path));
  const { allow, deny } = project.rules.scope;
  const touched = transient.filter((path) => !ignored(path));
  return {
    claimed_writable: [...new Set(claims)].sort(),
    claimed_readonly: [...new Set(files.read)].sort(),
    modified_files: modified,
    transient_write_paths: transient,
    ignored_actual_paths: modified.filter(ignored),
    ignored_transient_paths: transient.filter(ignored),
    unclaimed_actual_paths: modified.filter((path) => !known(path)),
    unclaimed_transient_paths: touched.filter((path) => !claimed(path)),
    path_policy_denied_paths: own.filter((path) => deny.some((pattern) => fnmatch(pattern, path))),
    path_policy_outside_allow_paths:
      allow.length === 0 ? [] : own.filter((path) => !allow.some((pattern) => fnmatch(pattern, path))),
    blocking_failure: blocking(
      judgePaths(
        own.map((path) => ({ path })),
        { project, unit: { files }, touched },
      ),
    ),
  };
}

/** The causes as dgov 0.8 calls them. */
const VERDICTS: Readonly<Record<string, string>> = { scope: "scope_violation", read_scope: "read_scope_violation" };

function blocking(judged: ReturnType<typeof judgePaths>): ScopeStatus["blocking_failure"] {
  if (judged === null || judged.verdict !== "reject") return null;
  const error = judged.findings.map(({ message }) => message).join("\n");
  return { passed: false, verdict: VERDICTS[judged.cause] ?? judged.cause, error };
}

type Place = { root: string; cwd: string };

async function filesOf({ root, cwd }: Place, { task, plan, claims, reads }: StatusQuestion): Promise<Files> {
  const given = claims.length + reads.length > 0;
  if (given && plan !== null)
    throw new DgovError("usage", "Cannot compare with a plan and with claims: it is one or the other");
  if (given) {
    for (const text of [...claims, ...reads]) validClaim(text);
    return { create: [], edit: claims, delete: [], touch: [], read: reads };
  }
  const dir = plan === null ? await lastPlan(root) : findPlan(root, cwd, plan);
  const found = loadCompiled(root, dir).tasks.find(({ id }) => id === task);
  if (!found) throw new DgovError("task_unknown", `Cannot find the task "${task}" in the plan "${dir}"`);
  return found.files;
}

function validClaim(text: string): void {
  try {
    parseClaim(text);
  } catch (error) {
    throw new DgovError("usage", error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function lastPlan(root: string): Promise<string> {
  return withLog(root, (log) => {
    const last = log.lastRun();
    if (last) return last.plan_dir;
    throw new DgovError("usage", "Cannot tell what the task claims: nothing was ever run here", {
      hint: "Name its plan by --plan, or what it claims by --claim and --read",
    });
  });
}

/** What was refused did not happen. */
function writtenBy(root: string, task: string): Promise<string[]> {
  return withLog(root, (log) => {
    const last = log.lastRun();
    if (!last) return [];
    const calls = [...log.read({ run: last.run, kinds: ["tool_called"], after: last.first_seq - 1 })].flatMap(
      ({ event }) => (event.kind === "tool_called" && event.task === task && !event.seat ? [event] : []),
    );
    const attempt = Math.max(0, ...calls.map((call) => call.attempt));
    const own = calls.filter((call) => call.attempt === attempt && call.refused_by === null);
    return [...new Set(own.flatMap(({ touched }) => touched))].sort();
  });
}
