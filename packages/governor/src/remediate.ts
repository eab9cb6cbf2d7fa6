import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Diagnosis, diagnose } from "./diagnose.ts";
import { DgovError } from "./error.ts";
import { type InitPlanView, initPlan } from "./init.ts";
import { type PlanReview, readPlanReview, readPlanStatus } from "./plan_views.ts";
import { findRoot } from "./root.ts";
import { sayFinding } from "./view/run_summary.ts";
import { writeAtomic } from "./write.ts";

type From = { cwd: string; env: Readonly<Record<string, string | undefined>> };

/** `plan` is what went wrong, `run` its last run; the rest is the plan that was made. */
export type Remediation = InitPlanView & { plan: string; run: string; failed: readonly string[] };

/**
 * Makes a plan for what the last run of another one did not bring about, with all that is known of it beside the tasks.
 *
 * @param name of the new plan; null: the plan's own with `-remediation`, counted up past archived ones
 * @throws DgovError `remediation_unneeded` where everything has landed or the run is not over, `plan_exists`
 */
export async function remediate({ cwd, env }: From, plan: string, name: string | null): Promise<Remediation> {
  const root = findRoot(cwd);
  const status = await readPlanStatus({ cwd, env }, plan);
  if (!status.remediation_needed)
    throw new DgovError("remediation_unneeded", `Cannot remediate "${status.plan}": ${whyNot(status)}`);
  const review = await readPlanReview({ cwd, env }, plan, { only: null, diffs: [], events: [] });
  const run = review.run ?? "";
  const { findings } = await diagnose({ cwd, env }, run);
  const made = initPlan({ cwd, name: name ?? freeName(root, status.plan), sections: ["fix"], force: false });
  const context = `${made.root}/_context.md`;
  writeAtomic(join(root, context), contextOf(review, findings));
  const failed = review.units.filter(({ status: is }) => is === "failed").map(({ unit }) => unit);
  return { ...made, created: [...made.created, context], plan: status.plan, run, failed };
}

function whyNot({ run_status, pending }: { run_status: string | null; pending: number }): string {
  if (run_status === null) return "it was never run";
  if (run_status === "unfinished") return "its last run is not over, and goes on with dgov run";
  return pending === 0 ? "all of it has landed" : "its last run has left nothing to mend";
}

const NAME_CHARS = 50;

/** An archived plan keeps its name to itself; a live one of that name is a remediation under way, and is refused. */
function freeName(root: string, plan: string): string {
  const slug = plan
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, NAME_CHARS)
    .replace(/^-+|-+$/g, "");
  const first = `${slug === "" ? "plan" : slug}-remediation`;
  const taken = (name: string) => existsSync(join(root, ".dgov/plans/archive", name));
  let name = first;
  for (let n = 2; taken(name); n++) name = `${first}-${n}`;
  return name;
}

function contextOf({ plan, source_dir, run, run_status, units }: PlanReview, findings: readonly Diagnosis[]): string {
  const left = units.filter(({ status }) => status !== "deployed");
  return [
    `# What "${plan}" did not bring about`,
    `Its last run, ${run}, is ${run_status}. Its plan is \`${source_dir}\`; what landed of it is on the branch.`,
    ...left.map(unitText),
    ...(findings.length === 0 ? [] : ["## By shape", findings.map(shapeText).join("\n")]),
    "Copy `fix/_example.toml` to `fix/main.toml`, and write the tasks that mend this.",
  ]
    .map((part) => `${part}\n`)
    .join("\n");
}

function unitText({ unit, summary, status, error, findings, hint, kept_sha }: PlanReview["units"][number]): string {
  return [
    `## ${unit}\n`,
    ...(summary === "" ? [] : [`${summary}\n`]),
    `- ${status.replaceAll("_", " ")}${error === null ? "" : `: ${line(error)}`}`,
    ...findings.map((finding) => `- ${finding.code}: ${line(sayFinding(finding))}`),
    ...(hint === null ? [] : [`- ${hint}`]),
    ...(kept_sha === null ? [] : [`- its last work is kept as ${kept_sha}`]),
  ].join("\n");
}

const shapeText = ({ name, task, evidence, next_action, do_not }: Diagnosis) =>
  `- ${name}${task === null ? "" : ` (${task})`}: ${line(evidence)}. ${next_action}. ${do_not}.`;

const line = (text: string) => text.replace(/\s+/g, " ").trim();
