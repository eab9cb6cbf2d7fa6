/**
 * What is done to a run, and when. `nth` counts from 1.
 *
 * `event`    once that event is in the log, before anything else can happen
 * `git`      at that git that the governor starts: before it, after it, while it goes on, or in place of it
 * `syscall`  inside the git `git`, at its nth call that changes files: it is killed there, with the governor or alone
 */
export type Fault =
  | { at: "event"; nth: number; do: "kill_governor" | "kill_jails" | "kill_git" | "full_disk" | "read_only" }
  | { at: "git"; nth: number; do: "kill_before" | "kill_during" | "kill_after" | "kill_git" }
  | { at: "syscall"; git: number; nth: number; do: "kill_git" | "kill_both" };

/** A run that is disturbed once. */
export type Scenario = { shape: string; fault: Fault };

/** Whether the run may go on with it, so that it needs no process of its own. */
export const isSurvived = ({ do: what }: Fault): boolean => what === "kill_git" || what === "kill_jails";

/**
 * What a run that nobody disturbs does, as far as it can be disturbed. `changes`: how often each git changes files, 0 where
 * nobody can tell. `jails`, `readers`: events at which there is one to be killed.
 */
export type Counts = {
  events: number;
  gits: readonly { words: string; changes: number }[];
  jails: readonly number[];
  readers: readonly number[];
};

/** Calls of the system by which git changes files, or says that it has. Between two of these nothing is to be seen of it. */
export const CHANGING = "write,rename,link,unlink,rmdir,mkdir";

/** Gits that leave something half done when they are killed. */
const MAKING = /^(?:update-ref|read-tree (?!-m -u -n)|worktree add|update-index -z)/;

type Planned = { counts: Readonly<Record<string, Counts>>; canMount: boolean };

/** All faults that are tried, shape by shape. Without a tracer, or where nothing can be mounted, theirs are left out. */
export function scenariosOf({ counts, canMount }: Planned): Scenario[] {
  return Object.entries(counts).flatMap(([shape, { events, gits, jails, readers }]) => {
    const seqs = Array.from({ length: events }, (_, at) => at + 1);
    const there: Partial<Record<AtEvent, readonly number[]>> = { kill_jails: jails, kill_git: readers };
    const storage = canMount ? (STORAGE[shape] ?? []) : [];
    const atEvents = [...(AT_EVENTS[shape] ?? []), ...storage].flatMap((what) =>
      (there[what] ?? seqs).map((nth): Fault => ({ at: "event", nth, do: what })),
    );
    const atGits = gits.flatMap((_, at) =>
      (AT_GITS[shape] ?? []).map((what): Fault => ({ at: "git", nth: at + 1, do: what })),
    );
    const inGits = gits.flatMap(({ words, changes }, at) =>
      INSIDE.includes(shape) && MAKING.test(words) ? insideOf(at + 1, changes) : [],
    );
    return [...atEvents, ...atGits, ...inGits].map((fault) => ({ shape, fault }));
  });
}

/** Every second change: with the governor and without, in turns. */
const insideOf = (git: number, changes: number): Fault[] =>
  Array.from({ length: Math.ceil(changes / 2) }, (_, half) => ({
    at: "syscall",
    git,
    nth: 2 * half + 1,
    do: half % 2 === 0 ? "kill_both" : "kill_git",
  }));

type AtEvent = Extract<Fault, { at: "event" }>["do"];
type AtGit = Extract<Fault, { at: "git" }>["do"];

/** Not every fault in every shape: what is left out differs from its neighbours in nothing but the shape. */
const AT_GITS: Readonly<Record<string, readonly AtGit[]>> = {
  one_task: ["kill_during", "kill_after", "kill_git"],
  one_after_another: ["kill_after"],
  refused_once: ["kill_git"],
  side_by_side: ["kill_git"],
};
const AT_EVENTS: Readonly<Record<string, readonly AtEvent[]>> = {
  one_task: ["kill_governor", "kill_jails", "kill_git"],
  one_after_another: ["kill_governor"],
  refused_once: ["kill_governor", "kill_jails"],
  side_by_side: ["kill_governor"],
};
const STORAGE: Readonly<Record<string, readonly AtEvent[]>> = {
  one_task: ["full_disk"],
  refused_once: ["read_only"],
};
const INSIDE = ["one_task"];
