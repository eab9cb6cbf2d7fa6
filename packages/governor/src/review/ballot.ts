import type { Finding } from "@dgov/kernel";
import type { ToolBox } from "@dgov/worker";
import { z } from "zod";
import { type Box as AnswerBox, type Fault, typedEnding } from "../dispatch/typed_ending.ts";
import type { Git } from "../git/git.ts";
import type { Reviewed } from "./question.ts";

const text = z.string().trim().min(1).max(4_000);
const path = z.string().regex(/^(?!\.{0,2}\/)[^\p{Cc}]{1,4096}$/u, { error: "it must be a path from the root" });

const Ballot = z.strictObject({
  tree: z.string().describe("The tree that was judged, as the task names it"),
  vote: z.enum(["approve", "reject", "abstain"]),
  summary: text.describe("What was looked at, and what decides, in a few sentences"),
  findings: z
    .array(
      z.strictObject({
        severity: z.enum(["blocker", "note"]).describe("blocker: it must not land so"),
        path: path.describe("A file of the tree, or one that the change deletes"),
        line: z.int().min(1).describe("A line that is there, counted from 1"),
        message: text.describe("What goes wrong, and on which input or in which situation"),
      }),
    )
    .max(50)
    .default([]),
});
type Ballot = z.infer<typeof Ballot>;

const SUBMIT = "submit_review";

/** What a seat has put into the box. `fault`: why the last ballot was none, where there is no valid one. */
export type Box = AnswerBox<Ballot, "stale">;

/** The tools of a seat with the ballot box in place of `done`: a ballot is on this very tree, or it is none. */
export const ballotTools = (tools: ToolBox, looking: Looking): { tools: ToolBox; box: Box } =>
  typedEnding(tools, {
    tool: SUBMIT,
    description:
      "Ends the review with your vote. An approval has no blockers, a rejection has at least one, and each finding names a line that is there.",
    noun: "ballot",
    schema: Ballot,
    faultOf: (ballot) => faultOf(ballot, looking),
    summary: ({ summary }) => summary,
  });

/** A vote as the log has it. */
export const votedIn = ({ vote, summary, findings }: Ballot) => ({
  vote,
  said: summary,
  findings: findings.map(findingOf),
});

const findingOf = ({ severity, message, path, line }: Ballot["findings"][number]): Finding => {
  return { code: `review_${severity}`, message, path, line };
};

type Looking = { git: Pick<Git, "objects">; reviewed: Reviewed };

async function faultOf({ tree, vote, findings }: Ballot, looking: Looking): Promise<Fault<"stale"> | null> {
  const malformed = (said: string) => ({ why: "malformed" as const, said });
  if (tree !== looking.reviewed.tree)
    return { why: "stale", said: `this is a vote on tree "${tree}", and asked was about ${looking.reviewed.tree}` };
  const blockers = findings.filter(({ severity }) => severity === "blocker").length;
  if (vote === "approve" && blockers > 0) return malformed("an approval has no blockers: reject, or make them notes");
  if (vote === "reject" && blockers === 0) return malformed("a rejection names at least one blocker");
  for (const finding of findings) {
    const why = await missing(finding, looking);
    if (why !== null) return malformed(`a finding points at nothing: ${why}`);
  }
  return null;
}

const READ_MAX_BYTES = 16 * 1024 * 1024;

/** Why there is no such line, in the tree or in a file that the change deletes; null: there is. */
async function missing(
  { path: at, line }: Ballot["findings"][number],
  { git, reviewed: { tree, changes } }: Looking,
): Promise<string | null> {
  const [there] = await git.objects.info([`${tree}:${at}`]);
  const deleted = changes.find((change) => change.path === at && change.kind === "deleted")?.old_oid;
  const [blob] = there || deleted === undefined ? [there] : await git.objects.info([deleted]);
  if (blob?.type !== "blob") return `there is no file ${JSON.stringify(at)}`;
  if (blob.size_bytes > READ_MAX_BYTES) return `${JSON.stringify(at)} is too large to have lines`;
  const lines = linesIn(await git.objects.content(blob.oid));
  return line <= lines ? null : `${JSON.stringify(at)} has ${lines} line(s), and none has the number ${line}`;
}

/** An empty file has one line to point at. */
function linesIn(bytes: Uint8Array): number {
  const ends = bytes.reduce((sum, byte) => sum + Number(byte === NEWLINE), 0);
  return Math.max(1, bytes.at(-1) === NEWLINE ? ends : ends + 1);
}
const NEWLINE = 10;
