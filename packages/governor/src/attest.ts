import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { canonical, type Run, type RunId, type Stored, type TaskId } from "@dgov/kernel";
import { rederive } from "@dgov/kernel/rederive";
import { type Envelope, seal } from "./attest/envelope.ts";
import { readPrivateKey } from "./attest/keys.ts";
import { merkleRoot } from "./attest/merkle.ts";
import { DOES_NOT_ATTEST, type RunStatement, stated, type TaskStatement } from "./attest/statement.ts";
import { DgovError } from "./error.ts";
import { findRun } from "./find_run.ts";
import { createGit, type Git } from "./git/git.ts";
import { diffTrees } from "./git/tree_changes.ts";
import { withLog } from "./log.ts";
import { verifyLog } from "./log_verify.ts";
import { findRoot } from "./root.ts";

export { makeKey } from "./attest/keys.ts";

export type Attesting = { cwd: string; env: Readonly<Record<string, string | undefined>>; version: string };

/** `out`: where the envelope was written. */
export type Attested = { out: string; signed_by: string[]; statement: RunStatement; envelope: Envelope };

/**
 * Signs for what a run did, by its log and by git: what cannot be derived from them again is not signed.
 *
 * @param order `keys` paths of private keys; `out` a new file for the envelope, null: one that is called after the run
 * @throws DgovError `run_unknown`; `key_unusable`; `unattestable` when the run is not over, or its log is not what was written
 */
export async function attestRun(
  asking: Attesting,
  text: string,
  order: { keys: readonly string[]; out: string | null },
): Promise<Attested> {
  const keys = order.keys.map((path) => readPrivateKey(resolve(asking.cwd, path)));
  if (keys.length === 0) throw new DgovError("usage", "Cannot sign: no key is given", { hint: "Give --key FILE" });
  const statement = await statementOf(asking, text);
  const envelope = seal(Buffer.from(canonical(stated(statement))), keys);
  const out = order.out ?? `${statement.run}.attestation.json`;
  writeNew(resolve(asking.cwd, out), `${JSON.stringify(envelope, null, 2)}\n`);
  return { out, signed_by: [...new Set(keys.map(({ id }) => id))], statement, envelope };
}

/** @throws DgovError `usage` when there is such a file already, or none can be written */
export function writeNew(path: string, text: string, mode = 0o666): void {
  try {
    writeFileSync(path, text, { flag: "wx", mode });
  } catch (cause) {
    const why = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    const said = why === "EEXIST" ? "it is there already" : why;
    throw new DgovError("usage", `Cannot write "${path}": ${said}`, { hint: "Give another --out", cause });
  }
}

export const unattestable = (run: string, why: string) =>
  new DgovError("unattestable", `Cannot attest the run ${run}: ${why}`);

/** `events` all of the run's own, from its first; `decisions`: how many follow from them. */
type Ended = {
  id: RunId;
  root: string;
  events: Stored[];
  run: Run & { status: RunStatement["status"] };
  decisions: number;
};

/**
 * A run that is over, when its log is what was written and everything in it follows.
 *
 * @throws DgovError `run_unknown`, `unattestable`
 */
export async function endedRun({ cwd, env }: Attesting, text: string): Promise<Ended> {
  const root = findRoot(cwd);
  const { id, events } = await withLog(root, (log) => {
    const row = findRun(log, text);
    return { id: row.run, events: [...log.read({ run: row.run, after: row.first_seq - 1 })] };
  });
  const { fault } = await verifyLog({ cwd, env }, null);
  if (fault) throw unattestable(id, `the log is not what was written: ${fault.message}`);
  const { run, decisions, difference } = rederive(events);
  if (difference) throw unattestable(id, `event ${difference.seq} does not follow from those before it`);
  if (run?.state !== "ended" || run.status === null) throw unattestable(id, "it is not over");
  const count = Object.values(decisions).reduce((sum, one) => sum + one, 0);
  return { id, root, events, run: { ...run, status: run.status }, decisions: count };
}

async function statementOf(asking: Attesting, text: string): Promise<RunStatement> {
  const { id, root, events, run, decisions } = await endedRun(asking, text);
  const { env, version } = asking;
  const git = createGit(root, env);
  const landed = run.tasks.flatMap(({ work }) => work?.landed ?? []);
  const [head, base] = await Promise.all([
    pointOf(git, id, landedLast(events) ?? run.started.head),
    pointOf(git, id, run.started.head),
  ]);
  const points = new Map(await Promise.all(landed.map(async (at) => [at, await pointOf(git, id, at)] as const)));
  const tasks = await Promise.all(run.tasks.map((task) => taskStatement({ git, run, events, points }, task.id)));
  return {
    run: id,
    plan: run.started.plan,
    plan_hash: run.started.plan_hash,
    config_hash: run.started.config_hash,
    dgov_version: version,
    status: run.status,
    sandbox: levelOf(events),
    target: run.started.target,
    base,
    head,
    tasks,
    replay: { decisions, agrees: true },
    log: logStatement(events),
    does_not_attest: [...DOES_NOT_ATTEST],
  };
}

export function logStatement(events: readonly Stored[]): RunStatement["log"] {
  const [first, last] = [events[0]!, events.at(-1)!];
  return {
    events: events.length,
    first: { seq: first.seq, hash: first.hash },
    last: { seq: last.seq, hash: last.hash },
    root: merkleRoot(events.map(({ hash }) => hash)),
  };
}

const landedLast = (events: readonly Stored[]): string | null =>
  events.flatMap(({ event }) => (event.kind === "task_landed" ? [event.commit] : [])).at(-1) ?? null;

const levelOf = (events: readonly Stored[]): string | null =>
  events.flatMap(({ event }) => (event.kind === "sandbox_chosen" ? [event.level] : [])).at(-1) ?? null;

type Point = RunStatement["head"];

async function pointOf(git: Git, run: string, commit: string): Promise<Point> {
  const [found, tree] = await git.objects.info([`${commit}^{commit}`, `${commit}^{tree}`]);
  if (!found || !tree) throw unattestable(run, `the commit ${commit} is not in this repository`);
  return { commit: found.oid, tree: tree.oid };
}

type Known = { git: Git; run: Run; events: readonly Stored[]; points: ReadonlyMap<string, Point> };

async function taskStatement({ git, run, events, points }: Known, id: TaskId): Promise<TaskStatement> {
  const task = run.tasks[run.index.get(id)!]!;
  const carried = run.started.tasks.some((spec) => spec.id === id && Boolean(spec.carried));
  const landed = points.get(task.work?.landed ?? "") ?? null;
  const gates = events.flatMap(({ event }) =>
    event.kind === "gate_judged" && event.task === id && event.attempt === task.attempt
      ? [{ gate: event.gate, verdict: event.verdict }]
      : [],
  );
  const changed_files = landed === null || carried ? [] : await changedFiles(git, landed.commit);
  return { task: id, state: task.state, attempts: task.attempt, carried, landed, changed_files, gates };
}

/** What a commit changed in its parent. */
export async function changedFiles(git: Git, commit: string): Promise<TaskStatement["changed_files"]> {
  const changes = await diffTrees(git, `${commit}^`, commit);
  return changes.map(({ path, old_oid, new_oid }) => ({ path, before: there(old_oid), after: there(new_oid) }));
}

const there = (oid: string): string | null => (/^0*$/.test(oid) ? null : oid);
