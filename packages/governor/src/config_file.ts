import { z } from "zod";

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
  review_hooks: list.default([]).describe("Shell snippets with {file}; one that fails rejects the task"),
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
    price_input_per_mtok: z.number().min(0).optional().describe("Dollars for a million input tokens"),
    price_output_per_mtok: z.number().min(0).optional().describe("Dollars for a million output tokens"),
  })
  .refine((table) => (table.price_input_per_mtok === undefined) === (table.price_output_per_mtok === undefined), {
    error: "it has one price and lacks the other",
  });

const ToolPolicyTable = z.strictObject({
  restrict_run_bash: z.boolean().default(false),
  require_wrapped_verify_tools: z.boolean().default(false),
  require_uv_run: z.boolean().default(false),
  deny_shell_file_mutations: z.boolean().default(false),
  deny_shell_commands: list.default([]),
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
  diff_max_files: z.int().min(1).default(100).describe("A candidate that changes more files is rejected"),
});

const SentruxTable = z.strictObject({
  mode: z.enum(["diff", "strict"]).default("diff"),
  stale_commits: count.default(10),
  stale_days: count.default(14),
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
  cost_usd: z.number().min(0).max(1e9).optional().describe("Dollars that a run may cost"),
  wall_s: z.number().min(0).max(1e9).optional().describe("Seconds that a run may take"),
  retries: z.int().min(0).max(100).optional().describe("Further attempts after a worker that failed by itself (3)"),
  settlement_retries: z.int().min(0).max(100).optional().describe("Further attempts after a rejection (1)"),
  backoff_s: z.array(z.number().min(0).max(86_400)).min(1).optional().describe("Waits after a provider failure"),
  jobs: z.int().min(1).max(1000).optional().describe("Workers at one time"),
});
export type LimitsTable = z.infer<typeof LimitsTable>;

const SandboxTable = z.strictObject({
  min: z.enum(["landlock", "bwrap"]).default("landlock").describe("The weakest jail that is accepted"),
  setup_network: z.boolean().default(true).describe("Whether setup_cmd may use the network"),
});

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
  agents: z.record(z.string(), named).default({}).describe("Alias to model"),
  conventions: z
    .record(z.string(), z.unknown().transform(told))
    .default({})
    .describe("Free key and value, shown to every worker"),
  tool_policy: ToolPolicyTable.prefault({}),
  scope: ScopeTable.prefault({}),
  sentrux: SentruxTable.prefault({}),
  departments: z.record(z.string(), list).default({}).describe("Name to patterns of the files it owns"),
  verify: z.record(z.string(), VerifyTable).default({}),
  limits: LimitsTable.prefault({}),
  sandbox: SandboxTable.prefault({}),
});
export type ProjectFile = z.infer<typeof ProjectFile>;
