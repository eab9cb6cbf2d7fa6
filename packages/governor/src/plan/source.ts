import { Role } from "@dgov/kernel";
import { Estimate } from "@dgov/kernel/estimate";
import type { Claim } from "@dgov/sandbox/claim";
import { z } from "zod";
import { CeilingTable, PlanBudgetTable } from "../budget_file.ts";
import { LimitsTable } from "../config_file.ts";
import type { Place } from "../error.ts";
import type { Toml } from "../toml.ts";
import type { KeyPath } from "../toml_place.ts";
import type { ContractSource } from "./contract/read.ts";
import type { Facts } from "./facts.ts";
import { Method } from "./method.ts";

/** What a section, a file's stem and a slug may be made of: they become ids, refs and folder names. */
export const NAME = /^[A-Za-z0-9_-]+$/;

const text = z.string();
const list = z.array(z.string());

/** A thing that one task makes and others build upon: `ART:` inside of the plan, `OUT:` for whoever asked for the plan. */
const artifact = z.string().regex(/^(?:ART|OUT):[A-Za-z0-9][A-Za-z0-9._/-]*$/, {
  error: "it must be ART: or OUT: and a name of letters, digits, . _ / and -",
});

/** `_root.toml` as people write it. */
export const RootFile = z.strictObject({
  plan: z.strictObject({
    name: z.string().refine((name) => name.trim() !== "", { error: "it is blank" }),
    summary: text.default(""),
    sections: list.default([]).describe("Folders of the plan, in the order in which their tasks count"),
    default_agent: text.default(""),
    default_provider: text.default(""),
    method: Method.optional().describe("tests-first: nothing is run before its tests are frozen (docs/tests-first.md)"),
  }),
  limits: LimitsTable.prefault({}),
  budget: PlanBudgetTable.optional(),
});
export type RootFile = z.infer<typeof RootFile>;

const claims = z.array(z.string().describe("A path, a folder (src/api/), a glob, or a symbol (src/a.py::Cart.total)"));
const FilesTable = z.strictObject({
  create: claims.default([]),
  edit: claims.default([]),
  delete: claims.default([]),
  read: claims.default([]),
  touch: claims.default([]),
});

/** One `[tasks.SLUG]` as people write it. */
export const TaskTable = z.strictObject({
  summary: text.default(""),
  prompt: text.default("").describe("What the worker is asked to do, under the headings Orient, Edit and Verify"),
  prompt_file: text.default("").describe("A text file with the prompt, relative to the plan's folder"),
  commit_message: text.default(""),
  files: z
    .union([claims.transform((touch) => FilesTable.parse({ touch })), FilesTable])
    .prefault({})
    .describe("What the task may change and read; a bare list is files.touch"),
  depends_on: list.default([]).describe("A slug of this file, or a whole id: section/file.slug"),
  agent: text.default(""),
  provider: text.default(""),
  tags: z
    .array(z.string().regex(NAME, { error: "it must be letters, digits, _ and -" }))
    .default([])
    .describe("What kind of task it is, for [routing]"),
  role: Role.exclude(["planner"]).default("worker"),
  timeout_s: z.int().min(0).default(0).describe("Seconds for one attempt; 0 is the standard 600"),
  iteration_budget: z.int().min(1).optional(),
  test_cmd: text.default(""),
  tests: list.default([]).describe("Files with its acceptance tests, frozen before the run: docs/tests-first.md"),
  sop_mapping: list.default([]).describe("Names of SOPs, in place of the automatic choice"),
  self_review: z.boolean().default(false),
  max_fork_depth: z.int().min(0).default(1),
  budget: CeilingTable.optional().describe("What the task may spend over all its attempts"),
  produces: z.array(artifact).default([]).describe("What the task makes: each thing has one maker in the plan"),
  consumes: z.array(artifact).default([]).describe("What it builds upon: made by a task that it waits for"),
  estimate: Estimate.optional().describe("What the author reckons the task comes to"),
  approval: z.boolean().default(false).describe("A person must approve its work before it lands"),
  criteria: z
    .array(z.string().trim().min(1).max(500))
    .max(30)
    .default([])
    .describe("What must be so when it is done: reviewers judge each by itself"),
});
export type TaskTable = z.infer<typeof TaskTable>;

/** A section's file as people write it. Each task is checked by itself, so that one bad task hides no other. */
export const SectionFile = z.strictObject({ tasks: z.record(z.string(), z.unknown()).default({}) });

export const FILE_KEYS = ["create", "edit", "delete", "read", "touch"] as const;
export type FileKey = (typeof FILE_KEYS)[number];

/** One claim of a task, where it stands, and what the task means to do there. */
export type SourceClaim = { key: FileKey; claim: Claim; path: KeyPath };

/** A task as written, read and placed. `id` is the compiled id; the parts of it are all valid names. */
export type SourceTask = {
  id: string;
  scope: string; // `section/stem`: what a bare reference is looked up in
  slug: string;
  toml: Toml;
  path: KeyPath; // of its table
  table: TaskTable;
  prompt: string; // with `prompt_file` read in
  claims: readonly SourceClaim[];
  tests: readonly string[]; // its acceptance tests, in their one spelling: sorted, each once
};

/** A plan folder, read. Nothing in it has been judged but what reading needs. */
export type PlanSource = {
  dir: string; // relative to the repository's root
  hash: string; // sha-256 (hex) over the source files
  root: RootFile | null; // null: unreadable, and `places` says why
  tasks: readonly SourceTask[];
  broken: readonly string[]; // ids of tasks that could not be read: to wait for one is no further fault
  facts: Facts;
  contract: ContractSource | null; // `_contract.toml`; null: the plan states nothing of itself
  places: readonly Place[];
};

/** A finding about a task, at the place of one of its keys. */
export function placeOf(
  { toml, path, id }: Pick<SourceTask, "toml" | "path" | "id">,
  key: KeyPath,
  finding: { severity?: Place["severity"]; code: string; message: string },
): Place {
  const { severity = "error", code, message } = finding;
  return { severity, code, message, file: toml.file, ...toml.at([...path, ...key]), unit: id };
}
