import { ProjectRule } from "@dgov/sandbox";
import { isHostRule } from "@dgov/sandbox/network";
import { z } from "zod";
import { ProgramTable } from "./agent_file.ts";
import { ApiTable } from "./api_file.ts";
import { Amount, PriceTable, ProjectBudgetTable } from "./budget_file.ts";
import { LifecycleTable } from "./lifecycle_file.ts";
import { PolicyTable } from "./policy_file.ts";
import { ProfileTable, profileName } from "./profile_file.ts";
import { ReviewTable } from "./review_file.ts";
import { RoutingTable } from "./routing_file.ts";
import { RUNNER_NAMES } from "./settlement/test_runners.ts";
import { SpecTable } from "./spec_file.ts";
import { TiersTable } from "./tiers_file.ts";
import { WorktreeTable } from "./worktree_file.ts";

/** `.dgov/project.toml` as people write it: the original's keys and defaults, and ours after them. One schema, strict. */

const text = z.string();
const list = z.array(z.string());
const named = z.string().refine((value) => value.trim() !== "", { error: "it is blank" });
const folder = z.string().refine((path) => !/^[/~]|^[A-Za-z]:|(^|\/)\.\.(\/|$)/.test(path), {
  error: "it must be a folder in the repository",
});
const count = z.int().min(0);
const seconds = z.int().min(1);

const ProjectTable = z.strictObject({
  language: text.default("python"),
  src_dir: folder.default("src/").describe("Folder of the sources, relative to the repository's root"),
  test_dir: folder.default("tests/").describe("Folder of the tests, relative to the repository's root"),
  source_extensions: list.default([".py"]).describe('Endings of source files, for example [".py"]'),
  test_cmd: text.default("python -m pytest {test_dir} -q --tb=short").describe('"" for none; {test_dir} is filled in'),
  lint_cmd: text.default("python -m ruff check {file}").describe('"" for none; {file} is filled in'),
  format_cmd: text.default("python -m ruff format {file}"),
  lint_fix_cmd: text.default("python -m ruff check --fix --unsafe-fixes {file}"),
  format_check_cmd: text.default("python -m ruff format --check {file}"),
  type_check_cmd: text.default(""),
  test_markers: list.default([]),
  worker_iteration_budget: z.int().min(1).default(50).describe("Turns a worker may take"),
  worker_iteration_warn_at: count.default(40).describe("The turn from which it is told that they run out"),
  worker_tree_max_lines: count.default(80),
  line_length: z.int().min(1).default(99),
  setup_cmd: text
    .optional()
    .describe(
      'Shell command run in each worktree before the worker starts; "" for none, absent: uv sync where uv is used',
    ),
  bootstrap_timeout: seconds.default(300).describe("Seconds for setup_cmd"),
  settlement_timeout: seconds.default(120).describe("Seconds for each gate command"),
  review_hooks: list
    .default([])
    .describe("Shell snippets with {file}, or scripts as .dgov/NAME.js; one that refuses rejects the task"),
  coverage_cmd: text
    .default("")
    .refine((value) => value === "" || value.includes("{output}"), { error: 'it must contain "{output}"' }),
  coverage_threshold: z.number().min(0).default(2).describe("Percentage points a file may lose"),
  provider: named.optional().describe("Name of a [providers.NAME] table, or scripted"),
  default_agent: text.default(""),
});

const ProviderTable = z
  .strictObject({
    base_url: named.describe("Base of the OpenAI-compatible API, for example https://api.openai.com/v1"),
    api_key_env: named.describe("Name of the environment variable that holds the key"),
    default_agent: text.default(""),
    price_input_per_mtok: Amount.optional().describe("Dollars for a million input tokens, of each of its models"),
    price_output_per_mtok: Amount.optional().describe("Dollars for a million output tokens, of each of its models"),
  })
  .refine((table) => (table.price_input_per_mtok === undefined) === (table.price_output_per_mtok === undefined), {
    error: "it has one price and lacks the other",
  });

/** What is not written comes from the preset of `[sandbox]`. */
const ToolPolicyTable = z.strictObject({
  restrict_run_bash: z.boolean().optional(),
  require_wrapped_verify_tools: z.boolean().optional(),
  require_uv_run: z.boolean().optional(),
  deny_shell_file_mutations: z.boolean().optional(),
  deny_shell_commands: list.optional(),
  rules: z.array(ProjectRule).optional().describe("Rules of the project's own, each with its examples"),
});

const JUDGES = [".sentrux/baseline.json", ".sentrux/dgov-baseline.json", ".coverage-baseline/coverage.json"];
const unshadowing = z.string().refine((pattern) => !JUDGES.some((path) => shadows(pattern.trim(), path)), {
  error:
    "it would hide a baseline that judges the work (.sentrux/baseline.json, .sentrux/dgov-baseline.json, .coverage-baseline/)",
});

/** Whether an ignore pattern, read in the widest way, covers a path: exactly, as a folder, as a name, or as a glob. */
function shadows(pattern: string, path: string): boolean {
  const bare = pattern.replace(/^\.?\//, "").replace(/\/+$/, "");
  if (bare === "") return pattern !== "";
  const parts = path.split("/");
  const prefixes = parts.map((_, at) => parts.slice(0, at + 1).join("/"));
  const glob = new RegExp(
    `^${bare
      .replace(/[\\^$.+()|{}]/g, "\\$&")
      .replace(/\*+/g, ".*")
      .replace(/\?/g, ".")
      .replace(/\[!/g, "[^")}$`,
  );
  return [...prefixes, ...parts].some((place) => place === bare || glob.test(place));
}

const ScopeTable = z.strictObject({
  ignore_files: z.array(unshadowing).default([]).describe("Patterns of files that no task owns and no gate counts"),
  allow_files: list.default([]).describe("When not empty: nothing outside these patterns may change"),
  deny_files: list.default([]).describe("Patterns that no task may change"),
  allow_binary: z.boolean().default(true).describe("Whether files that are no text may come in"),
  diff_max_files: z.int().min(1).default(100).describe("A candidate that changes more files is rejected"),
  mirrors: z
    .array(z.array(named).min(2))
    .default([])
    .describe("Groups of files that are to say the same: a change to one that leaves another behind is rejected"),
});

const SettlementTable = z.strictObject({
  structural_merge: z
    .boolean()
    .default(true)
    .describe("Where git finds only texts in conflict, merge symbol by symbol, and prove it"),
  flake_runs: z
    .int()
    .min(1)
    .max(100)
    .default(1)
    .describe("How often the tests are run; what fails at any run is refused"),
  unwatched_tests: z
    .enum(["tell", "refuse"])
    .default("tell")
    .describe("What becomes of work whose task has a test command that its worker did not see fail before it began"),
  unverified_statements: z
    .enum(["tell", "refuse"])
    .default("tell")
    .describe("What becomes of work of which its worker states what its own calls do not show"),
  test_runner: z
    .enum(RUNNER_NAMES)
    .optional()
    .describe("How {test_dir} is spelled for the runner of the tests; absent: as the command's words say"),
  final: z
    .enum(["auto", "always", "never"])
    .default("auto")
    .describe(
      "Whether all gates are asked of the head once no task is left; auto: where test_cmd has {test_dir}, or tasks are batched",
    ),
  final_timeout: seconds.default(600).describe("Seconds for each gate command then, which runs all tests"),
  approval: z.boolean().default(false).describe("Whether a person must approve each task's work before it lands"),
  approval_wait: z
    .int()
    .min(0)
    .default(600)
    .describe(
      "Seconds that a run waits for approvals when there is nothing else to do; then it stops, to be gone on with",
    ),
  batch: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe(
      "How many finished tasks may be judged as one tree; one that is refused is halved until it is known whose doing it is",
    ),
});

const PlansTable = z.strictObject({
  archive: z
    .enum(["auto", "landed", "never"])
    .default("auto")
    .describe(
      "Whether dgov run archives a plan of which all has landed; auto: where dgov 0.8 has landed something, or a plan was archived",
    ),
});

const SentruxTable = z.strictObject({
  mode: z
    .enum(["diff", "strict"])
    .default("diff")
    .describe(
      "diff: what a change brings past a limit is refused; strict: also long functions, and each metric it makes worse",
    ),
  use: z.enum(["dgov", "sentrux"]).default("dgov").describe("Who measures: dgov itself, or the program sentrux"),
  stale_commits: count.default(10).describe("A baseline that is more commits behind is told to be stale"),
  stale_days: count.default(14),
});

const GeneratedTable = z.strictObject({
  command: named.describe("Shell command that writes the outputs anew"),
  outputs: z.array(named).min(1).describe("Patterns of the files that it makes, which are in the repository"),
  inputs: list.default([]).describe("Patterns of what it makes them from; without any it is asked at every change"),
});

const VerifyTable = z.strictObject({
  command: named,
  description: text.default(""),
  log_name: text
    .refine((name) => name !== "." && name !== ".." && /^[^/\\:]+$/.test(name), {
      error: "it must be a bare file name",
    })
    .optional(),
  parser: text.optional(),
});

/** `[limits]` of a project, and in a plan's `_root.toml` what the plan sets in place of it. */
export const LimitsTable = z.strictObject({
  tokens: count.optional().describe("Tokens that a run may use"),
  calls: count.optional().describe("Model calls that a run may make"),
  cost_usd: Amount.optional().describe("Dollars that a run may cost"),
  wall_s: z.number().min(0).max(1e9).optional().describe("Seconds that a run may take"),
  retries: z.int().min(0).max(100).optional().describe("Further attempts after a worker that failed by itself (3)"),
  settlement_retries: z.int().min(0).max(100).optional().describe("Further attempts after a rejection (1)"),
  backoff_s: z.array(z.number().min(0).max(86_400)).min(1).optional().describe("Waits after a provider failure"),
  jobs: z.int().min(1).max(1000).optional().describe("Workers at one time"),
});
export type LimitsTable = z.infer<typeof LimitsTable>;

const absolute = z.string().refine((path) => /^(\/|~\/)/.test(path), { error: "it must begin with / or ~/" });
const host = z.string().refine(isHostRule, {
  error:
    'it must be a host name, "*.example.org" for all below one, "*" for any public one, or an address; with ":PORT" for another port than 80 and 443',
});
const megabytes = z.int().min(1).max(1_000_000);

const SandboxTable = z.strictObject({
  preset: z.enum(["strict", "default", "relaxed"]).default("default").describe("What holds where no other key speaks"),
  min: z.enum(["wasm", "landlock", "bwrap"]).optional().describe("The weakest jail that is accepted"),
  level: z.enum(["auto", "wasm", "landlock", "seatbelt", "bwrap"]).default("auto").describe("This very jail, no other"),
  read: z
    .union([z.literal("all", { error: 'it must be "all", or a list of paths' }), z.array(absolute)])
    .optional()
    .describe('Further places that commands may read, absolute or below ~/; "all": whatever the user can read'),
  hosts: z.array(host).optional().describe("Hosts that a worker's commands may reach; []: none"),
  gate_hosts: z.array(host).optional().describe("Hosts that gate commands may reach; []: none"),
  setup_network: z
    .union([z.boolean(), z.array(host)])
    .optional()
    .describe("Whether setup_cmd may use the network"),
  memory_mb: megabytes.optional().describe("Memory of one task's commands together"),
  processes: z.int().min(1).max(100_000).optional().describe("Processes of one task's commands together"),
  tmp_mb: megabytes.optional().describe("A task's temporary files together"),
  file_mb: megabytes.optional().describe("The largest file that a command may write"),
  open_files: z.int().min(16).max(1_000_000).optional().describe("Files that one process may have open"),
});

/** What a WASM component of the project may do, as a tool or as a gate. */
const component = {
  component: named
    .refine((path) => path.endsWith(".wasm") && !/^[/~]|(^|\/)\.\.(\/|$)/.test(path), {
      error: "it must be a .wasm file in the repository",
    })
    .describe("A WASM component, relative to the repository's root"),
  clock: z.boolean().default(false).describe("Whether it may ask for the time"),
  timeout_s: z.int().min(1).max(3600).default(30),
  memory_mb: megabytes.default(256),
};
const ToolTable = z.strictObject({
  ...component,
  description: named.describe("What the model is told of it"),
  write: z.boolean().default(false).describe("Whether it may write the task's claims; else it only reads"),
});
const GateTable = z.strictObject(component);
const toolName = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, { error: "it must be lower-case letters, digits and _" });

/** A convention as a worker reads it. The value is the user's own: lists and tables are told in their words. */
function told(value: unknown): string {
  if (Array.isArray(value)) return value.map(told).join(", ");
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map(([key, inner]) => `${key}: ${told(inner)}`)
    .join("; ");
}

export const ProjectFile = z.strictObject({
  project: ProjectTable.prefault({}),
  providers: z
    .object({ scripted: z.strictObject({ script: named.optional(), default_agent: text.default("") }).optional() })
    .catchall(ProviderTable)
    .prefault({}),
  agents: z
    .record(z.string(), z.union([named, ProgramTable]))
    .default({})
    .describe("Alias to model, or to a command-line agent"),
  tiers: TiersTable.prefault({}),
  routing: RoutingTable.prefault({}),
  profiles: z
    .record(profileName, ProfileTable)
    .default({})
    .describe("Who works, by name: see dgov run --profile and dgov bench"),
  conventions: z
    .record(z.string(), z.unknown().transform(told))
    .default({})
    .describe("Free key and value, shown to every worker"),
  tool_policy: ToolPolicyTable.prefault({}),
  scope: ScopeTable.prefault({}),
  policy: PolicyTable.prefault({}),
  settlement: SettlementTable.prefault({}),
  plans: PlansTable.prefault({}),
  sentrux: SentruxTable.prefault({}),
  api: z.record(toolName, ApiTable).default({}).describe("Interfaces that OpenAPI documents describe, by name"),
  specs: z.record(toolName, SpecTable).default({}).describe("Documents that say what is to be, by name"),
  departments: z.record(z.string(), list).default({}).describe("Name to patterns of the files it owns"),
  generated: z.record(toolName, GeneratedTable).default({}).describe("Files that are made from others, by name"),
  verify: z.record(z.string(), VerifyTable).default({}),
  limits: LimitsTable.prefault({}),
  budget: ProjectBudgetTable.prefault({}),
  prices: z.record(z.string(), PriceTable).default({}).describe('By "PROVIDER/MODEL"; what is not listed is unpriced'),
  sandbox: SandboxTable.prefault({}),
  worktree: WorktreeTable.prefault({}),
  hooks: LifecycleTable.prefault({}).describe("Commands outside of the jail, once a person has approved of them"),
  tools: z.record(toolName, ToolTable).default({}).describe("Tools that are WASM components, by name"),
  gates: z.record(toolName, GateTable).default({}).describe("Gates that are WASM components, by name"),
  review: ReviewTable.prefault({}),
});
export type ProjectFile = z.infer<typeof ProjectFile>;
