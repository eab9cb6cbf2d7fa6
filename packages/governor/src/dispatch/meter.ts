import { type EventOf, left, type RunLimits, shortOf, type TaskId } from "@dgov/kernel";
import { costMicros, type Forecast, type Meter, type Price } from "@dgov/worker";
import type { Budget } from "../budget.ts";
import type { Session } from "../session.ts";
import type { Short } from "../short_text.ts";

type Caller = NonNullable<EventOf<"call_reserved">["caller"]>;

/**
 * Whose calls a meter pays for. `number`: asked for the number of each call where several pay for one attempt; absent: it
 * is the caller's own.
 */
type Payer = {
  task: TaskId;
  attempt: number;
  caller: Caller;
  output_tokens: Budget["output_tokens"];
  number?: () => number;
};

/** The purse of one attempt. `short`: the ceiling that it came to last, or null. */
type Purse = Meter & { short(): Short | null };

/**
 * A call is reserved in the log before it is sent, at the most it can cost, and settled at what it used. Where tokens or
 * money have a ceiling, the reply is given a limit that fits into what is left, so that the most is known. A call that
 * fits only when others have ended theirs waits for them; one that does not fit at all is not sent.
 */
export function meterOf(session: Session, { task, attempt, caller, output_tokens, number }: Payer): Purse {
  const numbers = new Map<number, number>();
  const of = { task, attempt };
  const { price } = caller;
  let came_to: Short | null = null;
  return {
    short: () => came_to,
    async reserve(call, { input, output, again }, signal) {
      for (;;) {
        const max_output = isCapped(session, task)
          ? outputWithin(left(session.run, task), { input, price, output_tokens })
          : null;
        const ask = askOf({ input, output: max_output ?? output, again }, price);
        const short = shortOf(session.run, { task, ...ask }, session.worked(task));
        if (!short) {
          const nth = number?.() ?? call;
          numbers.set(call, nth);
          session.record({ kind: "call_reserved", ...of, call: nth, ...ask, caller });
          return { max_output };
        }
        const { waits, ...ceiling } = short;
        came_to = ceiling;
        if (!waits) return null;
        await session.recorded.next();
        if (signal.aborted) return null;
      }
    },
    settle(call, used, took_ms, said) {
      const { input, output, cached, estimated, served } = used;
      session.record({
        kind: "call_settled",
        ...of,
        call: numbers.get(call) ?? call,
        usage: {
          input_tokens: input,
          ...(cached === undefined ? {} : { cached_tokens: cached }),
          output_tokens: output,
          cost_micros: costMicros(used, price),
        },
        counted_by: estimated ? "estimate" : "provider",
        took_ms: Math.round(took_ms),
        said: clip(said),
        ...(served === undefined ? {} : { served }),
      });
    },
  };
}

function askOf({ input, output, again }: Forecast, price: Price | null) {
  const dearest = price && { ...price, input: Math.max(price.input, price.cached) };
  const most = { tokens: input + output, cost_micros: costMicros({ input, output }, dearest) };
  return again ? { ...most, again: true as const } : most;
}

const isCapped = ({ run }: Session, task: TaskId): boolean => {
  const own = run.started.tasks[run.index.get(task) ?? -1]?.limits;
  const counts = (limits: RunLimits | undefined) => (limits?.tokens ?? limits?.cost_micros ?? null) !== null;
  return counts(run.started.limits) || counts(own);
};

const OUTPUT_MIN = 1_000; // a reply cut shorter than this is paid for and of no use

/** The longest reply that what is left can pay for, and no shorter than one is worth asking for. */
function outputWithin(
  rest: ReturnType<typeof left>,
  { input, price, output_tokens }: { input: number; price: Price | null; output_tokens: number },
): number {
  const by_tokens = rest.tokens === null ? output_tokens : rest.tokens - input;
  const by_money =
    price === null || rest.cost_micros === null ? output_tokens : outputFor(rest.cost_micros, input, price);
  return Math.max(Math.min(OUTPUT_MIN, output_tokens), Math.min(output_tokens, by_tokens, by_money));
}

/** How much output is left to pay for after the input, in tokens; negative where not even that can be paid for. */
function outputFor(cost_micros: number, input: number, price: Price): number {
  if (price.output === 0) return Number.MAX_SAFE_INTEGER;
  const spare = cost_micros - askOf({ input, output: 0, again: false }, price).cost_micros;
  return Math.floor((spare - 1) * (1_000_000 / price.output)) - 1; // a hair too few is not too dear
}

const SAID_MAX = 4_000;

/** What a model says is kept for people; the log is no place for a novel. */
const clip = (text: string): string => (text.length > SAID_MAX ? `${text.slice(0, SAID_MAX)}…` : text);
