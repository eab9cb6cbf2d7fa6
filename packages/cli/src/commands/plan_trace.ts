import { counted } from "@dgov/governor/counted";
import { type TraceView, tracePlan, type Verified } from "@dgov/governor/trace";
import { z } from "zod";
import { paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const planTrace = defineCommand({
  name: "plan trace",
  summary: "Follow each requirement of a plan to what shows that it is met",
  details: `The requirements stand in the plan's _contract.toml. What shows that one is met is a landing with its gates, by the log, or
evidence of a check ("dgov evidence run RECIPE"), on the content that is checked out. Exits with 1 while one that must be met is not
verified, with 3 when the plan is refuted.`,
  examples: ["dgov plan trace add-limits"],
  args: z.strictObject({ plan: z.string().describe("The plan's directory, or its name under .dgov/plans") }),
  flags: z.strictObject({}),
  run: async ({ plan }, here) => tracePlan(here, plan),
  text: renderTrace,
  exit: ({ status }) => ({ complete: 0, open: 1, refuted: 3 })[status],
});

export function renderTrace({ plan, status, contradictions, requirements, smoke }: TraceView): string {
  const lines = [`Plan: ${plain(plan)}`];
  for (const { id, level, text, standing, verifiers } of requirements)
    lines.push(`${sign(standing)} ${id} (${level}) ${plain(text)}`, ...verifiers.map(verifierLine));
  if (smoke) lines.push(`Smoke: ${smoke.result}`, ...smoke.checks.map(verifierLine));
  if (status === "refuted")
    lines.push(paint("red", `Refuted, ${counted(contradictions, "contradiction")}: see "dgov plan refute"`));
  else if (status === "open") lines.push(paint("red", "Open: not all that must be met is verified"));
  else lines.push(requirements.length === 0 ? "The plan states no requirement" : paint("green", "Complete"));
  return lines.join("\n");
}

const sign = (standing: Verified["standing"]): string =>
  standing === "verified" ? paint("green", "✔") : paint("red", "✘");
const verifierLine = ({ by, standing, because }: Verified): string =>
  `    ${standing} by ${plain(by)}: ${plain(because)}`;
