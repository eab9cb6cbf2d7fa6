import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { World } from "../../packages/governor/src/session.ts";
import { CHANGING, type Fault } from "./fault.ts";
import { fillDisk, makeReadOnly } from "./storage.ts";

type Spawn = typeof Bun.spawn;
type Place = { folder: string; root: string };

/** `reached`: the fault has happened; `gits`: the words of each git that was started so far. */
export type Disturbed = Pick<World, "notify"> & { reached: () => boolean; gits: () => string[]; stop: () => void };

/**
 * Lies in wait in this process, where one run at a time may go on. Without a fault it only counts; what each git does is
 * written into `traces`, where there is a tracer, as the number of the git with an ending.
 */
export function disturb(fault: Fault | null, place: Place, traces: string | null = null): Disturbed {
  const state = { reached: false, gits: [] as string[] };
  const real = Bun.spawn;
  const now = () => {
    state.reached = true;
  };
  const spawn = ((...asked: Parameters<Spawn>) => {
    const [argv, options] = asked as unknown as [string[], Parameters<Spawn>[1]];
    if (argv[0] !== "git") return real(argv, options);
    const nth = state.gits.push(argv.slice(3).join(" "));
    const due = fault?.at === "git" ? fault.nth === nth : fault?.at === "syscall" && fault.git === nth;
    if (traces !== null) return real([...traced(join(traces, String(nth))), ...argv], options);
    if (!fault || !due) return real(argv, options);
    now();
    return startDisturbed(fault, argv, (words) => real(words, options));
  }) as Spawn;
  Bun.spawn = spawn;
  return {
    reached: () => state.reached,
    gits: () => state.gits,
    stop() {
      Bun.spawn = real;
    },
    notify({ seq }) {
      if (fault?.at === "event" && fault.nth === seq && atEvent(fault, place)) now();
    },
  };
}

const die = (): never => {
  process.kill(process.pid, "SIGKILL");
  throw new Error("It is dead");
};

function startDisturbed(fault: Fault, argv: string[], start: (argv: string[]) => ReturnType<Spawn>) {
  if (fault.do === "kill_before") return die();
  if (fault.at === "syscall") {
    const more = fault.do === "kill_both" ? ["sh", "-c", '"$@"; kill -9 $PPID', "sh"] : [];
    return start([...more, ...traced("/dev/null", `signal=SIGKILL:when=${fault.nth}`), ...argv]);
  }
  if (fault.do === "kill_git") return start(["sh", "-c", "kill -9 $$"]);
  const child = start(argv);
  if (fault.do === "kill_during") return die();
  void child.exited.then(die); // before anybody else hears of it
  return child;
}

/** A program whose changes of files are written down, and that is killed at one of them. */
const traced = (file: string, ...more: string[]): string[] => {
  const inject = more.map((what) => `inject=${CHANGING}:${what}`).flatMap((words) => ["-e", words]);
  return ["strace", "-f", "-qq", "-o", file, "-e", `trace=${CHANGING}`, ...inject];
};

/** @returns whether there was anything to disturb */
function atEvent(fault: Extract<Fault, { at: "event" }>, place: Place): boolean {
  if (fault.do === "kill_governor") return die();
  if (fault.do === "kill_jails" || fault.do === "kill_git") {
    const meant = below(fault.do === "kill_jails" ? JAIL : READER);
    for (const pid of meant) kill(pid);
    return meant.length > 0;
  }
  if (fault.do === "full_disk") fillDisk(place.folder);
  else makeReadOnly(place.root);
  return true;
}

/** A word of the command of each. */
export const [JAIL, READER] = ["__isolated", "cat-file"];

/** What this process has started and what that has started, where the words of its command say so. */
export const below = (word: string): number[] =>
  descendants(process.pid).filter((pid) => read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").includes(word));

const descendants = (pid: number): number[] => {
  const tasks = join("/proc", String(pid), "task");
  const children = list(tasks).flatMap((task) =>
    read(join(tasks, task, "children"))
      .split(" ")
      .filter(Boolean)
      .map(Number),
  );
  return children.flatMap((child) => [child, ...descendants(child)]);
};

/** A process may end while it is looked at: then there is nothing to see or to kill. */
const orGone = <Value>(look: () => Value, gone: Value): Value => {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && "code" in error && ["ENOENT", "ESRCH"].includes(String(error.code))) return gone;
    throw error;
  }
};
const list = (folder: string): string[] => orGone(() => readdirSync(folder), []);
const read = (path: string): string => orGone(() => readFileSync(path, "utf8"), "");
const kill = (pid: number): boolean => orGone(() => process.kill(pid, "SIGKILL"), false);
