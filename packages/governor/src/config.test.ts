import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseProject, readProject } from "./config.ts";
import { PolicyTable, policyOf } from "./policy_file.ts";
import type { Project, SandboxRules } from "./project.ts";

const read = (text: string | null) => parseProject("/r", text === null ? null : new TextEncoder().encode(text));
const project = (text: string | null): Project => {
  const { project: found, places } = read(text);
  if (!found) throw new Error(places.map(({ message }) => message).join("\n"));
  return found;
};

const MIB = 1024 * 1024;

const DEFAULT_SANDBOX: SandboxRules = {
  preset: "default",
  level: "auto",
  min: "landlock",
  read: [],
  hosts: [],
  gate_hosts: [],
  setup: "open",
  limits: {
    memory_bytes: 8192 * MIB,
    processes: 1024,
    tmp_bytes: 4096 * MIB,
    file_bytes: 4096 * MIB,
    open_files: 16_384,
  },
  worktree: { include: false, setup_reads: [], cache: false },
  hooks: { timeout_s: 60 },
};

const IGNORED = [".venv", "uv.lock", "__pycache__", "*.pyc"];
const NO_CEILING = { calls: null, tokens: null, turns: null, cost_micros: null, wall_ms: null };
const ROUTING = { profile: null, tiers: {}, usage: { input: 200_000, cached: 0, output: 10_000 }, rules: [] };
const APPROVAL = { asked: false, wait_ms: 600_000 };
const ALONE = { escalation: [], routing: ROUTING, batch: 1, final: "auto" as const, approval: APPROVAL };
const NO_BUDGET = { currency: "USD", output_tokens: 16_384, task: NO_CEILING, prices: {} };
const PYTHON = { language: "python", src_dir: "src", test_dir: "tests", source_extensions: [".py"] };

const EMPTY = { allow: [], deny: [], mirrors: [] };
const SCOPE = {
  ...EMPTY,
  ignore: IGNORED,
  diff_max_files: 100,
  allow_binary: true,
  policy: policyOf(PolicyTable.parse({})),
};

test("without a file there are all defaults", () => {
  expect(project(null)).toEqual({
    root: "/r",
    layout: { ...PYTHON, test_runner: null, archive: "auto" },
    commands: {
      setup: null,
      test: "python -m pytest {test_dir} -q --tb=short",
      lint: "python -m ruff check {file}",
      lint_fix: "python -m ruff check --fix --unsafe-fixes {file}",
      format: "python -m ruff format {file}",
      format_check: "python -m ruff format --check {file}",
      type_check: null,
      coverage: null,
      generated: {},
    },
    worker: {
      iteration_budget: 50,
      warn_at: 40,
      tree_max_lines: 80,
      line_length: 99,
      test_markers: [],
      conventions: {},
    },
    timeouts: { bootstrap_ms: 300_000, settlement_ms: 120_000, final_ms: 600_000 },
    providers: {
      scripted: {
        name: "scripted",
        kind: "scripted",
        base_url: null,
        api_key_env: null,
        default_agent: null,
        script: null,
        price: null,
      },
    },
    provider: null,
    default_agent: null,
    agents: {},
    rules: {
      tool_policy: {
        restrict_run_bash: false,
        require_wrapped_verify_tools: false,
        require_uv_run: false,
        deny_shell_file_mutations: false,
        deny_shell_commands: [],
        rules: [],
      },
      scope: SCOPE,
      departments: {},
      review_hooks: [],
      structural_merge: true,
      evidence: { flake_runs: 1, unwatched_tests: "tell", unverified_statements: "tell" },
      sandbox: DEFAULT_SANDBOX,
      ...{ tools: {}, gates: {}, verify: {} },
      baselines: { points: 2, strict: false, by: "dgov", stale_commits: 10, stale_days: 14, apis: {}, specs: {} },
      review: null,
    },
    limits: {
      run: NO_CEILING,
      retries: 3,
      settlement_retries: 1,
      backoff_ms: [5000, 30_000, 90_000],
      ...ALONE,
      jobs: null,
      budget: NO_BUDGET,
    },
    hash: "",
  });
});

const EVERYTHING = `
[plans]
archive = "landed"

[project]
language = "go"
src_dir = "./lib//"
test_dir = "."
source_extensions = [".go"]
test_cmd = "go test ./..."
lint_cmd = ""
format_cmd = " "
lint_fix_cmd = "fix"
format_check_cmd = "check"
type_check_cmd = "vet"
test_markers = ["slow"]
worker_iteration_budget = 10
worker_iteration_warn_at = 8
worker_tree_max_lines = 20
line_length = 120
setup_cmd = "make"
bootstrap_timeout = 9
settlement_timeout = 8
review_hooks = ["test {file}", " "]
coverage_cmd = "cover {output}"
coverage_threshold = 1.5
default_agent = "fast"

[providers.fireworks]
base_url = "https://api.example/v1"
api_key_env = "KEY"
default_agent = "big"
price_input_per_mtok = 1.2
price_output_per_mtok = 3

[agents]
fast = "model-9"

[conventions]
style = "plain"
width = 100
strict = true
imports = ["absolute", "sorted"]
since = 2026-05-01
names = { classes = "CamelCase", constants = ["UPPER", "SNAKE"] }

[tool_policy]
restrict_run_bash = true
require_wrapped_verify_tools = true
require_uv_run = true
deny_shell_file_mutations = true
deny_shell_commands = ["pip"]

[scope]
ignore_files = ["go.sum", "uv.lock"]
allow_files = ["lib/*", " "]
deny_files = ["secrets/"]
diff_max_files = 5

[sentrux]
mode = "strict"
stale_commits = 1
stale_days = 0

[departments]
Core = ["lib/core/*"]

[verify.smoke]
command = "make smoke"
description = "Smoke"
log_name = "smoke.log"
parser = "none"

[limits]
tokens = 1000
calls = 10
cost_usd = 0.25
wall_s = 1.5
retries = 0
settlement_retries = 4
backoff_s = [1, 0.5]
jobs = 2

[sandbox]
min = "bwrap"
setup_network = false
`;

test("every key is read", () => {
  const { layout, commands, timeouts, provider, default_agent, providers, rules, limits, worker, hash } =
    project(EVERYTHING);
  const found = { language: "go", src_dir: "lib", test_dir: ".", source_extensions: [".go"], test_runner: null };
  expect(layout).toEqual({ ...found, archive: "landed" });
  expect(commands).toMatchObject({ lint: null, format: null, setup: "make", coverage: "cover {output}" });
  expect(timeouts).toEqual({ bootstrap_ms: 9000, settlement_ms: 8000, final_ms: 600_000 });
  expect([provider, default_agent]).toEqual(["fireworks", "fast"]);
  expect(providers.fireworks).toMatchObject({
    kind: "openai",
    price: { input: 1_200_000, cached: 1_200_000, output: 3_000_000 },
    default_agent: "big",
  });
  expect(rules).toMatchObject({
    scope: { ignore: [...IGNORED, "go.sum"], allow: ["lib/*"], deny: ["secrets/"], diff_max_files: 5 },
    review_hooks: ["test {file}"],
    departments: { Core: ["lib/core/*"] },
    verify: { smoke: { command: "make smoke", description: "Smoke", log_name: "smoke.log" } },
    sandbox: { min: "bwrap", setup: "none" },
  });
  expect(limits).toEqual({
    run: { ...NO_CEILING, tokens: 1000, calls: 10, cost_micros: 250_000, wall_ms: 1500 },
    retries: 0,
    settlement_retries: 4,
    backoff_ms: [1000, 500],
    ...ALONE,
    jobs: 2,
    budget: NO_BUDGET,
  });
  expect(worker.conventions).toEqual({
    style: "plain",
    width: "100",
    strict: "true",
    imports: "absolute, sorted",
    since: "2026-05-01",
    names: "classes: CamelCase; constants: UPPER, SNAKE",
  });
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
});

test.each([
  ["the only one there is", '[providers.a]\nbase_url = "u"\napi_key_env = "K"', "a"],
  [
    "none of two",
    '[providers.a]\nbase_url = "u"\napi_key_env = "K"\n[providers.b]\nbase_url = "u"\napi_key_env = "K"',
    null,
  ],
  ["the scripted one without a table", '[project]\nprovider = "scripted"', "scripted"],
  ["the scripted one with a script", '[providers.scripted]\nscript = "s.json"', "scripted"],
])("the provider is %s", (_, text, provider) => {
  expect(project(text).provider).toBe(provider);
});

test("hosts are names, patterns of names and addresses, with a port or without", () => {
  const hosts = ["pypi.org", "*.example.org", "*", "localhost:3000", "10.0.0.7:8080", "[fd00::7]"];
  const { rules } = project(`[sandbox]\nhosts = ${JSON.stringify(hosts)}\nsetup_network = ["pypi.org"]`);
  expect(rules.sandbox).toMatchObject({ hosts, gate_hosts: [], setup: { hosts: ["pypi.org"] } });
});

test.each<[string, [string, number, number][]]>([
  [
    "[project]\ntest_cmdd = 'x'\nline_lenght = 3",
    [
      ["key_unknown", 2, 1],
      ["key_unknown", 3, 1],
    ],
  ],
  ["[projet]\n", [["key_unknown", 1, 2]]],
  [
    "[project]\nline_length = '9'\ntest_markers = [1]\ncoverage_threshold = true",
    [
      ["value_invalid", 2, 1],
      ["value_invalid", 3, 17],
      ["value_invalid", 4, 1],
    ],
  ],
  ["[project]\ncoverage_cmd = 'x'", [["value_invalid", 2, 1]]],
  [
    "[project]\nsrc_dir = '../x'\ntest_dir = '/t'",
    [
      ["value_invalid", 2, 1],
      ["value_invalid", 3, 1],
    ],
  ],
  ["project = 3", [["value_invalid", 1, 1]]],
  ["[project]\nprovider = 'gone'", [["provider_unknown", 2, 1]]],
  ["[project]\nprovider = ' '", [["value_invalid", 2, 1]]],
  [
    "[providers.a]\nbase_url = ''",
    [
      ["value_invalid", 2, 1],
      ["key_missing", 1, 12],
    ],
  ],
  ["[providers.a]\nbase_url = 'u'\napi_key_env = 'K'\nprice_input_per_mtok = 1", [["value_invalid", 1, 12]]],
  ["[providers.a]\nbase_url = 'u'\napi_key_env = 'K'\nprice_imput_per_mtok = 1", [["key_unknown", 4, 1]]],
  [
    "[scope]\nignore_files = ['x', '.sentrux/', '.coverage-baseline/*', '*.json', '**', 'sentrux']",
    [
      ["value_invalid", 2, 22],
      ["value_invalid", 2, 35],
      ["value_invalid", 2, 59],
      ["value_invalid", 2, 69],
    ],
  ],
  [
    "[sentrux]\nstale_days = true\nmode = 'x'",
    [
      ["value_invalid", 3, 1],
      ["value_invalid", 2, 1],
    ],
  ],
  [
    "[verify.a]\ncommand = 'x'\nlog_name = '../x'\nextra = 1",
    [
      ["value_invalid", 3, 1],
      ["key_unknown", 4, 1],
    ],
  ],
  [
    "[limits]\nretries = -1\nbackoff_s = []\njobs = 0\ncost_usd = -0.1",
    [
      ["value_invalid", 5, 1],
      ["value_invalid", 2, 1],
      ["value_invalid", 3, 1],
      ["value_invalid", 4, 1],
    ],
  ],
  ["[sandbox]\nmin = 'none'", [["value_invalid", 2, 1]]],
  ["[sandbox]\nhosts = ['http://pypi.org']", [["value_invalid", 2, 10]]],
  ["[sandbox]\nsetup_network = ['a.*.org']", [["value_invalid", 2, 18]]],
  ["[departments]\nA = 'x'", [["value_invalid", 2, 1]]],
  ["[agents]\na = 3", [["value_invalid", 2, 1]]],
  ["[project\n", [["toml_syntax", 1, 9]]],
])("refuses %j and says where", (text, wanted) => {
  const { project: found, places } = read(text);
  expect(found).toBeNull();
  expect(places.map(({ code, line, column }) => [code, line ?? 0, column ?? 0])).toEqual(
    wanted.toSorted((a, b) => a[1] - b[1] || a[2] - b[2]),
  );
  expect(places.every(({ file }) => file === ".dgov/project.toml")).toBe(true);
});

test("an unknown key is told with the nearest known one", () => {
  expect(read("[project]\ntest_cmdd = 'x'").places[0]?.message).toBe(
    'Cannot read "project.test_cmdd": there is no such key; the nearest is "test_cmd"',
  );
  expect(read("[provders.a]\n").places[0]?.message).toContain('the nearest is "providers"');
});

const UV = '[project]\ntest_cmd = "uv run pytest {test_dir}"\n';
test.each<[name: string, files: Readonly<Record<string, string>>, setup: string | null]>([
  ["uv with a lock", { "pyproject.toml": "", "uv.lock": "" }, "uv sync --locked"],
  ["uv by its commands", { "pyproject.toml": "", ".dgov/project.toml": UV }, "uv sync"],
  ["no sign of uv", { "pyproject.toml": "" }, null],
  ["nothing to sync", { "uv.lock": "" }, null],
  [
    "another language",
    { "pyproject.toml": "", "uv.lock": "", ".dgov/project.toml": '[project]\nlanguage = "go"' },
    null,
  ],
  ["a word against it", { "pyproject.toml": "", "uv.lock": "", ".dgov/project.toml": `${UV}setup_cmd = ""` }, null],
  ["its own setup", { "pyproject.toml": "", "uv.lock": "", ".dgov/project.toml": `${UV}setup_cmd = "make"` }, "make"],
])("the setup of a project with %s", (_name, files, setup) => {
  const root = mkdtempSync(join(tmpdir(), "dgov-test-"));
  mkdirSync(join(root, ".dgov"));
  for (const [path, text] of Object.entries(files)) writeFileSync(join(root, path), text);
  const { commands } = readProject(root);
  rmSync(root, { recursive: true });
  expect(commands.setup).toBe(setup);
});

test("components are tools and gates by name, with what they may do", () => {
  const { rules } = project(
    [
      '[tools.words]\ncomponent = "tools/words.wasm"\ndescription = " Counts words "',
      '[gates.owners]\ncomponent = "tools/owners.wasm"\nclock = true\ntimeout_s = 5\nmemory_mb = 16',
    ].join("\n"),
  );
  const plain = { clock: false, timeout_ms: 30_000, memory_bytes: 256 * MIB };
  expect(rules.tools).toEqual({
    words: { path: "tools/words.wasm", ...plain, description: "Counts words", write: false },
  });
  const own = { clock: true, timeout_ms: 5_000, memory_bytes: 16 * MIB };
  expect(rules.gates).toEqual({ owners: { path: "tools/owners.wasm", ...own } });
});
