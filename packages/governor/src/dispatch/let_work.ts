import { strict as assert } from "node:assert";
import { type Cause, type EventOf, shortOf, type TaskId } from "@dgov/kernel";
import type { StatedCheck } from "@dgov/kernel/stated";
import type { AnswerForm, Outcome, ToolBox } from "@dgov/worker";
import type { Program } from "../agent_file.ts";
import { Cancelled } from "../cancelled.ts";
import type { Lease } from "../git/worktrees.ts";
import type { CompiledTask } from "../plan/compiled.ts";
import { type Short, sayShort } from "../short_text.ts";
import type { Site } from "../site.ts";
import { withAnswers } from "./answer_findings.ts";
import type { Guest } from "./guest.ts";
import type { WorkOrder } from "./order.ts";
import type { Lent, Of } from "./program.ts";
import { type Ended, workByProgram } from "./program_outcome.ts";
import { lendTo, type Talker, talk } from "./talk.ts";

/**
 * What is asked of somebody who is consulted: the tools that are lent, with the one that ends the work by an answer, the
 * same for a program, which has no tools of ours, and the answer as the log is to have it, once there is one.
 */
export type Asked = {
  tool: string;
  lend: (tools: ToolBox) => ToolBox;
  byProgram: (site: Site, of: Of, lent: Lent) => Promise<Ended | null>;
  form: AnswerForm;
  given: () => Pick<EventOf<"answer_given">, "form" | "answer" | "refused"> | null;
};

/** Of an attempt, what whoever works at it has to know. `asked` null: it is work, and no question. */
export type Working = Of & { tier: number; unit: CompiledTask; worktree: Lease; asked: Asked | null };

/** How the worker's part ended, before anybody has looked at the work. */
export type Worked =
  | { done: true; summary: string; checks?: readonly StatedCheck[] }
  | { done: false; cause: Cause; detail: string; short?: Short };

type Lending = Pick<Lent, "isolation" | "scope" | "signal" | "start" | "door"> & { order: WorkOrder };

/** Lets whoever the task is bound to do it: a program, a guest with our tools, or the loop with a model. */
export async function letWork(site: Site, working: Working, lending: Lending): Promise<Worked> {
  const { program, guest } = site.models.binding(working);
  if (program !== null) return byProgram(site, working, { ...lending, program });
  const outcome = guest ? await byGuest(site, working, { ...lending, guest }) : await byModel(site, working, lending);
  return workedIn(outcome, lending.signal, site.project.limits.budget.currency);
}

/** How it ended for a model or a guest; of a budget, the ceiling that it came to. */
type Talked = Exclude<Outcome, { ended: "budget" }> | { ended: "budget"; short: Short };

/** The model loop, with its hands lent to it. */
async function byModel(site: Site, working: Working, lending: Lending): Promise<Talked> {
  const { task, attempt, tier, unit } = working;
  const { provider, agent, price } = site.models.binding({ task, tier });
  const { lend, ...hands } = handsOf(site, working, lending);
  const talker: Talker = {
    ...hands,
    caller: { role: unit.role, model: `${provider.name}/${agent}`, price },
    model: site.models.model({ task, tier, attempt }),
    ...(lend ? { lend } : {}),
  };
  const { outcome, short } = await talk(site, talker, lending);
  if (outcome.ended === "budget") {
    assert(short, "A call was refused, and no ceiling said so");
    return { ended: "budget", short };
  }
  return inTime(site, task, outcome);
}

/** Somebody from outside, with the same hands. */
async function byGuest(
  site: Site,
  working: Working,
  { guest, ...lending }: Lending & { guest: Guest },
): Promise<Talked> {
  const { order, signal } = lending;
  return inTime(site, working.task, await lendTo(guest, site, { ...handsOf(site, working, lending), order, signal }));
}

/** What of the tools is lent, and where they work. */
function handsOf(site: Site, { task, attempt, worktree, asked }: Working, { isolation, scope, order }: Lending) {
  const of = { task, attempt };
  const lend = asked?.lend ?? withAnswers(site, of);
  return { of, isolation, scope, root: worktree.path, required: order.required, lend };
}

/** The whole attempt is another program's. What it says decides nothing: how it ends does, and what it leaves. */
async function byProgram(
  site: Site,
  { task, attempt, worktree, asked }: Working,
  lending: Lending & { program: Program },
): Promise<Worked> {
  const lent: Lent = { ...lending, root: worktree.path };
  const of = { task, attempt };
  const ended = await (asked ? asked.byProgram(site, of, lent) : workByProgram(site, of, lent));
  if (ended === null) return interrupted(lending.signal);
  const late = !ended.done && ended.cause === "timeout" ? outOfTime(site, task) : null;
  if (late === null) return ended;
  return { done: false, cause: "budget", detail: sayShort(late, site.project.limits.budget.currency), short: late };
}

/** Whose time was over by a ceiling came to that, and not to a limit of their own. */
function inTime(site: Site, task: TaskId, outcome: Outcome): Talked {
  assert(outcome.ended !== "budget", "A ceiling was come to, and nobody says which");
  const late = outcome.ended === "timeout" ? outOfTime(site, task) : null;
  return late === null ? outcome : { ended: "budget", short: late };
}

/** The ceiling of time that a worker came to, or null when it was its own timeout. */
function outOfTime({ session }: Site, task: TaskId): Short | null {
  const short = shortOf(session.run, { task, tokens: 0, cost_micros: 0, again: true }, session.worked(task));
  if (short?.limit !== "wall_ms") return null;
  const { waits: _never, ...ceiling } = short;
  return ceiling;
}

function workedIn(outcome: Talked, signal: AbortSignal, currency: string): Worked {
  switch (outcome.ended) {
    case "done":
      return { done: true, summary: outcome.summary, ...(outcome.checks ? { checks: outcome.checks } : {}) };
    case "incomplete":
    case "blocked":
      return { done: false, cause: outcome.ended, detail: outcome.summary };
    case "stuck":
      return {
        done: false,
        cause: "stuck",
        detail: `No tool was used in its last turns; ${outcome.after_turns} in all`,
      };
    case "turns":
      return { done: false, cause: "turns", detail: `${outcome.turns} turns are used up` };
    case "timeout":
      return { done: false, cause: "timeout", detail: `${Math.round(outcome.after_ms / 1000)} s are used up` };
    case "budget":
      return { done: false, cause: "budget", detail: sayShort(outcome.short, currency), short: outcome.short };
    case "cancelled":
      return interrupted(signal);
    case "provider":
      if (signal.aborted) return interrupted(signal);
      return { done: false, cause: "provider", detail: `${outcome.cause}: ${outcome.detail}` };
  }
}

/** Somebody stopped the run, or this task alone. */
export const interrupted = ({ reason }: AbortSignal) =>
  ({
    done: false,
    cause: reason instanceof Cancelled ? "cancelled" : "interrupted",
    detail: String(reason ?? ""),
  }) as const satisfies Worked;
