import type { Offender } from "@dgov/semantic/architecture";
import { LIMITS } from "@dgov/semantic/structure_limits";

const LIMIT_OF: Readonly<Record<string, number>> = {
  cyclomatic: LIMITS.cyclomatic,
  cognitive: LIMITS.cognitive,
  lines: LIMITS.lines,
  imports: LIMITS.reach,
};

const LISTED_MAX = 8;

/** What is past a limit, in words. */
export function offenderWords({ kind, path, name, metric, value, members }: Offender): string {
  if (kind === "cycles") {
    const more = members.length - LISTED_MAX;
    const listed = members.slice(0, LISTED_MAX).map((one) => `"${one}"`);
    return `${value} files import each other in a circle: ${listed.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  }
  const what = name === "" ? `"${path}"` : `"${name}" in "${path}"`;
  return `${what} is past a limit: ${metric}=${value}, ${LIMIT_OF[metric] ?? 0} is too many`;
}
