import { z } from "zod";
import { type Claim, ClaimError, formatClaim, isReserved, overlap, parseClaim } from "./claim.ts";

const paths = z.array(z.string(), "must be a list of texts").max(500);
const list = paths.default([]);
const sentence = z.string().trim().min(1, "must not be empty");
const word = sentence.regex(/^[^\0\r\n]*$/, "must be one line").optional();
const slug = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, "must be a slug: letters, digits, - and _, and no path");

/** A plan as a planner proposes it: plain data, which nobody has compiled yet. */
export const PlanDraft = z.strictObject({
  name: slug.describe("Name of the plan, a slug"),
  summary: sentence.describe("What the plan is for, one line"),
  tasks: z
    .array(
      z.strictObject({
        slug: slug.describe("Name of the task in this plan"),
        summary: sentence.describe("What it does, one line"),
        prompt: sentence.describe("What the worker is asked to do, under the headings Orient, Edit and Verify"),
        commit_message: sentence.describe("Imperative, for the commit that lands"),
        files: z
          .strictObject(
            { create: list, edit: list, touch: list, read: list, delete: list },
            "must be an object of lists",
          )
          .prefault({})
          .describe("Paths that the task may create, edit, touch (either) or delete, and those it needs to read"),
        test_cmd: word.describe("Runs the tests of this task; {test_dir} stands for them"),
        tests: paths
          .optional()
          .describe("Only for a plan by tests-first: files with its acceptance tests, to be written"),
        depends_on: list.describe("Slugs of tasks whose work must have landed before"),
        role: z.enum(["worker", "researcher", "reviewer"]).default("worker"),
      }),
      "must be a list of tasks",
    )
    .min(1, "must have at least one task")
    .max(100),
  config_overrides: z
    .strictObject(
      {
        src_dir: word,
        test_dir: word,
        lint_cmd: word,
        format_cmd: word,
        lint_fix_cmd: word,
        test_cmd: word,
        language: word,
      },
      "must be an object of texts",
    )
    .prefault({})
    .describe("What the configuration has wrong, with evidence; a person decides about it"),
});
export type PlanDraft = z.infer<typeof PlanDraft>;
type Task = PlanDraft["tasks"][number];

const WRITES = ["create", "edit", "touch", "delete"] as const;

/** All that is wrong with a draft beyond its form, each a clause that names the task and the field. [] when it is sound. */
export function draftFaults({ tasks }: PlanDraft): string[] {
  const slugs = tasks.map((task) => task.slug);
  const twice = slugs.filter((own, at) => slugs.findIndex((other) => same(own, other)) !== at);
  const faults = [...new Set(twice)].map((own) => `two tasks have the slug "${own}"`);
  faults.push(...tasks.flatMap((task) => [...claimFaults(task), ...dependencyFaults(task, slugs)]));
  if (faults.length > 0) return faults;
  const before = new Map(tasks.map((task) => [task.slug, ancestors(task.slug, tasks)]));
  const circle = slugs.filter((own) => before.get(own)!.has(own));
  if (circle.length > 0) return [`Dependency cycle detected: depends_on goes in a circle through ${circle.join(", ")}`];
  return tasks.flatMap((task, at) => tasks.slice(at + 1).flatMap((other) => clash(task, other, before)));
}

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

function claimFaults(task: Task): string[] {
  const { files, role } = task;
  const at = (field: string, why: string) => `task "${task.slug}": files.${field} ${why}`;
  const faults = [...WRITES, "read" as const].flatMap((field) =>
    files[field].flatMap((text) => {
      const why = claimFault(text, field !== "read");
      return why === null ? [] : [at(field, `names ${JSON.stringify(text.slice(0, 200))}: ${why}`)];
    }),
  );
  const writes = WRITES.flatMap((field) => files[field]);
  if (role === "worker" && writes.length === 0)
    faults.push(`task "${task.slug}" must claim at least one file to create, edit, touch or delete in files`);
  if (role !== "worker" && writes.length > 0)
    faults.push(`task "${task.slug}" may claim no file for writing: a ${role} only reads`);
  const kept = [...files.create, ...files.edit, ...files.touch];
  const both = files.delete.find((gone) => kept.includes(gone));
  if (both !== undefined) faults.push(at("delete", `names "${both}", which the task also writes`));
  return faults;
}

function claimFault(text: string, write: boolean): string | null {
  try {
    const { path } = parseClaim(text);
    return write && isReserved(path) ? "it belongs to dgov, which judges the work by it" : null;
  } catch (error) {
    if (!(error instanceof ClaimError)) throw error;
    return error.why;
  }
}

function dependencyFaults({ slug: own, depends_on }: Task, slugs: readonly string[]): string[] {
  return depends_on.flatMap((name) => {
    if (name === own) return [`task "${own}": depends_on names the task itself`];
    if (slugs.includes(name)) return [];
    return [`task "${own}": depends_on names ${JSON.stringify(name.slice(0, 100))}, which is no task of this plan`];
  });
}

/** Everything that surely ends before a task begins; in a circle, also the task itself. */
function ancestors(slug: string, tasks: readonly Task[]): Set<string> {
  const found = new Set<string>();
  const open = [slug];
  for (let at = open.pop(); at !== undefined; at = open.pop())
    for (const name of tasks.find((task) => task.slug === at)?.depends_on ?? [])
      if (!found.has(name)) {
        found.add(name);
        open.push(name);
      }
  return found;
}

/** Two tasks that may run at once may not write the same place. */
function clash(a: Task, b: Task, before: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  if (before.get(a.slug)!.has(b.slug) || before.get(b.slug)!.has(a.slug)) return [];
  const [left, right] = [claimed(a), claimed(b)];
  const shared = left.find((claim) => right.some((other) => overlap(claim, other)));
  if (!shared) return [];
  const where = JSON.stringify(formatClaim(shared));
  return [
    `tasks "${a.slug}" and "${b.slug}" both claim ${where} and neither depends on the other: order them by depends_on`,
  ];
}

const claimed = ({ files }: Task): Claim[] => WRITES.flatMap((field) => files[field].map(parseClaim));
