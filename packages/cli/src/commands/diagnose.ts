import { resolve } from "node:path";
import { type Diagnosis, type DiagnosisView, diagnose as diagnoseRun } from "@dgov/governor/diagnose";
import { z } from "zod";
import { paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const diagnose = defineCommand({
  name: "diagnose",
  summary: "Name the failures of a run by their shape, and say what to do about each and what not",
  examples: ["dgov diagnose"],
  args: z.strictObject({
    subject: z.string().optional().describe("A run, or a task, whose last run is meant; default: the last run"),
  }),
  flags: z.strictObject({ root: z.string().default(".").describe("The repository") }),
  short: { root: "r" },
  run: async ({ subject = null, root }, { cwd, env }) => diagnoseRun({ cwd: resolve(cwd, root), env }, subject),
  text: renderDiagnosis,
  notes: ({ notes }) => notes,
});

export function renderDiagnosis({ run, plan, findings }: DiagnosisView): string {
  const about = run === null ? "Nothing was ever run here" : `Run ${run} of plan ${plain(plan ?? "")}`;
  if (findings.length === 0) return `${about}: no failure of a known shape found.`;
  return [about, ...findings.map(block)].join("\n\n");
}

function block({ name, intent_class, task, evidence, next_action, do_not }: Diagnosis): string {
  const where = task === null ? "" : ` ${plain(task)}`;
  return [
    `${paint("red", name)}  (${intent_class})${where}`,
    `    evidence: ${plain(evidence)}`,
    `    ${paint("cyan", "next:")} ${next_action}`,
    `    ${paint("yellow", "do not:")} ${do_not.replace(/^Do not /, "")}`,
  ].join("\n");
}
