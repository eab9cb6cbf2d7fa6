import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { agentsOf } from "./agent_file.ts";
import { apisOf } from "./api_file.ts";
import { budgetOf, priceOf, withBudget } from "./budget.ts";
import { type LimitsTable, ProjectFile } from "./config_file.ts";
import { referencePlaces } from "./config_places.ts";
import { DgovError, type Place } from "./error.ts";
import { microsOf } from "./money.ts";
import { policyOf } from "./policy_file.ts";
import { withPreset } from "./presets.ts";
import { profileOf, withProfile } from "./profile_file.ts";
import { projectCommands } from "./programs.ts";
import type { Component, Limits, Project, Provider } from "./project.ts";
import { PROJECT_FILE } from "./project_file.ts";
import { reviewOf } from "./review_file.ts";
import { routingOf } from "./routing_file.ts";
import { escalationOf } from "./tiers_file.ts";
import { check, parseToml } from "./toml.ts";
import { foreignMoney, layered, readUser, type User } from "./user_file.ts";

export { PROJECT_FILE };

/** What no task owns, in every project. */
const ALWAYS_IGNORED = [".venv", "uv.lock", "__pycache__", "*.pyc"];

/**
 * The project as its file says it. Without a file, all defaults.
 *
 * @param profile the name of a `[profiles.NAME]` whose word goes before the file's; null: nobody's
 * @param env     of whoever has work done, whose own configuration stands under the repository's; absent: nobody works
 * @throws DgovError `config_invalid` with every place that must be mended, `profile_unknown`
 */
export function readProject(root: string, profile: string | null = null, env: Env = {}): Project {
  const there = (name: string) => existsSync(join(root, name));
  const user = readUser(env);
  return withUvSetup(parsedOrRefused(root, readIfThere(join(root, PROJECT_FILE)), { profile, user }), there);
}
type Env = Readonly<Record<string, string | undefined>>;

/**
 * The same for a project that is not in a checkout. `there`: whether a file stands at its root.
 *
 * @throws DgovError `config_invalid`
 */
export function projectFrom(root: string, bytes: Uint8Array | null, there: (name: string) => boolean): Project {
  return withUvSetup(parsedOrRefused(root, bytes, {}), there);
}

function parsedOrRefused(root: string, bytes: Uint8Array | null, asked: Asked): Parsed & { project: Project } {
  const { project, places, implies_setup } = parseProject(root, bytes, asked);
  if (project) return { project, places, implies_setup };
  throw new DgovError("config_invalid", `Cannot use "${PROJECT_FILE}": ${places[0]?.message ?? "it is invalid"}`, {
    places,
  });
}

/**
 * The same without the disk: `bytes` is null when there is no file.
 *
 * @returns `implies_setup`: nothing is said of a setup, so what the repository uses may imply one
 */
export function parseProject(
  root: string,
  bytes: Uint8Array | null,
  { profile = null, user = null }: Asked = {},
): Parsed {
  const { toml: own, places } = parseToml(bytes ?? new Uint8Array(), PROJECT_FILE);
  if (!own) return { project: null, places, implies_setup: false };
  const toml = user === null ? own : layered(own, user);
  const checked = check(ProjectFile, { toml, path: [] });
  if (!checked.value) return { project: null, places: checked.places, implies_setup: false };
  const wrong = [...referencePlaces(checked.value, toml), ...(user === null ? [] : foreignMoney(checked.value, user))];
  if (wrong.length > 0) return { project: null, places: wrong, implies_setup: false };
  const implies_setup = checked.value.project.setup_cmd === undefined;
  const project = projectOf(root, { file: checked.value, hash: hashOf(bytes, user), profile });
  const { currency, ...ceilings } = user?.file.budget ?? {};
  return { project: { ...project, limits: withBudget(project.limits, ceilings) }, places: [], implies_setup };
}

/** `user`: whose configuration stands under the repository's. */
type Asked = { profile?: string | null; user?: User | null };

/** Of all that was read. */
function hashOf(bytes: Uint8Array | null, user: User | null): string {
  const own = bytes === null ? "" : sha256(bytes);
  return user === null ? own : sha256(`${own}\n${user.hash}`);
}
const sha256 = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");

type Parsed = { project: Project | null; places: Place[]; implies_setup: boolean };

/**
 * Commands that go through uv need its environment in each worktree, and can fetch nothing themselves: they have no
 * network. As in dgov 0.8 nobody has to say so.
 */
function withUvSetup(
  { project, implies_setup }: { project: Project; implies_setup: boolean },
  there: (name: string) => boolean,
): Project {
  if (!implies_setup) return project;
  const { commands, layout } = project;
  const used = there("uv.lock") || projectCommands(commands).some((command) => command.includes("uv run"));
  if (layout.language !== "python" || !there("pyproject.toml") || !used) return project;
  return { ...project, commands: { ...commands, setup: there("uv.lock") ? "uv sync --locked" : "uv sync" } };
}

/** The project's limits where the plan is silent, the plan's where it speaks. */
export function withLimits(limits: Limits, plan: LimitsTable): Limits {
  return {
    run: {
      ...limits.run,
      tokens: plan.tokens ?? limits.run.tokens,
      calls: plan.calls ?? limits.run.calls,
      cost_micros: plan.cost_usd === undefined ? limits.run.cost_micros : (microsOf(plan.cost_usd) ?? 0),
      wall_ms: plan.wall_s === undefined ? limits.run.wall_ms : Math.round(plan.wall_s * 1000),
    },
    retries: plan.retries ?? limits.retries,
    settlement_retries: plan.settlement_retries ?? limits.settlement_retries,
    backoff_ms: plan.backoff_s?.map((wait_s) => Math.round(wait_s * 1000)) ?? limits.backoff_ms,
    jobs: plan.jobs ?? limits.jobs,
    budget: limits.budget,
    escalation: limits.escalation,
    routing: limits.routing,
    batch: limits.batch,
    final: limits.final,
    approval: limits.approval,
  };
}

const NO_LIMITS: Omit<Limits, "budget" | "escalation" | "routing" | "batch" | "final" | "approval"> = {
  run: { tokens: null, calls: null, cost_micros: null, wall_ms: null },
  retries: 3,
  settlement_retries: 1,
  backoff_ms: [5000, 30_000, 90_000],
  jobs: null,
};

function readIfThere(path: string): Uint8Array | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw new DgovError("config_invalid", `Cannot read "${PROJECT_FILE}"`, { cause: error });
  }
}

type Read = { file: ProjectFile; hash: string; profile: string | null };

function projectOf(root: string, { file: written, hash, profile }: Read): Project {
  const file = withProfile(written, profile);
  const { project } = file;
  const providers = providersOf(file.providers);
  const declared = Object.keys(file.providers);
  const provider = project.provider ?? (declared.length === 1 ? declared[0]! : null);
  const { batch } = file.settlement;
  const own = {
    budget: budgetOf(file),
    escalation: escalationOf(file.tiers),
    routing: routingOf({ ...file, agents: agentsOf(file.agents), profile: profileOf(file, profile) }),
    batch,
    final: file.settlement.final,
    approval: { asked: file.settlement.approval, wait_ms: file.settlement.approval_wait * 1000 },
  };
  return {
    root,
    layout: {
      language: project.language,
      src_dir: folder(project.src_dir),
      test_dir: folder(project.test_dir),
      source_extensions: project.source_extensions,
      test_runner: file.settlement.test_runner ?? null,
      archive: file.plans.archive,
    },
    commands: commandsOf(file),
    worker: {
      iteration_budget: project.worker_iteration_budget,
      warn_at: project.worker_iteration_warn_at,
      tree_max_lines: project.worker_tree_max_lines,
      line_length: project.line_length,
      test_markers: project.test_markers,
      conventions: file.conventions,
    },
    timeouts: {
      bootstrap_ms: project.bootstrap_timeout * 1000,
      settlement_ms: project.settlement_timeout * 1000,
      final_ms: file.settlement.final_timeout * 1000,
    },
    providers,
    provider,
    default_agent:
      orNull(project.default_agent) ?? (provider === null ? null : (providers[provider]?.default_agent ?? null)),
    agents: agentsOf(file.agents),
    rules: rulesOf(written), // no profile says who judges, nor what an alias of theirs means
    limits: withBudget(withLimits({ ...NO_LIMITS, ...own }, file.limits), file.budget),
    hash,
  };
}

function commandsOf({ project, generated }: ProjectFile): Project["commands"] {
  return {
    setup: orNull(project.setup_cmd ?? ""),
    test: orNull(project.test_cmd),
    lint: orNull(project.lint_cmd),
    lint_fix: orNull(project.lint_fix_cmd),
    format: orNull(project.format_cmd),
    format_check: orNull(project.format_check_cmd),
    type_check: orNull(project.type_check_cmd),
    coverage: orNull(project.coverage_cmd),
    generated: byName(generated, ({ command, inputs, outputs }) => {
      return { command, inputs: present(inputs), outputs: present(outputs) };
    }),
  };
}

function rulesOf(file: ProjectFile): Project["rules"] {
  const { project, scope, departments, verify } = file;
  const recipes = Object.entries(verify).map(([name, { command, description, log_name }]) => {
    return [name, { command, description, log_name: log_name ?? null }] as const;
  });
  return {
    ...withPreset(file),
    scope: {
      ignore: [...new Set([...ALWAYS_IGNORED, ...present(scope.ignore_files)])],
      allow: present(scope.allow_files),
      deny: present(scope.deny_files),
      diff_max_files: scope.diff_max_files,
      allow_binary: scope.allow_binary,
      mirrors: scope.mirrors,
      policy: policyOf(file.policy),
    },
    departments,
    review_hooks: present(project.review_hooks),
    structural_merge: file.settlement.structural_merge,
    evidence: evidenceOf(file.settlement),
    tools: byName(file.tools, (table) => ({
      ...componentOf(table),
      description: table.description.trim(),
      write: table.write,
    })),
    gates: byName(file.gates, componentOf),
    verify: Object.fromEntries(recipes),
    baselines: baselinesOf(file),
    review: reviewOf(file.review, agentsOf(file.agents)),
  };
}

const evidenceOf = (table: ProjectFile["settlement"]): Project["rules"]["evidence"] => ({
  flake_runs: table.flake_runs,
  unwatched_tests: table.unwatched_tests,
  unverified_statements: table.unverified_statements,
});

const baselinesOf = ({ project, sentrux, api, specs }: ProjectFile): Project["rules"]["baselines"] => {
  const { mode, use, stale_commits, stale_days } = sentrux;
  const structure = { strict: mode === "strict", by: use, stale_commits, stale_days };
  return { points: project.coverage_threshold, ...structure, apis: apisOf(api), specs };
};

const componentOf = (table: ProjectFile["gates"][string]): Component => ({
  path: table.component,
  clock: table.clock,
  timeout_ms: table.timeout_s * 1000,
  memory_bytes: table.memory_mb * 1024 * 1024,
});

const byName = <Table, Value>(tables: Readonly<Record<string, Table>>, read: (table: Table) => Value) =>
  Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, read(table)]));

/** The scripted provider is always there: it needs no table. */
function providersOf(tables: ProjectFile["providers"]): Record<string, Provider> {
  const providers: Record<string, Provider> = {};
  const { scripted, ...others } = tables;
  providers.scripted = {
    name: "scripted",
    kind: "scripted",
    base_url: null,
    api_key_env: null,
    default_agent: orNull(scripted?.default_agent ?? ""),
    script: scripted?.script ?? null,
    price: null,
  };
  for (const [name, table] of Object.entries(others)) {
    const { base_url, api_key_env, price_input_per_mtok: input, price_output_per_mtok: output } = table;
    const price = input === undefined || output === undefined ? null : priceOf({ input, output });
    const default_agent = orNull(table.default_agent);
    providers[name] = { name, kind: "openai", base_url, api_key_env, default_agent, script: null, price };
  }
  return providers;
}

const orNull = (text: string): string | null => (text.trim() === "" ? null : text);
const present = (texts: readonly string[]): string[] => texts.map((text) => text.trim()).filter((text) => text !== "");

/** `./src/` → `src`; the root is `.`. */
function folder(text: string): string {
  const parts = text.split("/").filter((part) => part !== "" && part !== ".");
  return parts.length === 0 ? "." : parts.join("/");
}
