import type { Outcome, Outside } from "./order.ts";

/** The wall clock of one attempt and the caller's wish to stop, as one thing to ask and to wait with. */
export type Clock = {
  signal: AbortSignal; // for whoever can be interrupted: aborted at the limit or by the caller
  over(): Outcome | null; // null: go on
  ending(): Outcome; // how it ended, once it is over
  within<T>(pending: Promise<T>): Promise<T | "over">; // waits no longer than the attempt may last
  stop(): void;
};

const TIMER_MAX_MS = 2 ** 31 - 1; // a longer timer would fire at once

/** `time_ms` null: no limit of its own. The time between two calls is read from `now_ms`; only a wait needs a timer. */
export function startClock(time_ms: number | null, { now_ms, signal }: Pick<Outside, "now_ms" | "signal">): Clock {
  const start_ms = now_ms();
  const limit = new AbortController();
  const timer = time_ms === null ? null : setTimeout(() => limit.abort(), Math.min(time_ms, TIMER_MAX_MS));
  const both = AbortSignal.any([limit.signal, signal]);
  const spent = (): boolean => limit.signal.aborted || (time_ms !== null && now_ms() - start_ms >= time_ms);
  const ending = (): Outcome =>
    signal.aborted ? { ended: "cancelled" } : { ended: "timeout", after_ms: now_ms() - start_ms };
  return {
    signal: both,
    over: () => (signal.aborted || spent() ? ending() : null),
    ending,
    within: (pending) => raceWith(both, pending),
    stop: () => {
      if (timer !== null) clearTimeout(timer);
    },
  };
}

async function raceWith<T>(signal: AbortSignal, pending: Promise<T>): Promise<T | "over"> {
  const gone = Promise.withResolvers<"over">();
  const onAbort = (): void => gone.resolve("over");
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([pending, gone.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
