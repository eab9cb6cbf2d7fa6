import {
  NO_PROGRESS,
  type Progress,
  progress,
  type Stored,
  type TaskProgress,
  tell,
  type Weight,
} from "@dgov/governor/watching";
import { eraseUp, fit, HIDE_CURSOR, paint, plain, SHOW_CURSOR, width, wrap } from "./ansi.ts";

/** What draws a run as it goes. `end` must be called: it leaves the terminal as it was. */
export type LiveView = { event(stored: Stored): void; end(): void };

/** Whether the live view may be coloured: it is drawn on stderr, and what Bun knows of colours is about stdout. */
export const liveColour = ({ NO_COLOR = "" }: Readonly<Record<string, string | undefined>>): boolean => NO_COLOR === "";

/** `weight` is the least that is shown as a line; the table shows the rest as it goes by. */
export type LiveOptions = {
  write(text: string): void;
  columns: number;
  now_ms(): number;
  weight?: Weight;
  colour: boolean;
};

const TICK_MS = 1000;
const REDRAW_MS = 80;
const ROWS_MAX = 12;
const LINE_MAX = 400;

/**
 * A run on a terminal: what has happened scrolls by as lines, and below them stands a table of what is under way.
 * Redrawn at events, and every second for the clocks in it.
 */
export function liveView({ write, columns, now_ms, weight = "milestone", colour }: LiveOptions): LiveView {
  let state = NO_PROGRESS;
  let drawn = 0;
  let drawn_at_ms = 0;
  let held = "";
  const draw = (lines: string) => {
    const table = tableOf(state, { columns, now_ms: now_ms(), colour });
    write(`${eraseUp(drawn)}${lines}${table.map((line) => `${line}\n`).join("")}`);
    drawn = table.length;
    drawn_at_ms = now_ms();
  };
  const flush = () => {
    draw(held);
    held = "";
  };
  const timer = setInterval(flush, TICK_MS);
  timer.unref();
  write(HIDE_CURSOR);
  return {
    event(stored) {
      state = progress(state, stored);
      const line = lineOf(stored, { weight, colour, most: Math.min(LINE_MAX, columns * 3), columns: columns - 1 });
      if (line !== null) held += `${line}\n`;
      if (held !== "" || now_ms() - drawn_at_ms >= REDRAW_MS) flush();
    },
    end() {
      clearInterval(timer);
      write(`${eraseUp(drawn)}${held}${SHOW_CURSOR}`);
      drawn = 0;
    },
  };
}

const ORDER: readonly Weight[] = ["milestone", "stream", "detail"];

/**
 * One event as one line: `HH:MM:SS  task  what`, in UTC, or null for one that is not shown. Words of a model are made
 * harmless for a terminal and cut at a length that a log can bear; with `columns` they are wrapped.
 */
export function lineOf(
  { at_ms, event }: Pick<Stored, "at_ms" | "event">,
  { weight = "detail", colour = false, most = LINE_MAX, columns }: LineOptions = {},
): string | null {
  const told = tell(event);
  if (!told || ORDER.indexOf(told.weight) > ORDER.indexOf(weight)) return null;
  const time = new Date(at_ms).toISOString().slice(11, 19);
  const task = told.task ?? "run";
  const cut = fit(plain(told.text), most);
  const first = time.length + width(task) + 4;
  const text = columns === undefined ? cut : wrap(cut, columns, { first, indent: time.length + 2 });
  const tone = told.good === null ? null : told.good ? "green" : "red";
  return [paint("dim", time, colour), task, tone === null ? text : paint(tone, text, colour)].join("  ");
}

type LineOptions = { weight?: Weight; colour?: boolean; most?: number; columns?: number };

const SIGNS: Readonly<Record<TaskProgress["state"], string>> = {
  waiting: "·",
  working: "▶",
  judging: "⚖",
  landing: "⇣",
  landed: "✔",
  failed: "✘",
  skipped: "–",
};
const UNDER_WAY: ReadonlySet<TaskProgress["state"]> = new Set(["working", "judging", "landing"]);

/** The lines of the table; none before the run is known. Every line fits the terminal, so that it can be erased. */
export function tableOf(
  state: Progress,
  { columns, now_ms, colour }: { columns: number; now_ms: number; colour: boolean },
): string[] {
  if (state.plan === "") return [];
  const tasks = [...state.tasks.values()];
  const busy = tasks.filter((task) => UNDER_WAY.has(task.state));
  const shown = busy.slice(0, ROWS_MAX);
  const wide = Math.max(0, ...shown.map(({ task }) => width(task)));
  const rows = shown.map((task) => {
    const again = task.attempt > 1 ? ` (attempt ${task.attempt})` : "";
    const name = task.task + " ".repeat(wide - width(task.task));
    return `  ${SIGNS[task.state]} ${name}  ${task.state} ${clock(now_ms - task.since_ms)}${again}  ${plain(task.doing)}`;
  });
  if (busy.length > shown.length) rows.push(`  … and ${busy.length - shown.length} more under way`);
  const line = fit(`${plain(state.plan)}  ${sums(tasks, state, now_ms)}`, columns - 1);
  return [paint("bold", line, colour), ...rows.map((row) => fit(row, columns - 1))];
}

function sums(tasks: readonly TaskProgress[], state: Progress, now_ms: number): string {
  const of = (which: TaskProgress["state"]) => tasks.filter((task) => task.state === which).length;
  const parts = [`${of("landed")}/${tasks.length} landed`];
  for (const which of ["failed", "skipped", "waiting"] as const) if (of(which) > 0) parts.push(`${of(which)} ${which}`);
  if (state.tokens > 0) parts.push(`${state.tokens} tokens`);
  if (state.cost_micros > 0) parts.push(`${(state.cost_micros / 1_000_000).toFixed(2)} ${state.currency}`);
  return [...parts, clock(now_ms - state.started_at_ms)].join(" · ");
}

/** A duration as people say it: `7s`, `3m07s`, `2h05m`. */
export function clock(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  if (s < 60) return `${s}s`;
  return s < 3600
    ? `${Math.floor(s / 60)}m${two(s % 60)}s`
    : `${Math.floor(s / 3600)}h${two(Math.floor(s / 60) % 60)}m`;
}
