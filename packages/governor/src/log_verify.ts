import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { LogCorrupt, LogUnavailable, openLog, type Run, type RunId, type Store } from "@dgov/kernel";
import { fold } from "@dgov/kernel/replay";
import { DgovError } from "./error.ts";
import { anchorsIn } from "./git/anchors.ts";
import { createGit } from "./git/git.ts";
import { hasEvent, logPath } from "./log.ts";
import { type Head, type Heads, headPath, readHeads } from "./log_head.ts";
import { findRoot } from "./root.ts";

/**
 * How the log differs from what was written. As the kernel's `Corruption`, and: `damaged` it is no sound database · `cut`
 * events at its end are gone · `rewritten` an event is not the one that a landed commit or the record of the end names ·
 * `end` the record of the end cannot be read
 */
export type Fault = {
  seq: number; // the first event that is not known to be what was written
  why: LogCorrupt["why"] | "damaged" | "cut" | "rewritten" | "end";
  message: string;
  cure: string;
};

/**
 * `events`, `runs`: those that are whole, up to the fault · `end`: whether anything beside the log says which event was its
 * last · `commits`: landed commits that name an event of it, each found in it
 */
export type LogView = {
  log: string;
  whole: boolean;
  events: number;
  runs: number;
  end: "recorded" | "unknown";
  commits: number;
  fault: Fault | null;
};

type Asking = { cwd: string; env: Readonly<Record<string, string | undefined>> };

/**
 * Walks the log and holds it against what stands outside of it. Writes nothing.
 *
 * @param path another log than the project's, seen from `cwd`; null: the project's. Only its own is held against git.
 * @throws DgovError `usage` for a path where no file is; `log_unavailable` where it may not be read
 */
export async function verifyLog({ cwd, env }: Asking, path: string | null): Promise<LogView> {
  const root = findRoot(cwd);
  const file = path === null ? logPath(root) : resolve(cwd, path);
  if (path !== null && !existsSync(file))
    throw new DgovError("usage", `Cannot verify "${path}": there is no such file`);
  const heads = readHeads(file); // before the log: a run may be writing both
  const walked = walk(file);
  const name = path ?? relative(root, file);
  const view: LogView = { ...walked.view, log: name, end: heads ? "recorded" : "unknown" };
  if (view.fault) return view;
  const log = openLog(file, { readonly: true });
  try {
    const fault = heads ? endFault(log, heads, { events: view.events, file: headPath(name) }) : null;
    if (fault) return { ...view, whole: false, fault };
    return path === null && existsSync(join(root, ".git")) ? await anchored(log, view, { root, env }) : view;
  } finally {
    log.close();
  }
}

type Walked = { view: Omit<LogView, "log" | "end"> };

/** Every event, its hash, its link, its place in its run, and the file around them. */
function walk(file: string): Walked {
  const runs = new Map<RunId, Run>();
  let events = 0;
  const told = (fault: Fault | null): Walked => ({
    view: { whole: fault === null, events, runs: runs.size, commits: 0, fault },
  });
  let log: Store | null = null;
  try {
    log = openLog(file, { readonly: true });
    log.verify((stored) => {
      runs.set(stored.run, fold(runs.get(stored.run) ?? null, stored));
      events += 1;
    });
    return told(null);
  } catch (error) {
    const fault = faultOf(error, events + 1);
    if (!fault) throw error;
    return told(fault);
  } finally {
    log?.close();
  }
}

const PUT_BACK = "Put it back from a copy, or move it away with its companions to begin anew; landed work is in git";

function faultOf(error: unknown, seq: number): Fault | null {
  if (error instanceof LogUnavailable && /^SQLITE_(NOTADB|CORRUPT)/.test(error.code))
    return { seq, why: "damaged", message: `The file is damaged at event ${seq} or after it`, cure: PUT_BACK };
  if (!(error instanceof LogCorrupt)) return null;
  const { why, cause } = error;
  const said = cause instanceof Error ? cause.message.split("\n")[0] : "";
  return { seq, why, message: sentence(seq, why, { at: error.seq, said: said ?? "" }), cure: PUT_BACK };
}

function sentence(seq: number, why: LogCorrupt["why"], { at, said }: { at: number; said: string }): string {
  switch (why) {
    case "gap":
      return `Event ${seq} is missing: after ${seq - 1} comes ${at}`;
    case "chain":
      return `Event ${seq} is not the one that came after event ${seq - 1}, or that one is another`;
    case "hash":
      return `Event ${seq} is not what was written: its hash is another`;
    case "kind":
      return `Event ${seq} is not what was written: its column says another kind than its body`;
    case "illegal":
      return `Event ${seq} is none that dgov would have written there: ${said}`;
    case "json":
    case "schema":
      return `Event ${seq} is none that this version of dgov knows`;
  }
}

/** Whether the log still has what was its last event, now and whenever a governor found that some had gone. */
function endFault(log: Store, heads: Heads, { events, file }: { events: number; file: string }): Fault | null {
  const cure = `If the machine lost power, or a copy was put back, that is why: remove "${file}" to have it so`;
  if (heads.unreadable || (heads.last === null && events > 0)) {
    const message = `Events after ${events} may be missing: "${file}", which says how many there were, cannot be read`;
    return { seq: events + 1, why: "end", message, cure: `Remove "${file}" to do without it` };
  }
  const gone = [heads.last, ...heads.lost].filter((head) => head !== null && !hasEvent(log, head)) as Head[];
  const [first] = gone.sort((a, b) => a.seq - b.seq);
  if (!first) return null;
  if (first.seq > events)
    return { seq: events + 1, why: "cut", message: `Events ${events + 1} to ${first.seq} are missing`, cure };
  const message = `Event ${first.seq} or one before it is not the one that once was the last`;
  return { seq: first.seq, why: "rewritten", message, cure };
}

/** Holds the log against the commits of its own runs. Those of others are of the logs of other clones. */
async function anchored(
  log: Store,
  view: LogView,
  { root, env }: { root: string; env: Asking["env"] },
): Promise<LogView> {
  const own = new Set<string>(log.runs().map(({ run }) => run));
  const anchors = (await anchorsIn(createGit(root, env))).filter(({ run }) => own.has(run));
  const [first] = anchors.filter((anchor) => !hasEvent(log, anchor)).sort((a, b) => a.seq - b.seq);
  if (!first) return { ...view, commits: anchors.length };
  const commit = first.commit.slice(0, 12);
  const fault: Fault =
    first.seq > view.events
      ? {
          seq: view.events + 1,
          why: "cut",
          message: `Events ${view.events + 1} to ${first.seq} are missing: commit ${commit} was made after them`,
          cure: PUT_BACK,
        }
      : {
          seq: first.seq,
          why: "rewritten",
          message: `Event ${first.seq} or one before it is not the one that commit ${commit} was made after`,
          cure: PUT_BACK,
        };
  return { ...view, whole: false, fault };
}
