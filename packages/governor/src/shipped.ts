import { DgovError, type Place } from "./error.ts";
import type { ShippedCommit } from "./git/shipped.ts";
import type { Mode, Start } from "./history.ts";
import type { CompiledPlan } from "./plan/compiled.ts";

/**
 * What others have shipped of a plan, by the commits on the target: task → commit. A commit is of a task when it names it and
 * the text of its unit, or in older commits the whole plan, as they are now. What runs of this log did is for the log to say.
 *
 * @param commits the newest first
 * @param runs    those that this log has
 */
export function shippedOf(
  { tasks, hash }: Pick<CompiledPlan, "tasks" | "hash">,
  commits: readonly ShippedCommit[],
  runs: ReadonlySet<string>,
): Map<string, string> {
  const shipped = new Map<string, string>();
  for (const { id, unit } of tasks) {
    const isOf = (one: ShippedCommit) =>
      one.task === id && one.reverted === null && (one.unit === null ? one.plan === hash : one.unit === unit);
    const found = commits.find((one) => isOf(one) && !runs.has(one.run));
    if (found) shipped.set(id, found.commit);
  }
  return shipped;
}

const NOTHING: ReadonlyMap<string, string> = new Map();

/** Commits of tasks whose work was taken back by a commit after them. */
export const takenBack = (commits: readonly ShippedCommit[]): Set<string> =>
  new Set(commits.flatMap(({ commit, reverted }) => (reverted === null ? [] : [commit])));

type Asked = { plan: Pick<CompiledPlan, "dir" | "name" | "tasks">; mode: Mode; only: readonly string[] };

/**
 * Refuses to do what others have done: nobody pays twice by mistake. A run that was begun goes on, and who asks for more than a
 * bare run has been told.
 *
 * @throws DgovError `already_shipped` with a place for each such task
 */
export function refuseShipped({ plan, mode, only }: Asked, shipped: ReadonlyMap<string, string>, decided: Start): void {
  if (mode !== "go" || decided.do === "resume" || (decided.do === "nothing" && decided.status === "complete")) return;
  const carried = decided.do === "start" ? decided.carried : NOTHING;
  const wanted = plan.tasks.filter(({ id }) => only.length === 0 || only.includes(id));
  const again = wanted.map(({ id }) => id).filter((id) => shipped.has(id) && !carried.has(id));
  if (again.length === 0) return;
  const places = again.map(
    (id): Place => ({
      ...{ severity: "error", code: "already_shipped", file: null, line: null, column: null, unit: id },
      message: `"${id}" has landed with ${shipped.get(id)}, and nobody has reverted it since`,
    }),
  );
  const named = again.map((id) => `"${id}" (${shipped.get(id)})`).join(", ");
  throw new DgovError("already_shipped", `Cannot run "${plan.name}": the target has ${named} already`, {
    places,
    hint: `Go on with the rest: dgov run ${plan.dir} --continue. Do it all again: --restart`,
  });
}
