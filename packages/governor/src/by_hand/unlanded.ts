import type { TaskId } from "@dgov/kernel";
import { DgovError } from "../error.ts";
import type { PastRun, Start } from "../history.ts";

type Looking = { only: readonly TaskId[]; decided: Start; past: readonly PastRun[] };

/**
 * Who came for one task does no other: what it depends on must have landed.
 *
 * @param only the tasks of the run: `wanted` and all that they depend on
 * @throws DgovError `task_waits`
 */
export function refuseUnlanded(wanted: readonly string[], { only, decided, past }: Looking): void {
  const landed =
    decided.do === "start" ? decided.carried : (past.find(({ id }) => id === decided.run)?.landed ?? new Map());
  const open = only.filter((id) => !wanted.includes(id) && !landed.has(id));
  if (open.length === 0) return;
  const names = open.map((id) => `"${id}"`).join(", ");
  throw new DgovError("task_waits", `Cannot work on ${wanted.join(", ")}: it depends on ${names}, not landed yet`);
}
