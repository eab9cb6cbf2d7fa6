import { type EventOf, taskOf } from "@dgov/kernel";
import { type Isolation, IsolationLost, type Scope } from "@dgov/sandbox";
import type { Outcome } from "@dgov/worker";
import type { Program } from "../agent_file.ts";
import type { Lent } from "../dispatch/program.ts";
import { answerByProgram } from "../dispatch/program_answer.ts";
import type { Ended } from "../dispatch/program_outcome.ts";
import { type Talker, talk } from "../dispatch/talk.ts";
import { answerGit } from "../git/answer_git.ts";
import type { Lease } from "../git/worktrees.ts";
import { hostsOrNone } from "../presets.ts";
import type { Short } from "../short_text.ts";
import type { Site } from "../site.ts";
import { cacheForCommands } from "../tool_cache.ts";
import { type Box, ballotEnding, ballotTools, votedIn } from "./ballot.ts";
import type { Question, Reviewed } from "./question.ts";
import { keepBallot } from "./receipt.ts";

type Voted = EventOf<"seat_voted">;

/** Where a seat sits: a checkout of the tree that all seats share and none can write, and the numbers of the calls that it pays for. */
export type Room = {
  site: Site;
  of: Pick<Voted, "task" | "attempt">;
  reviewed: Reviewed;
  scope: Scope;
  checkout: Lease;
  number: () => number;
  signal: AbortSignal;
};

/** `short`: the ceiling that it came to, where that is why there is no vote. */
export type Asked = { vote: Voted; short: Short | null };

/**
 * Lets one seat look and vote, in an isolation of its own that can write nothing. Whatever goes wrong with it is a seat without
 * a vote.
 *
 * @returns null when the run is being stopped and it has not voted
 */
export async function askSeat(room: Room, question: Question): Promise<Asked | null> {
  const { site, of, reviewed, signal } = room;
  const { seat, asked } = question;
  const started_ms = site.world.now_ms();
  const tier = taskOf(site.session.run, of.task).tier;
  const { program } = site.models.seat(seat.name, { task: of.task, tier });
  const start = openJail(room, program);
  const isolation = await start(room.scope);
  try {
    const talked = await (program === null
      ? converse(room, question, isolation)
      : askProgram(room, question, { program, isolation, start }));
    if (talked === null) return null;
    const { outcome, box, short, looked } = talked;
    if (box.answer === null && signal.aborted) return null;
    const told = box.answer ? votedBy(box.answer) : absent(outcome, box.fault);
    const took_ms = Math.round(site.world.now_ms() - started_ms);
    const kept = box.raw === null ? {} : { ballot: keepBallot(site.out, { ...of, seat: seat.name }, box.raw) };
    const voted = { ...of, seat: seat.name, asked, tree: reviewed.tree, ...told, looked, ...kept, took_ms };
    const vote: Voted = { kind: "seat_voted", ...voted };
    return { vote, short: vote.why === "budget" ? short : null };
  } finally {
    await isolation.stop();
  }
}

/** Jails on the checkout of which nothing can be written. */
const openJail =
  ({ site, reviewed, checkout }: Room, program: Program | null) =>
  async (scope: Scope): Promise<Isolation> =>
    site.jail.start({
      root: checkout.path,
      write: [],
      git_dir: await site.git.commonDir(),
      network: hostsOrNone(program?.hosts ?? site.project.rules.sandbox.gate_hosts),
      scope,
      git: answerGit(checkout.git, reviewed.head),
      ...cacheForCommands(site),
    });

/** `looked`: how often it has read of the tree; null: nobody saw. */
type Talked = { outcome: Outcome | Ended | "lost"; box: Box; short: Short | null; looked: number | null };

async function converse(room: Room, { seat, model, order, demands }: Question, isolation: Isolation): Promise<Talked> {
  const { site, of, reviewed, scope, checkout, number, signal } = room;
  const { models, git, session } = site;
  const rung = { task: of.task, tier: taskOf(session.run, of.task).tier };
  const lent = { box: EMPTY, looked: () => NO_LOOKS };
  const talker: Talker = {
    ...{ of, isolation, scope, root: checkout.path, required: null, seat: seat.name, number },
    caller: { role: "reviewer", model, price: models.seat(seat.name, rung).price },
    model: models.seatModel(seat.name, { ...rung, ...of }),
    lend(tools) {
      const { tools: own, ...seen } = ballotTools(tools, { git, reviewed, demands });
      Object.assign(lent, seen);
      return own;
    },
  };
  try {
    const talked = await talk(site, talker, { order, signal });
    return { ...talked, box: lent.box, looked: lent.looked().looks };
  } catch (error) {
    // What it ran can kill its own isolation: then it has no vote. A bug of ours goes on up.
    if (error instanceof IsolationLost)
      return { outcome: "lost", box: lent.box, looked: lent.looked().looks, short: null };
    throw error;
  }
}

type Lending = Pick<Lent, "program" | "isolation" | "start">;

/** A program hands its ballot in as a file. @returns null when the run is being stopped */
async function askProgram(room: Room, question: Question, lending: Lending): Promise<Talked | null> {
  const { site, of, reviewed, scope, checkout, signal } = room;
  const { seat, order, demands } = question;
  const lent: Lent = { ...lending, order, signal, scope, root: checkout.path, seat: seat.name };
  const looked = () => looksOf(site, of, question, lending.program);
  const ending = ballotEnding({ git: site.git, reviewed, demands, looked });
  try {
    const answered = await answerByProgram(site, of, { lent, ending });
    return answered && { outcome: answered.ended, box: answered.box, short: null, looked: looked()?.looks ?? null };
  } catch (error) {
    if (error instanceof IsolationLost) return { outcome: "lost", box: EMPTY, short: null, looked: null };
    throw error;
  }
}

/** What one that asks for files as of an editor was shown; null: it works unseen, or read by means of its own. */
function looksOf({ session }: Site, of: Room["of"], { seat, demands }: Question, { protocol }: Program) {
  const own = session
    .read("tool_called", of.task)
    .filter((call) => call.seat === seat.name && call.attempt === of.attempt);
  const [looks, failed] = [own.filter(({ ok }) => ok).length, own.filter(({ ok }) => !ok).length];
  const seen = protocol === "acp" && (looks > 0 || demands.must);
  return seen ? { looks, failed } : null;
}

const EMPTY: Box = { answer: null, raw: null, fault: null, refused: 0 };
const NO_LOOKS = { looks: 0, failed: 0 };

type Told = Pick<Voted, "vote" | "why" | "said" | "findings" | "units" | "earlier">;

function votedBy(ballot: NonNullable<Box["answer"]>): Told {
  const { vote, ...told } = votedIn(ballot);
  return vote === "abstain" ? { vote: "none", why: "empty", ...told } : { vote, why: null, ...told };
}

/** Why a seat has no vote. Words that were no ballot are none, whatever they say. */
function absent(outcome: Talked["outcome"], fault: Box["fault"]): Told {
  const none = (why: Voted["why"], said: string): Told => ({ vote: "none", why, said, findings: [] });
  if (outcome === "lost") return none("crashed", "Its isolated process died");
  if ("done" in outcome) return byProgram(outcome, fault, none);
  switch (outcome.ended) {
    case "timeout":
      return none("timeout", `${Math.round(outcome.after_ms / 1000)} s are used up`);
    case "provider":
      return none("crashed", `${outcome.cause}: ${outcome.detail}`);
    case "budget":
      return none("budget", "The next call could not be paid for");
    default:
      return fault ? none(fault.why, fault.said) : none("empty", "It ended without a vote");
  }
}

/** How a program that gave no ballot ended. */
function byProgram(ended: Ended, fault: Box["fault"], none: (why: Voted["why"], said: string) => Told): Told {
  if (ended.done) return none("empty", ended.summary);
  if (fault) return none(fault.why, fault.said);
  if (ended.cause === "timeout") return none("timeout", ended.detail);
  return none(ended.cause === "incomplete" || ended.cause === "blocked" ? "empty" : "crashed", ended.detail);
}
