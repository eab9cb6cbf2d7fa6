import { strict as assert } from "node:assert";
import type { Finding } from "@dgov/kernel";
import type { Count } from "@dgov/kernel/quorum";
import { type Judgement, pass } from "../settlement/gate.ts";

/** A round as it was counted. `forbidden`: what of the project tells who looks to go without tools. */
type Counted = { counted: Count; forbidden: readonly string[] };

/** What the gate says where votes came to this. The last round decides; what was said before it is kept. */
export function judgementOf(rounds: readonly Counted[]): Judgement {
  const [first, last] = [rounds[0], rounds.at(-1)];
  assert(first && last, "A review has a round");
  const said = ofCount({ ...last.counted, advice: first.counted.advice }, last.forbidden);
  const earlier = rounds.slice(0, -1).flatMap(({ counted }, at) => changedMinds(counted, last.counted, at + 1));
  return { ...said, findings: [...said.findings, ...earlier, ...noConsensus(rounds)] };
}

/** What a seat had against it before it approved: it stays on record. */
const changedMinds = ({ rejecting }: Count, { approving }: Count, round: number): Finding[] =>
  rejecting
    .filter(({ seat }) => approving.some((one) => one.seat === seat))
    .flatMap(({ seat, findings }) =>
      findings.map((finding) => outvoted(named(`${seat}, in round ${round} and not any more`, finding))),
    );

/** Rounds that came to no one word. */
function noConsensus(rounds: readonly Counted[]): Finding[] {
  const last = rounds.at(-1)?.counted;
  if (!last || rounds.length === 1 || last.approving.length === 0 || last.rejecting.length === 0) return [];
  const say = (all: Count["approving"], does: string) => `${all.map(({ seat }) => seat).join(", ")} ${does}`;
  const message = `The seats do not agree after ${rounds.length} rounds: ${say(last.approving, "for it")}, ${say(last.rejecting, "against it")}`;
  return [{ code: "review_no_consensus", message }];
}

function ofCount(
  { verdict, approving, rejecting, missing, advice, no_decider }: Count,
  forbidden: readonly string[],
): Judgement {
  const against = rejecting.flatMap(({ seat, findings }) => findings.map((finding) => named(seat, finding)));
  const notes = approving.flatMap(({ seat, findings }) => findings.map((finding) => named(seat, finding)));
  const absent = missing.map(({ seat, model, why }): Finding => {
    const message = `Seat "${seat}" (${model}) has not voted: ${why === null ? "it was not asked" : WHY[why]}`;
    return { code: "review_seat_missing", message };
  });
  const advised = advice.flatMap(({ seat, findings }) => findings.map((finding) => advisory(named(seat, finding))));
  const blinded = forbidden.map(toolsForbidden);
  switch (verdict) {
    case "pass":
      return {
        ...pass,
        findings: [
          ...against.map(outvoted),
          ...absent,
          ...approving.flatMap(unlooked),
          ...blinded,
          ...notes,
          ...advised,
        ],
      };
    case "reject":
      return { ...pass, verdict, cause: "review", findings: [...against, ...absent, ...advised] };
    case "broken":
      return {
        ...pass,
        verdict,
        cause: "broken",
        findings: [...(no_decider ? [NO_DECIDER] : []), ...absent, ...against],
      };
  }
}

/** An approval of somebody who has read nothing but what was put before them is worth less, and is told so. */
function unlooked({ seat, looked }: Count["approving"][number]): Finding[] {
  if (looked === undefined || looked === null || looked > 0) return [];
  return [
    { code: "review_unlooked", message: `${seat} approves by what it was told, and has read nothing of the tree` },
  ];
}

const toolsForbidden = (from: string): Finding => ({
  code: "review_tools_forbidden",
  message: `${from} tells who reviews to go without tools: approvals counted only of those who looked all the same`,
});

const NO_DECIDER: Finding = {
  code: "review_no_decider",
  message:
    "Somebody of another provider and another family than the author must approve these files, and nobody who sits there is known to be",
};

const WHY = {
  empty: "it gave no answer that decides",
  malformed: "what it gave was no ballot",
  stale: "it voted on another tree",
  timeout: "its time was up",
  crashed: "it could not be asked to the end",
  budget: "it could not be paid for",
  unlooked: "it approved what it had not looked at",
} as const satisfies Record<NonNullable<Count["missing"][number]["why"]>, string>;

const named = (seat: string, { message, ...rest }: Finding): Finding => ({ ...rest, message: `${seat}: ${message}` });

/** It is told, also to the next attempt, and decides nothing. */
const advisory = (finding: Finding): Finding => ({ ...finding, code: "review_advice" });

/** Enough others approved: what one has against it is kept all the same. */
const outvoted = (finding: Finding): Finding => ({ ...finding, code: "review_dissent" });
