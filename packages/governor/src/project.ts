import type { RunLimits } from "@dgov/kernel";
import type { Level, Network, ResourceLimits, ToolPolicy } from "@dgov/sandbox";
import type { Price } from "@dgov/worker";
import type { Program } from "./agent_file.ts";
import type { Api } from "./api_file.ts";
import type { Budget } from "./budget.ts";
import type { LifecycleTable } from "./lifecycle_file.ts";
import type { PathPolicy } from "./policy_file.ts";
import type { Review } from "./review_file.ts";
import type { Routing } from "./routing_file.ts";
import type { RunnerName } from "./settlement/test_runners.ts";
import type { Spec } from "./spec_file.ts";
import type { WorktreeTable } from "./worktree_file.ts";

/**
 * `.dgov/project.toml` with every default filled in; see `config.ts` for the file's own shape.
 * Groups are ours, the file keeps the original's flat keys.
 */
export type Project = {
  root: string; // absolute path of the repository's root
  layout: Layout;
  commands: Commands;
  worker: WorkerSettings;
  timeouts: { bootstrap_ms: number; settlement_ms: number; final_ms: number };
  providers: Readonly<Record<string, Provider>>;
  provider: string | null; // the project's own choice
  default_agent: string | null;
  agents: Readonly<Record<string, string | Program>>; // alias → model, or a command-line agent
  rules: Rules;
  limits: Limits;
  hash: string; // sha-256 (hex) of the bytes it was read from; "" when there is no file
};

export type Layout = {
  language: string;
  src_dir: string; // normalised, without a trailing slash; "." is the root
  test_dir: string;
  source_extensions: readonly string[];
  test_runner: RunnerName | null; // null: told by the command
  archive: "auto" | "landed" | "never"; // where plans go of which all has landed
};

/** Shell commands; null: the project has none. `{file}` and `{test_dir}` are filled in, quoted, by whoever runs them. */
export type Commands = {
  setup: string | null;
  test: string | null;
  lint: string | null;
  lint_fix: string | null;
  format: string | null;
  format_check: string | null;
  type_check: string | null;
  coverage: string | null;
  /** By name: what makes `outputs` out of `inputs`; patterns as in `[scope]`. Without inputs any file may be one. */
  generated: Readonly<Record<string, { command: string; inputs: readonly string[]; outputs: readonly string[] }>>;
};

export type WorkerSettings = {
  iteration_budget: number;
  warn_at: number;
  tree_max_lines: number;
  line_length: number;
  test_markers: readonly string[];
  conventions: Readonly<Record<string, string>>;
};

/** `api_key_env` is null for a provider that needs no key. */
export type Provider = {
  name: string;
  kind: "openai" | "scripted" | "program";
  base_url: string | null;
  api_key_env: string | null;
  default_agent: string | null;
  script: string | null; // of the scripted provider, relative to the root; null: `script.json` beside the plan
  price: Price | null; // of every model of it that `[prices]` does not name
};

/** What is compared with what was measured before. `points`: of coverage, that a file may lose; the rest is `[sentrux]`. */
type BaselineRules = {
  points: number;
  strict: boolean;
  by: "dgov" | "sentrux"; // who measures structure
  stale_commits: number;
  stale_days: number;
  apis: Readonly<Record<string, Api>>; // by name
  specs: Readonly<Record<string, Spec>>; // by name
};

/** How much must be shown. `flake_runs`: how often the tests are run, at least 1. `tell`: what is not shown is told, and lands. */
type EvidenceRules = {
  flake_runs: number;
  unwatched_tests: "tell" | "refuse";
  unverified_statements: "tell" | "refuse";
};

export type Rules = {
  tool_policy: ToolPolicy;
  scope: {
    ignore: readonly string[];
    allow: readonly string[];
    deny: readonly string[];
    diff_max_files: number;
    allow_binary: boolean;
    mirrors: readonly (readonly string[])[]; // groups of paths that are to say the same
    policy: PathPolicy;
  };
  departments: Readonly<Record<string, readonly string[]>>; // in the file's order
  review_hooks: readonly string[];
  structural_merge: boolean; // by symbols, where git finds only texts in conflict
  evidence: EvidenceRules;
  sandbox: SandboxRules;
  tools: Readonly<Record<string, ComponentTool>>; // by name: tools that are WASM components
  gates: Readonly<Record<string, Component>>; // by name: gates that are WASM components
  verify: Readonly<Record<string, { command: string; description: string; log_name: string | null }>>;
  baselines: BaselineRules;
  review: Review | null; // null: nobody is asked
};

/** `[sandbox]` with its preset filled in. `level`: this very jail and no other; "auto": the strongest there is. */
export type SandboxRules = {
  preset: "strict" | "default" | "relaxed";
  min: Exclude<Level, "seatbelt">;
  level: Level | "auto";
  read: "all" | readonly string[]; // absolute
  hosts: readonly string[];
  gate_hosts: readonly string[];
  setup: Network;
  limits: ResourceLimits;
  worktree: WorktreeTable; // `[worktree]`
  hooks: LifecycleTable; // `[hooks]`: what runs outside of it
};

/** A WASM component of the project. `path` is relative to the root and is read from the base commit, never the worktree. */
export type Component = { path: string; clock: boolean; timeout_ms: number; memory_bytes: number };
export type ComponentTool = Component & { description: string; write: boolean };

/**
 * `run`: what the run may spend. `retries` and the rest go into the kernel's retry policy. `escalation`: who is asked after a
 * task's own agent, one after the other.
 */
export type Limits = {
  run: RunLimits;
  retries: number;
  settlement_retries: number;
  backoff_ms: readonly number[];
  escalation: readonly { agent: string; provider: string | null }[]; // model or alias; null: the task's own
  routing: Routing; // who is asked first
  budget: Budget;
  final: "auto" | "always" | "never"; // whether the head is judged at the end of a run
  batch: number; // how many candidates may be judged as one tree; 1: each alone
  approval: { asked: boolean; wait_ms: number }; // of a person, for each task; wait_ms: when nothing else is to be done
  jobs: number | null; // null: as many as there are cores, at least 2
};
