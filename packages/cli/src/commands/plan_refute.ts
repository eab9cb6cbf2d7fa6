import { counted } from "@dgov/governor/counted";
import { type RefuteView, refutePlan } from "@dgov/governor/refute";
import { z } from "zod";
import { paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { placeLine } from "../print.ts";

export const planRefute = defineCommand({
  name: "plan refute",
  summary: "Derive again what a plan states of itself, and tell everything that is not so",
  details: `What a plan states stands in its _contract.toml: numbers of its order, requirements and what verifies them, sources by
hash, what its workers may be given. Paths and symbols that prompts name are looked for as well. Exits with 3 when anything is
refuted or the plan does not compile; such a plan is not run.`,
  examples: ["dgov plan refute add-limits"],
  args: z.strictObject({ plan: z.string().describe("The plan's directory, or its name under .dgov/plans") }),
  flags: z.strictObject({}),
  run: async ({ plan }, here) => refutePlan(here, plan),
  text: renderRefutation,
  exit: ({ refuted, errors }) => (refuted || errors.length > 0 ? 3 : 0),
  notes: ({ errors }) => errors.map(placeLine),
});

export function renderRefutation(view: RefuteView): string {
  const { contradictions, errors, derived } = view;
  const lines = [`Plan: ${plain(view.plan)}`];
  if (derived) {
    const { tasks, edges, widths, critical_path, weight, weighed_by } = derived;
    lines.push(
      `Order: ${counted(tasks, "task")}, ${counted(edges, "edge")}, layers of ${widths.join(", ")}`,
      `Critical path: ${critical_path.map(plain).join(" → ")} (${weight} ${weighed_by})`,
    );
  }
  if (view.contract_hash !== null) lines.push(`Contract: ${view.contract_hash}`);
  if (view.dispatch_hash !== null) lines.push(`Dispatch: ${view.dispatch_hash}`);
  lines.push("", ...contradictions.map(placeLine), ...(contradictions.length > 0 ? [""] : []));
  lines.push(verdictOf(view));
  if (errors.length > 0) lines.push(paint("red", `It does not compile either: ${counted(errors.length, "error")}`));
  return lines.join("\n");
}

function verdictOf({ contradictions, contract_hash }: RefuteView): string {
  if (contradictions.length > 0) return paint("red", `Refuted: ${counted(contradictions.length, "contradiction")}`);
  if (contract_hash === null) return "Nothing is refuted; the plan has no _contract.toml, so it states little";
  return "Nothing is refuted";
}
