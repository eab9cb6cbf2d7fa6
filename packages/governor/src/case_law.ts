import { type EventOf, RunId, type Store } from "@dgov/kernel";
import type { Entry } from "@dgov/kernel/ledger";
import { type Claim, ClaimError, overlap, parseClaim } from "@dgov/sandbox";
import { readEntries, withWritable } from "./ledger_file.ts";
import type { RunView } from "./run_view.ts";
import { reasonOf } from "./view/run_summary.ts";

/** As many as a worker reads before it begins, and as long as one sentence may be. */
const MOST = 20;
const CHARS = 500;

/** What is told to a worker, a line for each entry, and the record of it; `recalled` is null for nothing. */
export type CaseLaw = {
  lines: string[];
  recalled: Pick<EventOf<"ledger_recalled">, "told" | "withheld"> | null;
};

/**
 * What the ledger tells a worker: open entries about what it may write, and rules that are about everything. Newest first;
 * one line each, since what is in them may come from a tool's output. An entry that was changed after it was written is
 * withheld; one whose hash nobody has taken is told, and its hash is taken now.
 */
export function caseLaw(root: string, write: readonly Claim[], now_ms: number): CaseLaw {
  const whole = write.map((claim) => ({ ...claim, symbol: null }));
  const about = (entry: Entry) =>
    entry.paths.length === 0
      ? entry.category === "rule"
      : entry.paths.some((path) => whole.some((claim) => touches(claim, path)));
  const entries = readEntries(root);
  if (entries.some(isNew)) withWritable(root, (ledger) => ledger.seal(now_ms));
  const law = entries.filter((entry) => entry.status === "open" && about(entry));
  const told = law.filter((entry) => distrust(entry) === null).slice(0, MOST);
  const withheld = law.flatMap((entry) => {
    const why = distrust(entry);
    return why === null ? [] : [{ entry: entry.id, hash: entry.integrity.hash, why }];
  });
  const lines = told.map(({ category, content, paths }) => {
    const where = paths.length === 0 ? "" : ` (${paths.join(", ")})`;
    return oneLine(`${category}: ${content}`) + where;
  });
  if (law.length === 0) return { lines, recalled: null };
  const hashes = told.map(({ id, integrity }) => ({ entry: id, hash: integrity.hash }));
  return { lines, recalled: { told: hashes, withheld: withheld.slice(0, MOST) } };
}

const isNew = ({ integrity }: Entry) => integrity.is === "unsealed" || integrity.is === "damaged";

const distrust = ({ integrity }: Entry): "edited" | "unproven" | null =>
  integrity.is === "edited" || integrity.is === "unproven" ? integrity.is : null;

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= CHARS ? line : `${line.slice(0, CHARS)}…`.toWellFormed();
}

/** Equal, or one within the other. A path that dgov 0.8 took and that is none touches nothing. */
function touches(claim: Claim, path: string): boolean {
  try {
    return [path, `${path}/`].some((text) => overlap(claim, { ...parseClaim(text), symbol: null }));
  } catch (error) {
    if (error instanceof ClaimError) return false;
    throw error;
  }
}

type Outcome = Pick<RunView, "run" | "plan" | "plan_dir" | "status" | "tasks">;

/**
 * Takes down what a run has learned once it is over: a task that failed, and that the judges had refused, is an open bug,
 * one for each gate however many runs meet it, and what was found of a task is resolved by the commit with which the task
 * lands. That its last attempt ended otherwise makes no difference. Saying it again changes nothing.
 */
export function takeDown(root: string, log: Pick<Store, "read">, outcome: Outcome, now_ms: number): void {
  const { run, plan, plan_dir, status, tasks } = outcome;
  if (status === "interrupted" || status === "running" || status === "planned") return;
  const last = new Map<string, EventOf<"candidate_rejected">>();
  for (const { event } of log.read({ run: RunId.parse(run), kinds: ["candidate_rejected"] }))
    if (event.kind === "candidate_rejected") last.set(event.task, event);
  const fell = tasks.flatMap(({ task, state }) => {
    const rejected = last.get(task);
    if (state !== "failed" || !rejected) return [];
    const { cause, gate, findings } = rejected;
    const found = { key: [plan_dir, task, cause, gate].join(" "), run, plan_dir, task, gate };
    const content = oneLine(`${plan} ${task} is refused at ${gate}: ${reasonOf({ cause, detail: "", findings })}`);
    const paths = [...new Set(findings.flatMap(({ path }) => path ?? []))].slice(0, MOST);
    return [{ category: "bug" as const, content, paths, found }];
  });
  const landed = new Map(tasks.flatMap(({ task, commit }) => (commit === null ? [] : [[task, commit]])));
  const mended = readEntries(root).flatMap(({ id, status: is, found }) => {
    const commit = found?.plan_dir === plan_dir ? landed.get(found.task) : undefined;
    return is === "open" && commit !== undefined ? [{ id, commit }] : [];
  });
  if (fell.length + mended.length === 0) return;
  withWritable(root, (ledger) => {
    for (const draft of fell) ledger.note(draft, now_ms);
    for (const { id, commit } of mended) ledger.resolve(id, commit, now_ms);
  });
}
