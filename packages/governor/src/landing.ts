import { strict as assert } from "node:assert";
import { type Run, type Task, type TaskId, taskOf } from "@dgov/kernel";
import { landingWith } from "@dgov/kernel/batch";

/** A task that is to land, and what was judged of it. */
export type Landing = Pick<Task, "id" | "attempt"> & { judged: NonNullable<NonNullable<Task["work"]>["integrated"]> };

/** A task with all that land together with it, each on top of the one before. */
export function toLand(run: Run, id: TaskId): Landing[] {
  const together = landingWith(run, taskOf(run, id));
  assert(together, `Not all that were judged with "${id}" are to land`);
  return together.map((task) => {
    const judged = task.work?.integrated;
    assert(judged, `Nothing of "${task.id}" was judged`);
    return { id: task.id, attempt: task.attempt, judged };
  });
}

/** From where to where the branch goes with them. */
export function stepOf(landings: readonly Landing[]): { head: string; commit: string } {
  const [first, last] = [landings[0], landings.at(-1)];
  assert(first && last, "Nothing is to land");
  return { head: first.judged.head, commit: last.judged.commit };
}
