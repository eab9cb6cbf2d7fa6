import { type CompileView, compileForUser } from "@dgov/governor/compile";
import { counted } from "@dgov/governor/counted";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { placeLine } from "../print.ts";

export const compile = defineCommand({
  name: "compile",
  summary: "Check a plan and write what a run will do",
  details: "Tells every error at once, each with its file, line and column. A plan with errors writes nothing.",
  examples: ["dgov compile add-limits"],
  args: z.strictObject({ plan: z.string().describe("The plan's directory, or its name under .dgov/plans") }),
  flags: z.strictObject({
    dry_run: z.boolean().default(false).describe("Write nothing, and let providers and agents be missing"),
    graph: z.boolean().default(false).describe("Draw which task waits for which"),
    recompile_sops: z.boolean().default(false).describe("Accepted for old scripts: SOPs are chosen anew each time"),
  }),
  run: async ({ plan, dry_run, graph }, here): Promise<View> => {
    const asking = { cwd: here.cwd, env: here.env, self: here.self };
    const view = await compileForUser(asking, plan, { dry_run });
    return graph ? view : { ...view, graph: null };
  },
  text: renderCompile,
  notes: ({ warnings }) => warnings.map(placeLine),
});

type View = Omit<CompileView, "graph"> & { graph: string | null };

export function renderCompile({ units, edges, output, sops_assigned, graph }: View): string {
  const where = output === null ? "nothing written (dry run)" : output;
  const lines = [`Compiled ${counted(units, "unit")}, ${counted(edges, "edge")} → ${where}`];
  if (sops_assigned > 0) lines.push(`SOPs assigned to ${counted(sops_assigned, "unit")}`);
  if (graph !== null) lines.push("", graph);
  return lines.join("\n");
}
