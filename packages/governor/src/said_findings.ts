import type { EventOf, TaskId } from "@dgov/kernel";
import { isOne, type OpenOf } from "./open_findings.ts";
import type { Events } from "./run_events.ts";

/** What a person has said of a blocker. */
export type Said = EventOf<"finding_answered">;

/** The blocker that it was said of. */
export const saidOf = ({ seat, finding, found, tree, attempt }: Said): OpenOf => ({
  ...{ id: finding, finding: found, seat, tree, attempt },
});

/** What persons have said of a task's blockers, of each the last word, in the order in which they were said. */
export function saidIn(events: Events, task: TaskId): Said[] {
  const all = events.read("finding_answered", task);
  return all.filter((said, at) => !all.slice(at + 1).some((later) => isOne(saidOf(said), saidOf(later))));
}

/** What a person has said of this one; null: nothing. */
export const saidAbout = (said: readonly Said[], open: OpenOf): Said | null =>
  said.find((one) => isOne(saidOf(one), open)) ?? null;
