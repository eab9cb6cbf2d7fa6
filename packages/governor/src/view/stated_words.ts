import type { WeighedCheck } from "@dgov/kernel/stated";

/** A statement of a worker, and what it is worth: `tests passed (unverified: no run of it)`. */
export function sayStated({ check, command, outcome, standing, why, call }: WeighedCheck): string {
  const what = check === "command" ? `"${command}"` : check;
  const by = call === null ? "" : `, call ${call}`;
  return `${what} ${outcome} (${standing}${why === null ? by : `: ${WHY[why]}${by}`})`;
}

const WHY: Readonly<Record<NonNullable<WeighedCheck["why"]>, string>> = {
  no_run: "no run of it",
  partial: "it ran on a part alone",
  unknown_input: "what it ran on is not in the log",
  changed: "something was written, or a command run, since",
  mended: "the work was formatted or fixed since",
};
