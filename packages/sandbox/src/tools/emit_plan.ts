import { draftFaults, PlanDraft } from "../plan_draft.ts";
import { defineTool } from "../tool.ts";
import description from "./emit_plan.txt" with { type: "text" };

const FAULTS_SHOWN = 20;

export const emitPlan = defineTool({
  name: "emit_plan",
  description,
  input: PlanDraft,
  access: () => [],

  async run(plan) {
    const faults = draftFaults(plan);
    if (faults.length === 0)
      return {
        ok: true,
        text: `Plan "${plan.name}": ${plan.tasks.length} tasks`,
        ended: { outcome: "done", summary: plan.summary, plan },
      };
    const shown = faults.slice(0, FAULTS_SHOWN);
    if (faults.length > shown.length) shown.push(`and ${faults.length - shown.length} more`);
    return { ok: false, text: `Error: Cannot take the plan: ${shown.join("; ")}`, refused_by: "plan" };
  },
});
