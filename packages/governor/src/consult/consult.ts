import { type Cause, type EventOf, type RunId, type Store, taskOf } from "@dgov/kernel";
import type { ToolBox } from "@dgov/worker";
import { newRunId, startedEvent } from "../begin.ts";
import { openComponents, withComponents } from "../components.ts";
import { readProject } from "../config.ts";
import { type Asked, dispatch, type Mend } from "../dispatch/attempt.ts";
import { bindModels } from "../dispatch/provider.ts";
import { type Box, type Ending, typedEnding } from "../dispatch/typed_ending.ts";
import { DgovError } from "../error.ts";
import type { Git } from "../git/git.ts";
import { inspect, openRepository } from "../git/readiness.ts";
import { poolFolder, removeDeadLocks } from "../git/worktrees.ts";
import { inSite } from "../in_site.ts";
import { openJail } from "../jail.ts";
import { outliveKilled, takeRepository } from "../lock.ts";
import { openWritable } from "../log.ts";
import { runLoop } from "../loop.ts";
import { mendLanding } from "../mend_landing.ts";
import { performersOf } from "../perform.ts";
import type { CompiledPlan } from "../plan/compiled.ts";
import { refuseOtherRoot } from "../ready.ts";
import { keepOrphans } from "../recover.ts";
import { findRoot } from "../root.ts";
import { Session, type World } from "../session.ts";
import type { Site } from "../site.ts";
import { withSteering } from "../steering/desk.ts";
import { forReading, planFor, refuseWithoutModel, unitFor, type Wanted } from "./wanted.ts";

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
  const root = findRoot(cwd);
  const git = await openRepository(root, world.env);
  refuseOtherRoot(git, root);
  const common = await git.commonDir();
  await outliveKilled(common);
  const lock = takeRepository(common, world.now_ms());
  try {
    await mendLanding(git, root);
    removeDeadLocks(poolFolder(root, world.env), world.now_ms());
    const log = openWritable(root, { readonly: false });
    try {
      return await underLock({ git, root, log, world }, consultation);
    } finally {
      log.close();
    }
  } finally {
    lock.release();
  }
}

type Place = { git: Git; root: string; log: Store; world: World };

async function underLock<Answer>(
  { git, root, log, world }: Place,
  asked: Consultation<Answer>,
): Promise<Consulted<Answer>> {
  const project = forReading(readProject(root, null, world.env), asked.ceiling);
  const unit = unitFor(asked, project);
  const plan = planFor(asked.about, unit);
  refuseWithoutModel({ unit, plan, project });
  const models = bindModels({ plan, project }, world);
  const state = await inspect(git);
  if (state.kind !== "ready")
    throw new DgovError(
      "repo_empty",
      `Cannot ask about "${git.root}": it has no commit yet, and only commits are read`,
    );
  const { target, head } = state;
  const { ending, reuse } = asked;
  const known = reuse ? answeredBefore(log, plan, { head, schema: ending.schema, reuse }) : null;
  if (known) return known;
  const jail = await openJail(withComponents(project), world);
  const components = await openComponents({ git, project, head, jail });
  const ready = { root, git, project, plan, warnings: [], target, head };
  const request = { jobs: 1 };
  const started = startedEvent(ready, { carried: new Map(), only: [], request, world, base: null });
  const session = Session.begin(newRunId(world), log, world, started);
  session.record({ kind: "sandbox_chosen", level: jail.level, detail: jail.detail });
  const parts = { world, session, project, plan, models, git, jail, components, target };
  const given: { answer: Answer | null } = { answer: null };
  await inSite(parts, async (site) => {
    await keepOrphans(site);
    const performers = performersFor(site, { asked, head, given });
    await withSteering({ root, run: session.id, wait_ms: 0 }, world, (steering) =>
      runLoop(session, performers, world.signal, steering),
    );
  });
  const { state: stands, failed } = taskOf(session.run, unit.id);
  if (stands === "landed" && given.answer !== null) return { run: session.id, head, answer: given.answer };
  const { cause, detail } = failed ?? { cause: "interrupted" as const, detail: String(world.signal.reason ?? "") };
  return { run: session.id, head, answer: null, cause, detail };
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

type Consulting<Answer> = { asked: Consultation<Answer>; head: string; given: { answer: Answer | null } };

/** Each attempt has a box of its own. */
const performersFor = <Answer>(site: Site, { asked, head, given }: Consulting<Answer>) => ({
  ...performersOf(site),
  dispatch: (action: Parameters<typeof dispatch>[1], signal: AbortSignal) =>
    dispatch(site, action, { signal, head, mend: NOT_MENDED, asked: askedOf(asked.ending, given) }),
});

const NOT_MENDED: Mend = async () => undefined;

function askedOf<Answer>(ending: Ending<Answer>, given: { answer: Answer | null }): Asked {
  const boxes: Box<Answer>[] = [];
  return {
    tool: ending.tool,
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
