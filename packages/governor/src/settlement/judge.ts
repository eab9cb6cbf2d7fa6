import { type Action, type Cause, type EventOf, type Finding, taskOf } from "@dgov/kernel";
import { diffTrees } from "../git/candidate.ts";
import { integrate } from "../git/integrate.ts";
import { type Site, unitOf } from "../site.ts";
import { claimsGate } from "./claims.ts";
import { commandGates, hasCommandGates } from "./commands.ts";
import { type Gate, settle, type Verdict, verdictEvent } from "./gate.ts";

type Judging = { task: EventOf<"gate_judged">["task"]; attempt: number };

/**
 * Judges a frozen candidate: its claims against its own base, then the tree that would land, on the target's head.
 * What passes is the commit that may land, and nothing else may.
 */
export async function judge(
  site: Site,
  { task, attempt }: Extract<Action, { do: "judge" }>,
  signal: AbortSignal,
): Promise<void> {
  const of = { task, attempt };
  const { work } = taskOf(site.session.run, task);
  if (!work?.candidate) throw new Error(`Nothing of "${task}" was frozen`);
}
