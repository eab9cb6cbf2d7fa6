import { strict as assert } from "node:assert";
import type { Cause, EventOf, RunId, Store } from "@dgov/kernel";
import type { ToolBox } from "@dgov/worker";
import { counted } from "../counted.ts";
import { dispatch, type Mend } from "../dispatch/attempt.ts";
import type { Asked } from "../dispatch/let_work.ts";
import { answerByProgram } from "../dispatch/program_answer.ts";
import { bindModels } from "../dispatch/provider.ts";
import { type Box, type Ending, schemaOf, typedEnding } from "../dispatch/typed_ending.ts";
import { performersOf } from "../perform.ts";
import type { CompiledPlan } from "../plan/compiled.ts";
import type { Project } from "../project.ts";
import type { World } from "../session.ts";
import type { Site } from "../site.ts";
import { type Own, ownRun } from "./own_run.ts";
import { forReading, planFor, refuseUnasked, unitFor, type Wanted } from "./wanted.ts";

/**
 * What is asked, and in which form the answer is taken. `reuse`: whether an answer that such a run has to this very
 * question on this very commit is taken for this one, and nothing is asked or spent; absent: it is asked anew.
 */
export type Consultation<Answer> = Wanted & { ending: Ending<Answer>; reuse?: (run: string) => boolean };

/** `head`: the commit that was looked at. Whoever has no answer says why as a task that failed does. */
export type Consulted<Answer> = { run: RunId; head: string } & (
  | { answer: Answer }
  | { answer: null; cause: Cause; detail: string }
);

/**
 * Asks somebody who can read the repository, and nothing else, for an answer of a given form. It is a run of one task, with a
 * worktree, a jail, limits, retries and an account as any other has; its answer is the event `answer_given`. It takes the
 * repository for as long as it lasts. Of the project's own commands none is run.
 *
 * @throws DgovError for everything that is refused before the first event, and for a machine that fails the run
 */
export async function consult<Answer>(
  cwd: string,
  consultation: Consultation<Answer>,
  world: World,
): Promise<Consulted<Answer>> {
  const given: Given<Answer> = { answer: null, boxes: [] };
  const before: { known: Consulted<Answer> | null } = { known: null };
  const { reuse, ending } = consultation;
  const own: Own = {
    prepare: (whole) => planned(whole, consultation),
    isNeeded(log, plan, head) {
      before.known = reuse ? answeredBefore(log, plan, { head, schema: ending.schema, reuse }) : null;
      return before.known === null;
    },
    performers: (site, head) => performersFor(site, { asked: consultation, head, given }),
  };
  const ran = await ownRun(cwd, own, world);
  if (before.known) return before.known;
  assert(ran, "What nobody has answered is asked");
  const { session, head } = ran;
  const [task] = session.run.tasks;
  if (task?.state === "landed" && given.answer !== null) return { run: session.id, head, answer: given.answer };
  const { cause, detail } = task?.failed ?? { cause: "interrupted", detail: String(world.signal.reason ?? "") };
  return { run: session.id, head, answer: null, cause, detail: `${detail}${refusedOf(given, detail)}` };
}

/** What came of every attempt, in a box each. */
type Given<Answer> = { answer: Answer | null; boxes: Box<Answer>[] };

/** What a person cannot see in how it ended: that answers came, and why the last of them was none. */
function refusedOf({ boxes }: Given<unknown>, detail: string): string {
  const times = boxes.reduce((sum, { refused }) => sum + refused, 0);
  const [last = ""] = boxes.findLast(({ fault }) => fault !== null)?.fault?.said.split("\n") ?? [];
  if (times === 0 || detail.includes(last)) return "";
  return `; it did answer (${counted(times, "time")}), and was refused, at last because ${last.slice(0, SAID_MAX)}`;
}

const SAID_MAX = 400;

/** The project and the plan of what is asked. @throws DgovError `provider_unknown` */
function planned(whole: Project, wanted: Wanted): ReturnType<Own["prepare"]> {
  const project = forReading(whole, wanted.ceiling);
  const unit = unitFor(wanted, project);
  const plan = planFor(wanted.about, unit);
  refuseUnasked({ unit, plan, project }, { programs: true });
  return { project, plan };
}

/**
 * Whether all of them could be asked, before the first one is paid for.
 *
 * @throws DgovError `provider_unknown`, `key_missing`, `script_invalid` or `config_invalid`
 */
export function refuseUnaskable(project: Project, all: readonly Wanted[], world: World): void {
  for (const wanted of all) bindModels(planned(project, wanted), world);
}

/** The newest answer in the log to this question on this commit, if it is of the form that is asked for today. */
function answeredBefore<Answer>(
  log: Store,
  { name, hash }: CompiledPlan,
  { head, schema, reuse }: { head: string; schema: Ending<Answer>["schema"]; reuse: (run: string) => boolean },
): Consulted<Answer> | null {
  for (const { run, first_seq } of log.runs().filter(({ plan, run }) => plan === name && reuse(run))) {
    const events = [...log.read({ run, kinds: ["run_started", "answer_given"], after: first_seq - 1 })];
    const started = events.some(
      ({ event }) => event.kind === "run_started" && event.plan_hash === hash && event.head === head,
    );
    const given = events.flatMap(({ event }) => (event.kind === "answer_given" ? [event] : [])).at(-1);
    const answer = started && given ? schema.safeParse(JSON.parse(given.answer)) : null;
    if (answer?.success) return { run, head, answer: answer.data };
  }
  return null;
}

type Consulting<Answer> = { asked: Consultation<Answer>; head: string; given: Given<Answer> };

/** Each attempt has a box of its own. */
const performersFor = <Answer>(site: Site, { asked, head, given }: Consulting<Answer>) => ({
  ...performersOf(site),
  dispatch: (action: Parameters<typeof dispatch>[1], signal: AbortSignal) =>
    dispatch(site, action, { signal, head, mend: NOT_MENDED, asked: askedOf(asked.ending, given) }),
});

const NOT_MENDED: Mend = async () => undefined;

function askedOf<Answer>(ending: Ending<Answer>, given: Given<Answer>): Asked {
  const { boxes } = given;
  return {
    tool: ending.tool,
    form: { tool: ending.tool, schema: schemaOf(ending) },
    async byProgram(site, of, lent) {
      const answered = await answerByProgram(site, of, { lent, ending });
      if (answered) boxes.push(answered.box);
      return answered?.ended ?? null;
    },
    lend(tools: ToolBox) {
      const { tools: lent, box } = typedEnding(tools, ending, { may_give_up: true });
      boxes.push(box);
      return lent;
    },
    given(): Pick<EventOf<"answer_given">, "form" | "answer" | "refused"> | null {
      const box = boxes.at(-1);
      if (!box?.answer) return null;
      given.answer = box.answer;
      return { form: ending.tool, answer: JSON.stringify(box.answer), refused: box.refused };
    },
  };
}
