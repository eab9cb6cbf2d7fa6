import { strict as assert } from "node:assert";
import type { EventOf } from "./event.ts";
import { type Run, type Task, taskOf } from "./run.ts";

/** An attempt whose candidate is to be judged. */
export type Member = EventOf<"batch_begun">["tasks"][number];

/**
 * Candidates that are judged as one tree. `queue`: who is to be judged next, in groups, each in landing order; a candidate
 * that is in none comes after them. `judged`: what was said last of the first group. `tip` is the commit that was judged with
 * all of them in it, or null when it did not pass.
 */
export type Batches = {
  readonly queue: readonly (readonly Member[])[];
  readonly judged: { readonly tasks: readonly Member[]; readonly tip: string | null } | null;
};

type BatchEvent = EventOf<"batch_begun" | "batch_judged" | "batch_split">;

/** Whether candidates are judged together in this run. */
export const isBatching = ({ started }: Run): boolean => started.batch !== undefined;

/**
 * Folds what happened to a batch. Tasks are moved by events of their own, beside these.
 *
 * @throws AssertionError for an event that is illegal in the run's state
 */
export function foldBatch(run: Run, event: BatchEvent): Batches {
  const illegal = `Illegal event "${event.kind}"`;
  assert(isBatching(run), `${illegal}: in this run each candidate is judged alone`);
  assert(run.state !== "ended", `${illegal}: the run has ended`);
  switch (event.kind) {
    case "batch_begun":
      return begun(run, event);
    case "batch_judged":
      return judged(run, event);
    case "batch_split": {
      const last = run.batches.judged;
      assert(last && last.tip === null, `${illegal}: no batch was refused`);
      assert.deepEqual(event.parts, halves(last.tasks), `${illegal}: not its halves`);
      return { queue: [...event.parts, ...run.batches.queue.slice(1)], judged: null };
    }
  }
}

function begun(run: Run, { tasks, apart }: EventOf<"batch_begun">): Batches {
  const all = [...tasks, ...apart].map(({ task, attempt }): Member => ({ task, attempt }));
  const illegal = 'Illegal event "batch_begun"';
  assert(run.state === "running", `${illegal}: the run is ${run.state}`);
  assert(tasks.length <= (run.started.batch ?? 1), `${illegal}: more than ${run.started.batch} at once`);
  assert.equal(new Set(all.map(({ task }) => task)).size, all.length, `${illegal}: a task is in it twice`);
  for (const one of all) assert(isJudging(run, one), `${illegal}: "${one.task}" is not to be judged`);
  const others = run.batches.queue.map((group) => group.filter((one) => !all.some(({ task }) => task === one.task)));
  const alone = all.slice(tasks.length).map((one) => [one]);
  const waiting = others.filter((group) => group.some((one) => isJudging(run, one)));
  return { queue: [all.slice(0, tasks.length), ...alone, ...waiting], judged: null };
}

function judged(run: Run, { tasks, verdict, gates, commit }: EventOf<"batch_judged">): Batches {
  const illegal = 'Illegal event "batch_judged"';
  assert.deepEqual(tasks, run.batches.queue[0], `${illegal}: other tasks had begun`);
  for (const one of tasks) assert(isJudging(run, one), `${illegal}: "${one.task}" is not to be judged`);
  const refused = gates.find((gate) => gate.verdict !== "pass")?.verdict ?? "pass";
  assert.equal(verdict, refused, `${illegal}: its gates say "${refused}"`);
  return { ...run.batches, judged: { tasks, tip: verdict === "pass" ? commit : null } };
}

/** The first half has the odd one: it lands first, and what lands is judged once more with what comes after it. */
export function halves(tasks: readonly Member[]): Member[][] {
  const middle = Math.ceil(tasks.length / 2);
  return [tasks.slice(0, middle), tasks.slice(middle)];
}

/** Who is to be judged now: the next group of which anybody is left, else as many as there are, in plan order. */
export function groupToJudge(run: Run): Member[] {
  for (const group of run.batches.queue) {
    const left = group.filter((one) => isJudging(run, one));
    if (left.length > 0) return left;
  }
  const candidates = run.tasks.filter(({ state }) => state === "judging");
  return candidates.slice(0, run.started.batch ?? 1).map(({ id: task, attempt }) => ({ task, attempt }));
}

const isJudging = (run: Run, { task: id, attempt }: Member): boolean => {
  const task = taskOf(run, id);
  return task.state === "judging" && task.attempt === attempt;
};

/**
 * The tasks that land together with this one, each on top of the one before; itself alone, where it was judged alone. null:
 * not all that were judged with it are to land, so that none of them may.
 */
export function landingWith(run: Run, task: Task): Task[] | null {
  const integrated = task.work?.integrated;
  const tip = integrated?.tip;
  if (!integrated || tip === undefined) return [task];
  const same = run.tasks.filter(({ state, work }) => LANDS.includes(state) && work?.integrated?.tip === tip);
  const by = (of: "head" | "commit", oid: string) => same.find(({ work }) => work?.integrated?.[of] === oid);
  const chain = [task];
  for (let below = by("commit", integrated.head); below; below = by("commit", below.work?.integrated?.head ?? ""))
    chain.unshift(below);
  for (let above = by("head", integrated.commit); above; above = by("head", above.work?.integrated?.commit ?? ""))
    chain.push(above);
  return chain.length === same.length && chain.at(-1)?.work?.integrated?.commit === tip ? chain : null;
}

const LANDS: readonly Task["state"][] = ["ready", "landing"];
