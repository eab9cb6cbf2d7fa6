import { type EventOf, taskOf } from "@dgov/kernel";
import { type Count, countVotes, voteOf } from "@dgov/kernel/quorum";
import { changesFiles } from "@dgov/kernel/role";
import { prepare } from "../dispatch/prepare.ts";
import { scopeOf } from "../dispatch/scope.ts";
import { keepFiles } from "../git/kept_files.ts";
import type { Lease } from "../git/worktrees.ts";
import { ignoreRule } from "../ignore.ts";
import { type Review, SELF, type Seat } from "../review_file.ts";
import { type Gate, pass, type Settling, settle, type Verdict } from "../settlement/gate.ts";
import type { Short } from "../short_text.ts";
import type { Site } from "../site.ts";
import { answersTo, type Weighed } from "./answers.ts";
import { isApart, needsApart, notDue } from "./due.ts";
import { judgementOf } from "./judgement.ts";
import { type Question, questionsOf, type Reviewed } from "./question.ts";
import { askSeat, type Room } from "./seat.ts";
import { heardIn, type Told } from "./told.ts";

type Of = Pick<EventOf<"gate_judged">, "task" | "attempt">;

/** `short`: no verdict could be paid for, and this is the ceiling that it came to. */
type ByReview = { verdict: Verdict | null; short: Short | null };

/**
 * Asks the seats of `[review]` about the tree that would land, all at once and none knowing of the others, and counts their
 * votes. Votes that were given to the same question before, by whatever process, are not asked for again.
 */
export async function judgeByReview(
  { site, of }: { site: Site; of: Of },
  reviewed: Reviewed,
  settling: Settling,
  signal: AbortSignal,
): Promise<ByReview> {
  const sitting = sittingFor(site, of, reviewed);
  if (sitting === null) return { verdict: null, short: null };
  const { review, idle } = sitting;
  const came_to: { short: Short | null } = { short: null };
  const gate: Gate<Reviewed> = {
    name: "review",
    async check() {
      const notes = idle === null ? [] : [{ code: "review_not_due", message: `Nobody was asked for a vote: ${idle}` }];
      if (review.seats.length === 0) return { ...pass, findings: notes };
      const rounds = await deliberate({ site, of, review }, reviewed, signal);
      const last = rounds.at(-1);
      came_to.short = last?.counted.verdict === "broken" ? last.short : null;
      const said = judgementOf(rounds);
      return { ...said, findings: [...said.findings, ...notes] };
    },
  };
  const verdict = await settle([gate], reviewed, settling);
  return { verdict, ...came_to };
}

/** `idle`: why no vote is asked for; null: it is, or there is no review but the author's own. */
type Sitting = { review: Review; idle: string | null };

/** Who is asked about this change. @returns null: nobody ever is */
function sittingFor(site: Site, of: Of, reviewed: Reviewed): Sitting | null {
  const { review } = site.project.rules;
  const own = selfSeat(site, of, reviewed);
  if (review === null) return own && { review: { ...ALONE, seats: [own] }, idle: null };
  const idle = notDue(site, of, reviewed, review);
  const seats = [...(idle === null ? review.seats : []), ...(own === null ? [] : [own])];
  return { review: { ...review, seats, approvals: idle === null ? review.approvals : 0 }, idle };
}

/** As long as dgov 0.8 gave it. */
const ALONE: Omit<Review, "seats"> = { approvals: 0, turns: 30, time_ms: 120_000 };

/** The author as one more seat, which only advises; null: the task does not ask for it, or nobody could ask a guest. */
function selfSeat({ models, session }: Site, { task }: Of, { unit }: Reviewed): Seat | null {
  if (!unit.review.self_review || !changesFiles(unit.role)) return null;
  const { provider, agent, guest } = models.binding({ task, tier: taskOf(session.run, task).tier });
  if (guest) return null;
  const look_for = "Whether it does what was asked, all of it and no more, and what its author has overlooked";
  return { name: SELF, provider: provider.name, agent, family: SELF, look_for, advises: true };
}

type Asking = { site: Site; of: Of; review: Review };

/** A round of votes, as it was counted. */
type Round = { told: Told; counted: Count; short: Short | null; forbidden: readonly string[] };

/**
 * Asks in a first round of which nobody hears, and in as many more as the project wants while some approve and some reject:
 * in these each hears what the others have said.
 */
async function deliberate(asking: Asking, reviewed: Reviewed, signal: AbortSignal): Promise<Round[]> {
  const of = asking.review.rounds ?? 1;
  const rounds: Round[] = [];
  const { told: first, weighed } = await answersTo(asking.site, asking.of, reviewed);
  for (let told = first; ; ) {
    const round = await vote(asking, reviewed, { told, weighed: told === first ? weighed : [], signal });
    rounds.push(round);
    const { approving, rejecting } = round.counted;
    if (signal.aborted || rounds.length >= of || approving.length === 0 || rejecting.length === 0) return rounds;
    told = heardIn([...approving, ...rejecting], { n: rounds.length + 1, of }, told.said);
  }
}

type Asked = { told: Told; weighed: Weighed[]; signal: AbortSignal };

async function vote(
  { site, of, review: all }: Asking,
  reviewed: Reviewed,
  { told, weighed, signal }: Asked,
): Promise<Round> {
  const { session } = site;
  const { head, tree, unit } = reviewed;
  // Whose word decides nothing has had it in the first round.
  const review = told.round ? { ...all, seats: all.seats.filter(({ advises }) => !advises) } : all;
  const scope = scopeOf(site.project, { ...unit, role: "reviewer" }, head);
  const { questions, units, forbidden } = await questionsOf(site, reviewed, { review, scope, told });
  const apart = apartIn(site, of, review);
  const seats = questions.map(({ seat, model, asked }) => ({
    ...{ seat: seat.name, family: seat.family, model, asked },
    ...(seat.advises ? { advises: true as const } : {}),
    ...(apart(seat) ? { apart: true as const } : {}),
  }));
  const more = {
    ...(needsApart(reviewed, review) ? { apart: true as const } : {}),
    ...(told.round ? { round: told.round } : {}),
    ...(weighed.length === 0 ? {} : { answers: weighed }),
    ...(units.length === 0 ? {} : { units: [...units] }),
  };
  const opened = { kind: "review_opened", ...of, head, tree, approvals: review.approvals, ...more, seats } as const;
  session.record(opened);
  const before = session.read("seat_voted", of.task);
  const open = questions.filter(({ seat, asked }) => {
    const known = voteOf(opened, { seat: seat.name, asked }, before);
    return known === null || known.vote === "none";
  });
  const short = open.length === 0 ? null : await askOpen({ site, of, reviewed, scope, signal }, open);
  return { told, counted: countVotes(opened, session.read("seat_voted", of.task)), short, forbidden };
}

/** Which seats have nothing in common with who made this. */
function apartIn({ models, session }: Site, { task }: Of, { apart }: Review): (seat: Seat) => boolean {
  if (apart === undefined) return () => false;
  const { provider, agent } = models.binding({ task, tier: taskOf(session.run, task).tier });
  const author = { provider: provider.name, model: `${provider.name}/${agent}` };
  return (seat) => isApart(seat, author, apart.families);
}

/** Asks these seats in one checkout. @returns the ceiling that one of them came to, or null */
async function askOpen(asking: Omit<Room, "checkout" | "number">, open: readonly Question[]): Promise<Short | null> {
  const { site, of, reviewed, signal } = asking;
  const checkout = await site.pool.acquire(reviewed.head, { tree: reviewed.tree });
  try {
    await setUp(site, checkout, { head: reviewed.head, signal });
    const room: Room = { ...asking, checkout, number: numbersAfter(site.session.read("call_reserved", of.task), of) };
    // All are waited for, also when one has failed by a fault of ours: nobody works on in a checkout that was given back.
    const ends = await Promise.allSettled(open.map((question) => seatVotes(room, question)));
    const shorts = ends.map((end) => {
      if (end.status === "rejected") throw end.reason;
      return end.value;
    });
    return shorts.find((short) => short !== null) ?? null;
  } finally {
    checkout.release();
  }
}

/** A vote is in the log as soon as it is given: whatever happens to the others, it was paid for. */
async function seatVotes(room: Room, question: Question): Promise<Short | null> {
  const asked = await askSeat(room, question);
  if (asked) room.site.session.record(asked.vote);
  return asked?.short ?? null;
}

/** What the project's commands need, as in the gates' checkout; the files are then those of the tree again. */
async function setUp(
  site: Site,
  checkout: Lease,
  { head, signal }: { head: string; signal: AbortSignal },
): Promise<void> {
  const keeper = keepFiles(checkout, { commit: head, ignores: ignoreRule(site.project.rules.scope.ignore) });
  const unprepared = await prepare(site, checkout, { signal });
  if (unprepared !== null) throw new Error(unprepared);
  if (site.project.commands.setup === null) return;
  await keeper.accept();
  await keeper.putBack();
}

/** Calls of an attempt have one row of numbers, whoever makes them. */
function numbersAfter(reserved: readonly EventOf<"call_reserved">[], { attempt }: Of): () => number {
  let last = Math.max(0, ...reserved.flatMap((event) => (event.attempt === attempt ? [event.call] : [])));
  return () => {
    last += 1;
    return last;
  };
}
