import { z } from "zod";
import { Finding } from "./event_parts.ts";
import { Oid, RunId, TaskId } from "./plan.ts";

const attempt = { task: TaskId, attempt: z.int().min(1) };

/** One thing that a change must do, by a name that is short enough to be repeated: `u1`, `u2`, … */
const Unit = z.strictObject({ unit: z.string(), text: z.string() });

/** What a seat says of one: `unverifiable` is no answer that lets anything pass. */
const Judged = z.strictObject({
  unit: z.string(),
  state: z.enum(["complete", "incomplete", "unverifiable"]),
  why: z.string(), // "": of one that is complete, nothing need be said
});
export type JudgedUnit = z.infer<typeof Judged>;

/** What a seat says has become of a blocker of its own: `withdrawn` by a line that shows that it was none. */
const Earlier = z.strictObject({
  finding: z.string(), // `oak-1`: the first of the seat `oak`
  state: z.enum(["open", "mended", "withdrawn"]),
  why: z.string(),
  path: z.string().optional(),
  line: z.int().optional(),
});

/** Whose votes on this tree count, and how many of them must approve. */
const ReviewOpened = z.strictObject({
  kind: z.literal("review_opened"),
  ...attempt,
  head: Oid,
  tree: Oid,
  approvals: z.int().min(0), // 0: whoever is asked only advises
  apart: z.literal(true).optional(), // of those who approve, one must be apart from the author; absent: none need be
  round: z.strictObject({ n: z.int().min(2), of: z.int().min(2) }).optional(), // in which they know of each other; absent: blind
  // What the author has answered to blockers, and whether its evidence is there; absent: nothing.
  answers: z.array(z.strictObject({ finding: z.string(), holds: z.boolean(), why: z.string() })).optional(),
  units: z.array(Unit).optional(), // who approves says of each that it is complete; absent: nobody is asked of any
  seats: z
    .array(
      z.strictObject({
        seat: z.string(),
        family: z.string(),
        model: z.string(), // `PROVIDER/MODEL`
        asked: z.string(), // sha-256 (hex) of all that it is told, the tree's id among it
        advises: z.literal(true).optional(), // it is heard, and counts for nothing; absent: it counts
        apart: z.literal(true).optional(), // of another provider and another family than the author; absent: not known to be
      }),
    )
    .min(1),
});

const SeatVoted = z.strictObject({
  kind: z.literal("seat_voted"),
  ...attempt,
  seat: z.string(),
  asked: z.string(), // as in `review_opened`: a vote is an answer to that, and to nothing else
  tree: Oid,
  vote: z.enum(["approve", "reject", "none"]),
  why: z.enum(["empty", "malformed", "stale", "timeout", "crashed", "budget", "unlooked"]).nullable(), // of `none` alone
  findings: z.array(Finding),
  said: z.string(), // its summary, or in which words it failed
  units: z.array(Judged).optional(), // absent: it was asked of none, or has no vote
  earlier: z.array(Earlier).optional(), // absent: it had none
  looked: z.int().min(0).nullable().optional(), // times that it read of the tree; null: nobody saw; absent: an older log
  // Of the ballot as it was given, byte for byte; absent: it gave none, or an older log.
  ballot: z.strictObject({ sha256: z.string(), bytes: z.int().min(0) }).optional(),
  took_ms: z.int().min(0),
});

/**
 * What a person says of a seat's blocker. `answer`: why it is none, of which its seat hears and decides; `dismiss`: that it is
 * none, which the person has decided.
 */
const FindingAnswered = z.strictObject({
  kind: z.literal("finding_answered"),
  ...attempt, // in whose review it was named
  run: RunId.optional(), // an earlier run of the plan, in which it was; absent: this one
  seat: z.string(),
  finding: z.string(), // as in `earlier` of a vote
  found: Finding,
  tree: Oid, // in which it was found
  does: z.enum(["answer", "dismiss"]),
  by: z.string(),
  reason: z.string().min(1),
});

/** What happens between the seats of a review, and what persons say to them. */
export const REVIEW_EVENTS = [ReviewOpened, SeatVoted, FindingAnswered] as const;
