import type { Availability, Level } from "@dgov/sandbox";
import { isAccepted } from "./jail.ts";
import type { SandboxRules } from "./project.ts";

/**
 * One rung of the ladder. `accepted`: the project lets a run use it; `cure`: what would make a run use it, where that would
 * be better than what a run uses now; else null.
 */
export type Rung = { level: Level; available: boolean; accepted: boolean; detail: string; cure: string | null };
/** `in_force` null: no run can start here. The strongest rung comes first. */
export type Rungs = { in_force: Level | null; rungs: Rung[] };

/** What of the levels that were found the project takes. `found`: the strongest first. */
export function rungsOf(found: readonly Availability[], rules: Pick<SandboxRules, "min" | "level">): Rungs {
  const usable = found.findIndex((one) => one.available && isAccepted(one.level, rules));
  const rungs = found.map((one, at): Rung => {
    const accepted = isAccepted(one.level, rules);
    const cure = usable === -1 || (at < usable && accepted) ? cureOf(one, accepted) : null;
    return { level: one.level, available: one.available, accepted, detail: detailOf(one), cure };
  });
  return { in_force: found[usable]?.level ?? null, rungs };
}

const detailOf = (one: Availability): string => (one.available ? one.detail : one.why);

function cureOf(one: Availability, accepted: boolean): string | null {
  if (!one.available) return one.cure;
  const least = one.level === "seatbelt" ? "landlock" : one.level;
  return accepted ? null : `Set [sandbox] min = "${least}" and level = "auto" in .dgov/project.toml`;
}
