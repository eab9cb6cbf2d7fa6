import type { EventOf, Finding } from "@dgov/kernel";
import type { ToolBox } from "@dgov/worker";
import { z } from "zod";
import { type Box as AnswerBox, type Ending, type Fault, typedEnding } from "../dispatch/typed_ending.ts";
import type { Git } from "../git/git.ts";
import { demandFault } from "./demand_faults.ts";
import type { Demands } from "./demands.ts";
import { missing } from "./place.ts";
import type { Reviewed } from "./question.ts";

const text = z.string().trim().min(1).max(4_000);
const path = z.string().regex(/^(?!\.{0,2}\/)[^\p{Cc}]{1,4096}$/u, { error: "it must be a path from the root" });
const line = z.int().min(1);

const Ballot = z.strictObject({
  tree: z.string().describe("The tree that was judged, as the task names it"),
  vote: z.enum(["approve", "reject", "abstain"]),
  summary: text.describe("What was looked at, and what decides, in a few sentences"),
  findings: z
    .array(
      z.strictObject({
        severity: z.enum(["blocker", "note"]).describe("blocker: it must not land so; note: it may land with it"),
        path: path.describe("A file of the tree, or one that the change deletes"),
        line: line.describe("A line that is there, counted from 1"),
        message: text.describe("What goes wrong, and on which input or in which situation"),
      }),
    )
    .max(50)
    .default([]),
  conditions: z
    .array(text)
    .max(20)
    .describe("What must still be done before it may land, []: nothing at all; with any, reject"),
  units: z
    .array(
      z.strictObject({
        unit: z.string().describe("Its name in the task: u1, u2, …"),
        state: z.enum(["complete", "incomplete", "unverifiable"]),
        why: z.string().trim().max(1_000).default("").describe("What is missing, or what you could not find out"),
      }),
    )
    .max(100)
    .default([])
    .describe("Of each unit that the task names, none left out"),
  earlier: z
    .array(
      z.strictObject({
        finding: z.string().describe("Its name in the task"),
        state: z.enum(["open", "mended", "withdrawn"]).describe("withdrawn: it was no blocker"),
        why: text,
        path: path.optional().describe("Of one that is withdrawn: the file that shows it"),
        line: line.optional().describe("and its line"),
      }),
    )
    .max(50)
    .default([])
    .describe("Of each earlier finding of yours that the task names, none left out"),
});
export type Ballot = z.infer<typeof Ballot>;

/** The form of it, for who is told in words. */
export const BALLOT = { schema: Ballot };

const SUBMIT = "submit_review";

type Why = "stale" | "unlooked";

/** What a seat has put into the box. `fault`: why the last ballot was none, where there is no valid one. */
export type Box = AnswerBox<Ballot, Why>;

/** How often a seat has read of the tree, and how many of its calls came to nothing. */
type Looks = { looks: number; failed: number };

/** What a ballot is held against. `looked`: what its seat has done by now; null: nobody saw. */
export type Looking = {
  git: Pick<Git, "objects">;
  reviewed: Reviewed;
  demands: Demands;
  looked: () => Looks | null;
};

/** The one ending of a review. */
export const ballotEnding = (looking: Looking): Ending<Ballot, Why> => ({
  tool: SUBMIT,
  description:
    "Ends the review with your vote. An approval has no blockers and states that there are no conditions, a rejection has at least one blocker, and each finding names a line that is there.",
  noun: "ballot",
  schema: Ballot,
  faultOf: (ballot) => faultOf(ballot, looking),
  summary: ({ summary }) => summary,
});

/** The tools of a seat with the ballot box in place of `done`, and how often they showed something of the tree. */
export function ballotTools(
  tools: ToolBox,
  looking: Omit<Looking, "looked">,
): { tools: ToolBox; box: Box; looked: () => Looks } {
  const seen = { looks: 0, failed: 0 };
  const watched: ToolBox = {
    specs: tools.specs,
    async call(call) {
      const result = await tools.call(call);
      if (!result.ok) seen.failed += 1;
      else if (!SHOWS_NOTHING.has(call.tool)) seen.looks += 1;
      return result;
    },
  };
  const looked = () => seen;
  return { ...typedEnding(watched, ballotEnding({ ...looking, looked })), looked };
}

/** They name files, and show nothing of what is in them. */
const SHOWS_NOTHING: ReadonlySet<string> = new Set(["list_dir", "tree", "glob", "word_count", "scope_status", "done"]);

/** A vote as the log has it. */
export function votedIn({ vote, summary, findings, units, earlier }: Ballot): {
  vote: Ballot["vote"];
  said: string;
  findings: Finding[];
} & Pick<EventOf<"seat_voted">, "units" | "earlier"> {
  return {
    ...{ vote, said: summary, findings: findings.map(findingOf) },
    ...(units.length === 0 ? {} : { units }),
    ...(earlier.length === 0 ? {} : { earlier }),
  };
}

const findingOf = ({ severity, message, path, line }: Ballot["findings"][number]): Finding => {
  return { code: `review_${severity}`, message, path, line };
};

async function faultOf(ballot: Ballot, looking: Looking): Promise<Fault<Why> | null> {
  const { tree, vote, findings, conditions } = ballot;
  const malformed = (said: string) => ({ why: "malformed" as const, said });
  if (tree !== looking.reviewed.tree)
    return { why: "stale", said: `this is a vote on tree "${tree}", and asked was about ${looking.reviewed.tree}` };
  const blockers = findings.filter(({ severity }) => severity === "blocker").length;
  if (vote === "approve" && blockers > 0) return malformed("an approval has no blockers: reject, or make them notes");
  if (vote === "reject" && blockers === 0) return malformed("a rejection names at least one blocker");
  const [condition] = vote === "approve" ? conditions : [];
  if (condition !== undefined)
    return malformed(
      `an approval is unconditional, and this one states "${condition}": reject with a blocker, or drop it`,
    );
  const demanded = await demandFault(ballot, looking);
  if (demanded !== null) return malformed(demanded);
  for (const finding of findings) {
    const why = await missing(finding, looking);
    if (why !== null) return malformed(`a finding points at nothing: ${why}`);
  }
  return unlooked(ballot, looking);
}

/** Who approves what it has not looked at has believed it; whose every call came to nothing could do nothing else. */
function unlooked({ vote }: Ballot, { demands, looked }: Looking): Fault<Why> | null {
  const seen = looked();
  if (vote !== "approve" || seen === null || seen.looks > 0) return null;
  const why = seen.failed > 0 ? "none of your calls has shown you anything" : demands.look;
  return why === null
    ? null
    : { why: "unlooked", said: `you have read nothing of the tree yet, and ${why}: look, then vote, or abstain` };
}
