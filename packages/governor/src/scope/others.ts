import { type Event, type EventKind, FOLDED, type RunId, replay, type Store } from "@dgov/kernel";
import { covers, parseClaim } from "@dgov/sandbox";
import type { CompiledPlan, CompiledTask } from "../plan/compiled.ts";

/**
 * A task of the last run whose work is still to come. `claims`: what it may write, as texts. `touched`: what its last
 * attempt has done, "path::symbol"; empty while nothing of it is frozen. `scored`: the risk that its work was given.
 */
export type OtherTask = {
  task: string;
  claims: readonly string[];
  touched: ReadonlySet<string>;
  scored: Level | null;
};

export const LEVELS = ["none", "low", "medium", "high", "critical"] as const;
export type Level = (typeof LEVELS)[number];

/** What stands against one symbol's change. `why`: a clause about the task. */
export type Risk = { level: Level; with: readonly { task: string; level: Level; why: string }[] };

const KINDS: readonly EventKind[] = [...FOLDED, "symbols_touched", "integration_risk_scored"];
const OVER: ReadonlySet<string> = new Set(["landed", "failed", "skipped"]);

/** The tasks of a run that is not over; none where it is, or where its plan is not to be had. */
export function othersIn(log: Store, run: RunId, plan: CompiledPlan | null): OtherTask[] {
  const row = log.runs().find((one) => one.run === run);
  const stored = [...log.read({ run, kinds: KINDS, after: (row?.first_seq ?? 1) - 1 })];
  const events = stored.map(({ event }) => event);
  const state = replay(stored);
  if (!state || state.state === "ended") return [];
  return state.tasks
    .filter((task) => !OVER.has(task.state))
    .map(({ id, attempt }): OtherTask => {
      const own = events.filter((event) => "attempt" in event && event.task === id && event.attempt === attempt);
      return { task: id, claims: claimsIn(plan, id), touched: touchedIn(own), scored: scoredIn(own) };
    });
}

/** What a task may write, as its plan says it. */
export function claimsIn(plan: CompiledPlan | null, id: string): string[] {
  const task = plan?.tasks.find((one) => one.id === id);
  return task ? writable(task) : [];
}

export const writable = ({ files }: Pick<CompiledTask, "files">): string[] => [
  ...new Set([...files.create, ...files.edit, ...files.delete, ...files.touch]),
];

const touchedIn = (events: readonly Event[]): Set<string> =>
  new Set(
    events.flatMap((event) =>
      event.kind === "symbols_touched" ? event.touched.map(({ path, symbol }) => `${path}::${symbol}`) : [],
    ),
  );

function scoredIn(events: readonly Event[]): Level | null {
  const last = events.findLast((event) => event.kind === "integration_risk_scored");
  return last?.kind === "integration_risk_scored" ? last.level : null;
}

/** The claims that cover a symbol of a file, as texts. `symbol` "": any of the file's. */
export function covering(claims: readonly string[], path: string, symbol: string): string[] {
  return claims.filter((text) => {
    const claim = parseClaim(text);
    if (!covers(claim, path)) return false;
    return claim.symbol === null || symbol === "" || symbol === claim.symbol || symbol.startsWith(`${claim.symbol}.`);
  });
}

/** How much the change of a symbol meets with what other tasks do: the same symbol, what they may write, who uses it. */
export function riskOf(
  { path, symbol, users }: { path: string; symbol: string; users: readonly { path: string; unit: string }[] },
  others: readonly OtherTask[],
): Risk {
  const found = others.flatMap((other): Risk["with"][number][] => {
    const { task, claims, touched } = other;
    if (touched.has(`${path}::${symbol}`)) return [{ task, level: "high", why: "has changed it, too" }];
    const user = users.find((one) => touched.has(`${one.path}::${one.unit}`));
    if (user) return [{ task, level: "high", why: `has changed "${user.path}::${user.unit}", which refers to it` }];
    const [claim] = covering(claims, path, symbol);
    if (claim !== undefined) return [{ task, level: "medium", why: `may write it by the claim "${claim}"` }];
    const near = users.find((one) => covering(claims, one.path, one.unit).length > 0);
    return near ? [{ task, level: "low", why: `may write "${near.path}", which refers to it` }] : [];
  });
  return { level: worstOf(found.map(({ level }) => level)), with: found };
}

export const worstOf = (levels: readonly Level[]): Level =>
  LEVELS[Math.max(0, ...levels.map((level) => LEVELS.indexOf(level)))] ?? "none";
