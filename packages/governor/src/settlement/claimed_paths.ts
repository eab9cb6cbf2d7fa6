import type { Cause, Finding } from "@dgov/kernel";
import { covers, isReserved, parseClaim } from "@dgov/sandbox/claim";
import { fnmatch } from "@dgov/sandbox/fnmatch";
import type { Change } from "../git/tree_changes.ts";
import { ignoreRule } from "../ignore.ts";
import type { Project } from "../project.ts";
import type { FrozenCandidate } from "./candidate.ts";
import { type Judgement, reject } from "./gate.ts";
import { judgeByPath } from "./path_rules.ts";

/** What a task may do, and what its tools wrote: all that paths are judged by. */
export type Claimant = Pick<FrozenCandidate, "touched"> & {
  unit: Pick<FrozenCandidate["unit"], "files" | "summary">;
  project: { rules: Pick<Project["rules"], "scope"> };
};

/** What is wrong with these paths being changed; null: nothing. */
export function judgePaths(changes: readonly Changed[], claimant: Claimant): Judgement | null {
  for (const question of QUESTIONS) {
    const judged = question(changes, claimant);
    if (judged !== null) return judged;
  }
  return null;
}

type Changed = Pick<Change, "path" | "kind">;
type Question = (changes: readonly Changed[], claimant: Claimant) => Judgement | null;

const QUESTIONS: readonly Question[] = [reservedPaths, pathPolicy, scope, pathRules, transientWrites, size];

function reservedPaths(changes: Parameters<Question>[0]): Judgement | null {
  return refuseAll("reserved_path", changes.map(({ path }) => path).filter(isReserved), (path) => [
    "reserved_path",
    `"${path}" belongs to the governor, and no task may change it`,
  ]);
}

function pathPolicy(changes: Parameters<Question>[0], { project }: Claimant): Judgement | null {
  const { allow, deny } = project.rules.scope;
  const paths = changes.map(({ path }) => path);
  return (
    refuseAll(
      "path_policy",
      paths.filter((path) => deny.some((pattern) => fnmatch(pattern, path))),
      (path) => ["path_denied", `"${path}" is among the project's deny_files`],
    ) ??
    refuseAll(
      "path_policy",
      allow.length === 0 ? [] : paths.filter((path) => !allow.some((pattern) => fnmatch(pattern, path))),
      (path) => ["path_not_allowed", `"${path}" is not among the project's allow_files`],
    )
  );
}

function scope(changes: Parameters<Question>[0], candidate: Claimant): Judgement | null {
  const { claimed, readable } = claimsOf(candidate);
  const outside = changes.map(({ path }) => path).filter((path) => !claimed(path));
  const unclaimed = outside.filter((path) => !readable(path));
  if (unclaimed.length > 0)
    return refuseAll("scope", unclaimed, (path) => [
      "unclaimed_change",
      `"${path}" is changed, and the task does not claim it`,
    ]);
  return refuseAll("read_scope", outside, (path) => [
    "read_only_change",
    `"${path}" is changed, and the task may only read it; leave it as it was`,
  ]);
}

function pathRules(changes: Parameters<Question>[0], { unit, project }: Claimant): Judgement | null {
  const { refused } = judgeByPath(changes, { policy: project.rules.scope.policy, summary: unit.summary });
  return refused.length === 0 ? null : reject("path_policy", refused);
}

/** Writes that were undone before the freeze. What was refused or put back was never in `touched`. */
function transientWrites(_changes: Parameters<Question>[0], candidate: Claimant): Judgement | null {
  if (candidate.touched.length === 0) return null;
  const { claimed } = claimsOf(candidate);
  const ignored = ignoreRule(candidate.project.rules.scope.ignore);
  const touched = [...new Set(candidate.touched)];
  return (
    refuseAll("reserved_path", touched.filter(isReserved), (path) => [
      "transient_write",
      `"${path}" was written meanwhile, and it belongs to the governor`,
    ]) ??
    refuseAll(
      "scope",
      touched.filter((path) => !(claimed(path) || ignored(path))),
      (path) => ["transient_write", `"${path}" was written meanwhile, and the task does not claim it`],
    )
  );
}

function size(changes: Parameters<Question>[0], { project }: Claimant): Judgement | null {
  const most = project.rules.scope.diff_max_files;
  if (changes.length <= most) return null;
  return refuse("diff_size", [["diff_too_large", `${changes.length} files are changed, and at most ${most} may be`]]);
}

function claimsOf({ unit }: { unit: Pick<Claimant["unit"], "files"> }) {
  const { create, edit, delete: remove, touch, read } = unit.files;
  const write = [...create, ...edit, ...remove, ...touch].map(parseClaim);
  const reading = read.map(parseClaim);
  return {
    claimed: (path: string) => write.some((claim) => covers(claim, path)),
    readable: (path: string) => reading.some((claim) => covers(claim, path)),
  };
}

type Words = readonly [code: string, message: string, path?: string];

/** A rejection with these findings. */
export const refuse = (cause: Cause, words: readonly Words[]): Judgement =>
  reject(
    cause,
    words.map(([code, message, path]): Finding => (path === undefined ? { code, message } : { code, message, path })),
  );

/** Null when there is nothing to refuse. */
function refuseAll(
  cause: Cause,
  paths: readonly string[],
  words: (path: string) => readonly [string, string],
): Judgement | null {
  if (paths.length === 0) return null;
  return refuse(
    cause,
    [...paths].sort().map((path) => {
      const [code, message] = words(path);
      return [code, message, path];
    }),
  );
}
