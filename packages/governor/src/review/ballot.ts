import type { Finding } from "@dgov/kernel";
import type { ToolBox, ToolSpec } from "@dgov/worker";
import { z } from "zod";
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

export const SUBMIT = "submit_review";

const SPEC: ToolSpec = {
  name: SUBMIT,
  description:
    "Ends the review with your vote. An approval has no blockers, a rejection has at least one, and each finding names a line that is there.",
  parameters: z.toJSONSchema(Ballot, { io: "input" }),
};

/** What a seat has put into the box. `fault`: why the last ballot was none, where there is no valid one. */
export type Box = {
  ballot: { vote: Ballot["vote"]; said: string; findings: Finding[] } | null;
  fault: { why: "malformed" | "stale"; said: string } | null;
};

/**
 * The tools of a seat with the ballot box in place of `done`. What is in the box is a whole and valid ballot on this very tree;
 * one that is not is given back with the reason, and counts for nothing.
 */
export function ballotTools(
  tools: ToolBox,
  { git, reviewed }: { git: Pick<Git, "objects">; reviewed: Reviewed },
): { tools: ToolBox; box: Box } {
  const box: Box = { ballot: null, fault: null };
  return {
    box,
    tools: {
      specs: [...tools.specs.filter(({ name }) => name !== "done"), SPEC],
      async call(call) {
        if (call.tool === "done")
          return { ok: false, text: `Error: a review ends with ${SUBMIT}, and with nothing else` };
        if (call.tool !== SUBMIT) return tools.call(call);
        const read = await readBallot(call.input, { git, reviewed });
        if ("why" in read) {
          box.fault = read;
          return { ok: false, text: `Error: ${read.said}` };
        }
        const { vote, summary, findings } = read;
        box.ballot = { vote, said: summary, findings: findings.map(findingOf) };
        return { ok: true, text: `Voted: ${vote}`, ended: { outcome: "done", summary } };
      },
    },
  };
}

const findingOf = ({ severity, message, path, line }: Ballot["findings"][number]): Finding => {
  return { code: `review_${severity}`, message, path, line };
};

type Looking = { git: Pick<Git, "objects">; reviewed: Reviewed };

async function readBallot(input: string, looking: Looking): Promise<Ballot | NonNullable<Box["fault"]>> {
  const malformed = (said: string) => ({ why: "malformed" as const, said });
  const parsed = Ballot.safeParse(jsonOrNull(input));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return malformed(`this is no ballot (${issue?.path.join(".") || "the whole"}: ${issue?.message})`);
  }
  const { tree, vote, findings } = parsed.data;
  if (tree !== looking.reviewed.tree)
    return { why: "stale", said: `this is a vote on tree "${tree}", and asked was about ${looking.reviewed.tree}` };
  const blockers = findings.filter(({ severity }) => severity === "blocker").length;
  if (vote === "approve" && blockers > 0) return malformed("an approval has no blockers: reject, or make them notes");
  if (vote === "reject" && blockers === 0) return malformed("a rejection names at least one blocker");
  for (const finding of findings) {
    const why = await missing(finding, looking);
    if (why !== null) return malformed(`a finding points at nothing: ${why}`);
  }
  return parsed.data;
}

/** What is no JSON is no ballot either; the schema says so. */
function jsonOrNull(input: string): unknown {
  try {
    return JSON.parse(input);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
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
