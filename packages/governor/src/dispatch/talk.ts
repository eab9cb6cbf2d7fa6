import type { EventOf, TaskId } from "@dgov/kernel";
import { createToolbox, type Isolation, type Level, type Scope, type ToolboxOptions } from "@dgov/sandbox";
import { type Model, type Order, type Outcome, type ToolBox, work } from "@dgov/worker";
import type { Short } from "../short_text.ts";
import type { Site } from "../site.ts";
import type { Guest } from "./guest.ts";
import { meterOf } from "./meter.ts";

/**
 * Who talks, with which hands, and who pays for it. `root`: absolute path of the worktree; `seat`: of the review; `number`: as a
 * meter takes it; `lend`: what is lent of the tools, in place of all of them.
 */
export type Talker = {
  of: { task: TaskId; attempt: number };
  isolation: Isolation;
  scope: Scope;
  root: string;
  required: ToolboxOptions["required"];
  caller: NonNullable<EventOf<"call_reserved">["caller"]>;
  model: Model;
  seat?: string;
  number?: () => number;
  lend?: (tools: ToolBox) => ToolBox;
};

/** `short`: the ceiling that it came to last, or null. */
export type Talk = { outcome: Outcome; short: Short | null };

/**
 * The model loop with its hands lent to it: each call of a tool is in the log, and each call of the model is paid for before
 * it is sent.
 *
 * @throws IsolationLost when the isolated process is gone
 */
export async function talk(
  { session, project, world }: Pick<Site, "session" | "project" | "world">,
  { of, isolation, scope, root, required, caller, model, ...more }: Talker,
  { order, signal }: { order: Order; signal: AbortSignal },
): Promise<Talk> {
  const { now_ms } = world;
  const seat = more.seat === undefined ? {} : { seat: more.seat };
  const tools = createToolbox({
    scope,
    policy: project.rules.tool_policy,
    isolation,
    now_ms,
    required,
    root,
    record: recordCalls(session, { ...of, level: isolation.level, ...seat }),
  });
  const number = more.number === undefined ? {} : { number: more.number };
  const meter = meterOf(session, { ...of, caller, output_tokens: project.limits.budget.output_tokens, ...number });
  const lent = more.lend?.(tools) ?? tools;
  const outcome = await work(order, { model, tools: lent, meter, now_ms, signal });
  return { outcome, short: meter.short() };
}

/** The same hands, lent to somebody from outside: whom their model is and what it costs is their own affair. */
export async function lendTo(
  guest: Guest,
  { session, project, world }: Pick<Site, "session" | "project" | "world">,
  { of, isolation, scope, root, required, order, signal, lend }: Lending,
): Promise<Outcome> {
  const { now_ms } = world;
  const record = recordCalls(session, { ...of, level: isolation.level });
  const policy = project.rules.tool_policy;
  const tools = createToolbox({ scope, policy, isolation, now_ms, required, root, record });
  return guest.work(order, { tools: lend?.(tools) ?? tools, now_ms, signal });
}

type Lending = Pick<Talker, "of" | "isolation" | "scope" | "root" | "required"> & {
  order: Order;
  signal: AbortSignal;
  lend: Talker["lend"] | null;
};

type Called = Talker["of"] & { level: Level; seat?: string };

/** Calls as the log has them, of whoever made them. */
export const recordCalls =
  (session: Site["session"], of: Called): ToolboxOptions["record"] =>
  (calls) =>
    session.recordAll(
      calls.map((call) => ({ kind: "tool_called", ...of, ...{ ...call, touched: [...call.touched] } })),
    );
