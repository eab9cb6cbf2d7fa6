import { strict as assert } from "node:assert";
import type { Event, EventOf } from "./event.ts";
import type { Run } from "./run.ts";

/**
 * What is known of all that has landed, taken together. `landings`: the commits with which this run's tasks landed, in that
 * order. `judged`: what all gates have said of a commit; the first of them was the target's head. `kept`: the commit that
 * is offered instead of a head that is red.
 */
export type Whole = {
  readonly landings: readonly string[];
  readonly judged: ReadonlyMap<string, "pass" | "reject" | "broken">;
  readonly kept: string | null;
};

/** `judge_head`: of the target's head as it is then, where `commit` is null. */
type AtTheEnd = { do: "judge_head"; commit: string | null } | { do: "keep_good"; commit: string };

export const nothingLanded: Whole = { landings: [], judged: new Map(), kept: null };

/** One more landing: what was said of the head before it is said of another. */
const withLanding = ({ landings }: Whole, commit: string): Whole => ({
  ...nothingLanded,
  landings: [...landings, commit],
});

/** What was said stands as long as the head is the one of which it was said. */
const onHead = (whole: Whole, head: string | null): Whole =>
  headOf(whole) === head ? whole : { ...nothingLanded, landings: whole.landings };

const headOf = ({ judged }: Whole): string | null => judged.keys().next().value ?? null;

/**
 * What is to be done once no task is left, before the run may end: all gates are asked of the target's head, and where that is
 * red, of the commits below it by halves, until the last is known at which they pass. It assumes that what is red stays red;
 * what it finds was judged itself, whether that is so or not.
 *
 * @returns null: nothing
 */
export function atTheEnd(run: Run): AtTheEnd | null {
  if (!isAsked(run)) return null;
  const { judged, kept } = run.whole;
  const head = headOf(run.whole);
  if (head === null) return { do: "judge_head", commit: null };
  if (judged.get(head) === "pass") return null;
  const row = headsOf(run, head);
  let [passes, fails] = [-1, row.length - 1];
  while (fails - passes > 1) {
    const middle = Math.floor((passes + fails) / 2);
    const commit = row[middle] ?? head;
    const said = judged.get(commit);
    if (said === undefined) return { do: "judge_head", commit };
    if (said === "pass") passes = middle;
    else fails = middle;
  }
  const good = row[passes];
  return good === undefined || good === kept ? null : { do: "keep_good", commit: good };
}

/** Where the target has been, from where the run began up to this commit, as far as the run has brought it there. */
export function headsOf({ started, whole }: Run, head: string): string[] {
  const row = [...new Set([started.head, ...whole.landings, head])];
  return row.slice(0, row.indexOf(head) + 1);
}

/** Where nothing was landed there is nothing new to ask of; all that landed before is asked of again, for it was red. */
function isAsked({ started, whole, tasks, short }: Run): boolean {
  if (started.final === undefined || short?.limit === "wall_ms") return false;
  const isCarried = started.tasks.some(({ carried }) => carried !== null);
  return whole.landings.length > 0 || (isCarried && tasks.every(({ state }) => state === "landed"));
}

/** Whether all gates pass on the head that the run leaves, as far as they were to be asked. */
export const isWhole = ({ whole }: Run): boolean => {
  const head = headOf(whole);
  return head === null || whole.judged.get(head) === "pass";
};

/** @throws AssertionError for what was not to be asked or kept, and for a verdict that is not its gates' */
export function foldWhole(run: Run, event: EventOf<"head_judged" | "good_head_kept">, asked: AtTheEnd | null): Whole {
  const illegal = `Illegal event "${event.kind}"`;
  assert(run.state === "running", `${illegal}: the run is ${run.state}`);
  if (event.kind === "good_head_kept") {
    assert(asked?.do === "keep_good" && asked.commit === event.commit, `${illegal}: not the last good head`);
    return { ...run.whole, kept: event.commit };
  }
  const { commit, verdict, gates } = event;
  assert(asked?.do === "judge_head" && (asked.commit ?? commit) === commit, `${illegal}: it was not to be asked`);
  const refused = gates.find((gate) => gate.verdict !== "pass")?.verdict ?? "pass";
  assert.equal(verdict, refused, `${illegal}: its gates say "${refused}"`);
  return { ...run.whole, judged: new Map([...run.whole.judged, [commit, verdict]]) };
}

/** What an event that moves a task, or the run, means for the whole. */
export function wholeAfter({ whole }: Run, event: Event): Whole {
  if (event.kind === "task_landed") return withLanding(whole, event.commit);
  if (event.kind === "run_resumed") return onHead(whole, event.head);
  return event.kind === "run_forked" ? onHead(whole, null) : whole;
}
