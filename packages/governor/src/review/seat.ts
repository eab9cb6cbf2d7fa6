import { type EventOf, taskOf } from "@dgov/kernel";
import { type Isolation, IsolationLost, type Scope } from "@dgov/sandbox";
import type { Outcome } from "@dgov/worker";
import { type Talker, talk } from "../dispatch/talk.ts";
import { answerGit } from "../git/answer_git.ts";
import type { Lease } from "../git/worktrees.ts";
import { hostsOrNone } from "../presets.ts";
import type { Short } from "../short_text.ts";
import type { Site } from "../site.ts";
import { type Box, ballotTools, votedIn } from "./ballot.ts";
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
  const { site, of, reviewed, scope, checkout, signal } = room;
  const started_ms = site.world.now_ms();
  const isolation = await site.jail.start({
    root: checkout.path,
    write: [],
    git_dir: await site.git.commonDir(),
    network: hostsOrNone(site.project.rules.sandbox.gate_hosts),
    scope,
    git: answerGit(checkout.git, reviewed.head),
  });
  try {
    const { outcome, box, short, looked } = await converse(room, question, isolation);
    if (box.answer === null && signal.aborted) return null;
    const told = box.answer ? votedBy(box.answer) : absent(outcome, box.fault);
    const { seat, asked } = question;
    const took_ms = Math.round(site.world.now_ms() - started_ms);
    const kept = box.raw === null ? {} : { ballot: keepBallot(site.out, { ...of, seat: seat.name }, box.raw) };
    const voted = { ...of, seat: seat.name, asked, tree: reviewed.tree, ...told, looked, ...kept, took_ms };
    const vote: Voted = { kind: "seat_voted", ...voted };
    return { vote, short: vote.why === "budget" ? short : null };
  } finally {
    await isolation.stop();
  }
}

/** `looked`: how often it has read of the tree; null: nobody saw. */
type Talked = { outcome: Outcome | "lost"; box: Box; short: Short | null; looked: number | null };

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

const EMPTY: Box = { answer: null, raw: null, fault: null, refused: 0 };
const NO_LOOKS = { looks: 0, failed: 0 };

type Told = Pick<Voted, "vote" | "why" | "said" | "findings" | "units">;

function votedBy(ballot: NonNullable<Box["answer"]>): Told {
  const { vote, ...told } = votedIn(ballot);
  return vote === "abstain" ? { vote: "none", why: "empty", ...told } : { vote, why: null, ...told };
}

/** Why a seat has no vote. Words that were no ballot are none, whatever they say. */
function absent(outcome: Outcome | "lost", fault: Box["fault"]): Told {
  const none = (why: Voted["why"], said: string): Told => ({ vote: "none", why, said, findings: [] });
  if (outcome === "lost") return none("crashed", "Its isolated process died");
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
