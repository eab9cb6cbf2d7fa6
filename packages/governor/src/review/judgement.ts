import type { Finding } from "@dgov/kernel";
import type { Count } from "@dgov/kernel/quorum";
import { type Judgement, pass } from "../settlement/gate.ts";

/** What the gate says where votes came to this. `forbidden`: what of the project tells who looks to go without tools. */
export function judgementOf(
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
