import { RunId, TaskId } from "@dgov/kernel";
import { budgetOf } from "../../budget.ts";
import { ProjectBudgetTable } from "../../budget_file.ts";
import type { CompiledTask, Files } from "../../plan/compiled.ts";
import { withPreset } from "../../presets.ts";
import type { Project } from "../../project.ts";

const NO_FILES: Files = { create: [], edit: [], delete: [], read: [], touch: [] };

export const task = TaskId.parse("core/main.one");
export const runId = RunId.parse("r1");

/** A task with these claims and nothing special otherwise. */
export const unitWith = (files: Partial<Files>, test_cmd: string | null = null): CompiledTask => ({
  id: task,
  summary: "one",
  prompt: "do one",
  commit_message: "Do one",
  role: "worker",
  depends_on: [],
  files: { ...NO_FILES, ...files },
  test_cmd,
  sops: [],
  worker: { agent: null, provider: null, timeout_s: 600, iteration_budget: null },
  review: { self_review: false, max_fork_depth: 0 },
  unit: "0".repeat(64),
});

export const BASELINES: Project["rules"]["baselines"] = {
  ...{ points: 2, strict: false, by: "dgov", stale_commits: 10, stale_days: 14, apis: {}, specs: {} },
};

type Parts = { commands?: Partial<Project["commands"]>; rules?: Partial<Project["rules"]>; settlement_ms?: number };

const SCOPE: Project["rules"]["scope"] = {
  ignore: [".venv", "uv.lock", "__pycache__", "*.pyc"],
  ...{ allow: [], deny: [], mirrors: [] },
  diff_max_files: 100,
  allow_binary: true,
  policy: { mode: "enforce", rules: [] },
};

/** A Python project with these commands and rules. */
export const projectWith = (root: string, { commands, rules, settlement_ms = 20_000 }: Parts): Project => ({
  root,
  layout: {
    language: "python",
    src_dir: "src",
    test_dir: "tests",
    source_extensions: [".py", ".ts", ".js"],
    test_runner: null,
    archive: "never",
  },
  commands: {
    setup: null,
    test: null,
    lint: null,
    lint_fix: null,
    format: null,
    format_check: null,
    type_check: null,
    coverage: null,
    generated: {},
    ...commands,
  },
  worker: { iteration_budget: 50, warn_at: 40, tree_max_lines: 80, line_length: 99, test_markers: [], conventions: {} },
  timeouts: { bootstrap_ms: 20_000, settlement_ms, final_ms: settlement_ms },
  providers: {},
  provider: null,
  default_agent: null,
  agents: {},
  rules: {
    tool_policy: {
      restrict_run_bash: false,
      deny_shell_commands: [],
      deny_shell_file_mutations: false,
      require_wrapped_verify_tools: false,
      require_uv_run: false,
      rules: [],
    },
    scope: SCOPE,
    departments: {},
    review_hooks: [],
    structural_merge: true,
    evidence: { flake_runs: 1, unwatched_tests: "tell", unverified_statements: "tell" },
    sandbox: {
      ...withPreset({ sandbox: { preset: "default", level: "auto" }, tool_policy: {} }).sandbox,
      setup: "none",
    },
    tools: {},
    gates: {},
    verify: {},
    baselines: BASELINES,
    review: null,
    ...rules,
  },
  limits: {
    budget: budgetOf({ budget: ProjectBudgetTable.parse({}), prices: {} }),
    run: { calls: null, tokens: null, cost_micros: null, wall_ms: null },
    retries: 3,
    settlement_retries: 1,
    backoff_ms: [1000],
    ...{ escalation: [], routing: { profile: null, tiers: {}, usage: { input: 0, cached: 0, output: 0 }, rules: [] } },
    ...{ batch: 1, final: "never", approval: { asked: false, wait_ms: 0 } },
    jobs: null,
  },
  hash: "",
});
