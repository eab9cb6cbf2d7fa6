import type { Served } from "@dgov/governor/served";
import type { Verb } from "@dgov/governor/steer";
import { problemsIn } from "../serve/problems.ts";

/** The three things that the screen can show; a key each. */
export const TABS = ["tasks", "problems", "events"] as const;
export type Tab = (typeof TABS)[number];

/**
 * What the screen shows. `asking`: what is done once the person says yes. `said`: what came of the last thing asked for.
 * `whole`: all of what is chosen, over as many lines as it takes.
 */
export type Shown = {
  served: Served;
  events: readonly string[]; // as lines, oldest first
  tab: Tab;
  at: number; // the row that is chosen, from 0; of events, how many of the newest are below the screen
  whole: boolean;
  asking: Wish | null;
  said: string;
  helps: boolean;
};

/** What a key asks for. `task` null: of the whole run. */
export type Wish = { do: "steer"; verb: Verb; task: string | null } | { do: "pause" } | { do: "unpause" };
export type Pressed = { shown: Shown; wish: Wish | null; quits: boolean };

const VERBS: Readonly<Record<string, Verb>> = { c: "cancel", s: "skip", r: "retry", a: "approve", x: "reject" };

export const first = (served: Served): Shown => ({
  ...{ served, events: [], tab: "tasks", at: 0, whole: false, asking: null, said: "", helps: false },
});

/** The rows of the list that is shown, by the task each is about; null: of the run. */
export const rowsOf = ({ tab, served }: Pick<Shown, "tab" | "served">): (string | null)[] =>
  tab === "tasks"
    ? served.tasks.map(({ task }) => task)
    : tab === "problems"
      ? problemsIn(served).map(({ task }) => task)
      : [];

/** Folds a key in. What changes anything is asked for twice: the key, and then y. */
export function press(shown: Shown, key: string): Pressed {
  const stay = (change: Partial<Shown>): Pressed => ({ shown: { ...shown, ...change }, wish: null, quits: false });
  if (key === "\x03") return { ...stay({}), quits: true };
  if (shown.asking !== null)
    return key === "y" || key === "Y"
      ? { ...stay({ asking: null }), wish: shown.asking }
      : stay({ asking: null, said: "Nothing was asked for" });
  if (shown.helps) return stay({ helps: false });
  const rows = rowsOf(shown);
  const task = rows[shown.at] ?? null;
  const isStory = shown.tab === "events";
  const last = (isStory ? shown.events.length : rows.length) - 1;
  const moved = (by: number) => {
    const at = shown.at + (isStory ? -by : by); // of events the newest is the lowest
    return stay({ at: Math.max(0, Math.min(last, at)), said: "" });
  };
  if (key === "q") return { ...stay({}), quits: true };
  if (key === "j" || key === "\x1b[B") return moved(1);
  if (key === "k" || key === "\x1b[A") return moved(-1);
  if (key === "g" || key === "\x1b[H") return moved(-last);
  if (key === "G" || key === "\x1b[F") return moved(last);
  if (key === "\r") return stay({ whole: !shown.whole, said: "" });
  if (key === "\x1b") return stay({ whole: false, said: "" });
  if (key === "\t") return stay({ tab: TABS[(TABS.indexOf(shown.tab) + 1) % TABS.length]!, at: 0, said: "" });
  if (["1", "2", "3"].includes(key)) return stay({ tab: TABS[Number(key) - 1]!, at: 0, said: "" });
  if (key === "?" || key === "h") return stay({ helps: true });
  if (key === "C") return stay({ asking: { do: "steer", verb: "cancel", task: null } });
  if (key === "p") return stay({ asking: { do: shown.served.paused === null ? "pause" : "unpause" } });
  const verb = VERBS[key];
  if (verb === undefined) return stay({});
  return task === null ? stay({ said: "Choose a task first" }) : stay({ asking: { do: "steer", verb, task } });
}

/** The same screen with what has happened since. Who looks at what is past goes on looking at it. */
export function heard(shown: Shown, events: readonly string[]): Shown {
  const more = shown.at === 0 ? 0 : Math.max(0, events.length - shown.events.length);
  return { ...shown, events, at: shown.tab === "events" ? shown.at + more : shown.at };
}

/** The same screen about what is known now. The task that was chosen stays so, if it is there. */
export function renewed(shown: Shown, served: Served): Shown {
  const task = rowsOf(shown)[shown.at];
  const now = rowsOf({ tab: shown.tab, served });
  const at = task === undefined || task === null ? -1 : now.indexOf(task);
  return { ...shown, served, at: at >= 0 ? at : Math.max(0, Math.min(shown.at, now.length - 1)) };
}
