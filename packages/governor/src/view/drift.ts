import type { Cause, Event, Stored, TaskId } from "@dgov/kernel";
import { fisher, type Tally, wilson } from "./chance.ts";

/** One attempt that came to an end which says something of who made it. `served`: null where the provider did not say. */
export type Sample = {
  at_ms: number;
  model: string; // `PROVIDER/MODEL`
  task_kind: string;
  prompt: string; // sha-256 (hex) of what every task of its role is told
  served: string | null;
  well: boolean; // it landed, or its report was filed
};

/** Samples of one log, and how many attempts said nothing: by their end, or because the log is from before it was told. */
export type Samples = { samples: Sample[]; uncounted: number; untold: number };

/** How attempts that have all this in common came out. `low` and `high`: the true rate is between them, 19 times of 20. */
export type Series = Pick<Sample, "model" | "task_kind" | "prompt" | "served"> & {
  attempts: number;
  well: number;
  rate: number;
  low: number;
  high: number;
  first_at_ms: number;
  last_at_ms: number;
};

/**
 * What is compared for one model and kind of task: attempts `since` a change with those `before` it. `of`: what changed, the
 * prompt or what the provider says has answered, or nothing but time. `p`: how likely such a difference is by chance alone;
 * null where too few attempts were made to ask.
 */
export type Comparison = Pick<Sample, "model" | "task_kind"> & {
  of: "prompt" | "served" | "time";
  from: string | null; // of `prompt` and `served`: what it was, and is
  to: string | null;
  before: Tally;
  since: Tally;
  p: number | null;
  verdict: "diverged" | "steady" | "too_few";
};

export type Drift = { threshold: number; series: Series[]; comparisons: Comparison[] };

/** `window`: how many of the latest attempts are compared with those before; `min`: fewer on one side say nothing. */
export type Asked = { window: number; min: number };

/** A difference that chance alone makes once in a hundred times, over all that is compared at once. */
export const ALPHA = 0.01;

/** Ends that are nobody's doing who worked: the provider's, the machine's, the user's, or of what landed meanwhile. */
const NOT_ITS_DOING: ReadonlySet<Cause> = new Set([
  ...(["provider", "budget", "setup", "lost", "interrupted", "broken", "text_conflict"] as const),
]);
const BLAMED_ELSEWHERE: ReadonlySet<string> = new Set(["base", "environment", "integration"]);

type Open = Omit<Sample, "well" | "at_ms">;

/** The attempts of one run that came to an end. What a fork has copied from another run is that run's. */
export function samplesIn(events: readonly Pick<Stored, "at_ms" | "event">[]): Samples {
  const forked = events.findLastIndex(({ event }) => event.kind === "run_forked");
  const open = new Map<TaskId, Open>();
  const found: Samples = { samples: [], uncounted: 0, untold: 0 };
  for (const { event, at_ms } of events.slice(forked + 1)) {
    if (event.kind === "task_dispatched") {
      open.delete(event.task);
      const { briefing, provider, agent } = event;
      if (briefing) open.set(event.task, { ...briefing, model: `${provider}/${agent}`, served: null });
      else found.untold += 1;
    }
    const attempt = "task" in event ? open.get(event.task) : undefined;
    if (!attempt || !("task" in event)) continue;
    if (event.kind === "call_settled" && event.served !== undefined) attempt.served = event.served;
    const end = endOf(event);
    if (end === null) continue;
    open.delete(event.task);
    if (end === "nothing") found.uncounted += 1;
    else found.samples.push({ ...attempt, at_ms, well: end === "well" });
  }
  return found;
}

/** What an event says of the attempt that it ends; null: it ends none. */
function endOf(event: Event): "well" | "badly" | "nothing" | null {
  switch (event.kind) {
    case "task_landed":
    case "report_filed":
      return "well";
    case "attempt_failed":
      return NOT_ITS_DOING.has(event.cause) ? "nothing" : "badly";
    case "candidate_rejected":
      return NOT_ITS_DOING.has(event.cause) || BLAMED_ELSEWHERE.has(event.blame ?? "") ? "nothing" : "badly";
    default:
      return null;
  }
}

/** @param samples of all runs, in any order */
export function driftOf(samples: readonly Sample[], asked: Asked): Drift {
  const sorted = samples.toSorted((one, other) => one.at_ms - other.at_ms);
  const alike = Map.groupBy(sorted, ({ model, task_kind, prompt, served }) =>
    JSON.stringify([model, task_kind, prompt, served]),
  );
  const groups = Map.groupBy(sorted, ({ model, task_kind }) => JSON.stringify([model, task_kind]));
  const compared = [...groups.values()].flatMap((own) => comparisonsOf(own, asked));
  const threshold = ALPHA / Math.max(1, compared.filter(({ p }) => p !== null).length);
  const comparisons = compared.map((one): Comparison => {
    const verdict = one.p === null ? "too_few" : one.p < threshold ? "diverged" : "steady";
    return { ...one, verdict };
  });
  return { threshold, series: [...alike.values()].map(seriesOf), comparisons };
}

function seriesOf(own: readonly Sample[]): Series {
  const [first] = own;
  if (!first) throw new Error("A series of nothing");
  const { model, task_kind, prompt, served } = first;
  const tally = tallyOf(own);
  const { low, high } = wilson(tally) ?? { low: 0, high: 1 };
  return {
    ...{ model, task_kind, prompt, served, attempts: tally.all, well: tally.well },
    ...{ rate: tally.well / tally.all, low, high },
    first_at_ms: first.at_ms,
    last_at_ms: own.at(-1)?.at_ms ?? first.at_ms,
  };
}

type Compared = Omit<Comparison, "verdict">;

/** Of one model and kind of task, by time. Where the prompt changed, what comes after is compared within the new one. */
function comparisonsOf(own: readonly Sample[], asked: Asked): Compared[] {
  const last = own.at(-1);
  if (!last) return [];
  const same = own.filter(({ prompt }) => prompt === last.prompt);
  const served = same.filter((one) => one.served === last.served);
  const late = served.slice(-asked.window);
  return [
    ...changed(own, "prompt", asked),
    ...changed(same, "served", asked),
    ...(served.length > late.length
      ? [compare("time", { before: served.slice(0, -asked.window), since: late }, asked)]
      : []),
  ];
}

/** All that have the latest value, with all that have the one before it; nothing where there was none before. */
function changed(own: readonly Sample[], key: "prompt" | "served", asked: Asked): Compared[] {
  const to = own.at(-1)?.[key] ?? null;
  const older = own.findLast((one) => one[key] !== to);
  if (!older) return [];
  const with_ = (value: string | null) => own.filter((one) => one[key] === value);
  const compared = compare(key, { before: with_(older[key]), since: with_(to) }, asked);
  return [{ ...compared, from: older[key], to }];
}

type Sides = { before: readonly Sample[]; since: readonly Sample[] };

function compare(of: Comparison["of"], sides: Sides, { min }: Asked): Compared {
  const [before, since] = [tallyOf(sides.before), tallyOf(sides.since)];
  const { model = "", task_kind = "" } = sides.since[0] ?? {};
  const enough = Math.min(before.all, since.all) >= min;
  return { model, task_kind, of, from: null, to: null, before, since, p: enough ? fisher(before, since) : null };
}

const tallyOf = (samples: readonly Sample[]): Tally => ({
  well: samples.filter(({ well }) => well).length,
  all: samples.length,
});
