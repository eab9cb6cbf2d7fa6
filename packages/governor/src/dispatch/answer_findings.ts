import type { TaskId } from "@dgov/kernel";
import type { ToolBox, ToolSpec } from "@dgov/worker";
import { z } from "zod";
import { jsonOrNull } from "../json_or_null.ts";
import { findingLine, linesOf, type OpenOf, openFindings } from "../open_findings.ts";
import { type Said, saidAbout, saidIn } from "../said_findings.ts";
import type { Site } from "../site.ts";

const Evidence = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("line").describe("A line of your work, as it stands when you end"),
    path: z.string().min(1).max(4096),
    line: z.int().min(1),
    text: z.string().trim().min(1).max(500).describe("The whole line"),
  }),
  z.strictObject({
    kind: z.literal("check").describe("A check that you have called, and that passed after your last change"),
    check: z.enum(["run_tests", "lint_check", "type_check"]),
  }),
]);
export type Evidence = z.infer<typeof Evidence>;

/** What an author says of a blocker, and what shows it: a word alone is no answer. */
export const FindingAnswer = z.strictObject({
  finding: z.string().describe("Its name in your task"),
  says: z.string().trim().min(1).max(2_000).describe("Why it is no blocker"),
  evidence: z.array(Evidence).min(1).max(10),
});
export type FindingAnswer = z.infer<typeof FindingAnswer>;

/** By which an author answers; also the form of the answer in the log. */
export const ANSWER_FINDING = "answer_finding";

const SPEC: ToolSpec = {
  name: ANSWER_FINDING,
  description:
    "Answers a reviewer's blocker that is wrong, with evidence: a line of your work, or a check that passed after your last change. It is held against the tree that is judged, and its reviewer decides. It ends nothing; what is right is to be mended instead.",
  parameters: z.toJSONSchema(FindingAnswer, { io: "input" }),
};

type Of = { task: TaskId; attempt: number };

/** What an author may answer, where the project lets it: what no person has dismissed. */
export function answerable({ project, session }: Pick<Site, "project" | "session">, task: TaskId): OpenOf[] {
  if (!project.rules.review?.answers) return [];
  const said = saidIn(session, task);
  return openFindings(session, task).filter((open) => saidAbout(said, open)?.does !== "dismiss");
}

/** The tools with one more, by which open blockers are answered; without any as they are. */
export function withAnswers(site: Pick<Site, "project" | "session">, of: Of): ((tools: ToolBox) => ToolBox) | null {
  const open = answerable(site, of.task).map(({ id }) => id);
  if (open.length === 0) return null;
  return (tools) => ({
    specs: [...tools.specs, SPEC],
    async call(call) {
      if (call.tool !== ANSWER_FINDING) return tools.call(call);
      const read = FindingAnswer.safeParse(jsonOrNull(call.input));
      const [issue] = read.error?.issues ?? [];
      if (!read.success)
        return { ok: false, text: `Error: this is no answer (${issue?.path.join(".")}: ${issue?.message})` };
      const { finding } = read.data;
      if (!open.includes(finding))
        return { ok: false, text: `Error: there is no open finding "${finding}": it must be ${open.join(", ")}` };
      const answer = JSON.stringify(read.data);
      site.session.record({ kind: "answer_given", ...of, form: ANSWER_FINDING, answer, refused: 0 });
      return { ok: true, text: `Taken. Its evidence is held against the tree that you leave.` };
    },
  });
}

/** What an author is told of it. */
export function answerWords(open: readonly OpenOf[]): string {
  if (open.length === 0) return "";
  return `These blockers of reviewers are open. Mend each, or, where one is wrong, answer it with \`answer_finding\` and evidence:\n${linesOf(open)}`;
}

/** What an author is told of what persons have said of blockers. */
export function saidWords(said: readonly Said[]): string {
  if (said.length === 0) return "";
  const lines = said.map(({ does, finding, found, reason }) => {
    const what = does === "dismiss" ? "It is dismissed, leave it as it is" : "Its reviewer hears this, and decides";
    return `${findingLine(finding, found)}\n  ${what}: ${reason.replaceAll("\n", "\n  ")}`;
  });
  return `A person has spoken about these blockers of reviewers:\n${lines.join("\n")}`;
}
