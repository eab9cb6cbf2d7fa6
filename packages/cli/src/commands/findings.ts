import { type Held, type HeldFinding, heldFindings } from "@dgov/governor/findings";
import { z } from "zod";
import { paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { saidText } from "../speaking.ts";

export const findings = defineCommand({
  name: "findings",
  summary: "List the blockers that reviewers hold against tasks of the last run, and what was said of them",
  details:
    "Of work that has not landed, from the last votes that were asked for. Each has the name by which it is answered or dismissed.",
  examples: ["dgov findings", "dgov findings pricing"],
  args: z.strictObject({
    task: z.string().optional().describe("Its id, section/file.slug, or the slug; absent: all tasks"),
  }),
  flags: z.strictObject({}),
  run: async ({ task = null }, { cwd }) => heldFindings(cwd, task),
  text: renderFindings,
});

function renderFindings({ findings: all }: Held): string {
  if (all.length === 0) return "No reviewer holds anything against the last run.";
  const open = all.filter(({ said }) => said === null);
  const hint = 'Say something of one with "dgov answer TASK FINDING --reason WHY", or "dgov dismiss"';
  return [...all.flatMap(linesOf), ...(open.length === 0 ? [] : [hint])].join("\n");
}

function linesOf({ task, finding, attempt, path, line, message, said }: HeldFinding): string[] {
  const place = path === null ? "" : `${plain(path)}:${line ?? "?"}: `;
  const word = said && saidText(said);
  return [
    `${paint(said?.does === "dismiss" ? "dim" : "yellow", plain(finding))} of ${plain(task)}, attempt ${attempt}`,
    `    ${place}${plain(message)}`,
    ...(word === null ? [] : [`    ${paint("dim", word)}`]),
  ];
}
