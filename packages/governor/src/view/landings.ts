import type { EventKind, Stored } from "@dgov/kernel";

/** Where units have landed, and when. */
export type Landings = ReadonlyMap<string, { commit: string; at_ms: number }>;

/** What one run had to do, as task and unit hash, and what of it has landed. */
export type RunLandings = { units: ReadonlyMap<string, string>; landed: Landings };

export const LANDING_KINDS: readonly EventKind[] = ["run_started", "task_landed", "report_filed"];

/** Folds one run's events of `LANDING_KINDS`. What was carried over from an earlier run counts as landed. */
export function landedIn(events: Iterable<Pick<Stored, "at_ms" | "event">>): RunLandings {
  const units = new Map<string, string>();
  const landed = new Map<string, { commit: string; at_ms: number }>();
  for (const { event, at_ms } of events) {
    if (event.kind === "task_landed") landed.set(event.task, { commit: event.commit, at_ms });
    if (event.kind === "report_filed") landed.set(event.task, { commit: event.base, at_ms });
    if (event.kind !== "run_started") continue;
    for (const { id, unit, carried } of event.tasks) {
      units.set(id, unit);
      if (carried !== null) landed.set(id, { commit: carried, at_ms });
    }
  }
  return { units, landed };
}

/**
 * Where the units have landed as they are now: a task whose unit has changed since has not. The newest run that had
 * the task decides, so a failure after a landing is a failure.
 *
 * @param runs newest first
 */
export function latestLandings(runs: readonly RunLandings[], tasks: readonly { id: string; unit: string }[]): Landings {
  const landed = new Map<string, { commit: string; at_ms: number }>();
  for (const { id, unit } of tasks) {
    const last = runs.find(({ units }) => units.has(id));
    const at = last?.units.get(id) === unit ? last.landed.get(id) : undefined;
    if (at) landed.set(id, at);
  }
  return landed;
}
