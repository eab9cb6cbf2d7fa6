import type { Detected } from "./detect.ts";

/** The first `.dgov/project.toml` of a repository. */
export function projectToml(found: Detected): string {
  const python = found.type === "python";
  const policy = {
    restrict_run_bash: true,
    deny_shell_file_mutations: true,
    require_wrapped_verify_tools: python,
    require_uv_run: found.uses_uv,
  };
  const { setup_cmd, type_check_cmd, coverage_cmd, ...daily } = found.commands;
  const lines = [
    "#:schema ./schema/project.schema.json",
    "",
    "[project]",
    pair("language", found.type),
    pair("src_dir", found.src_dir),
    pair("test_dir", found.test_dir),
    pair("source_extensions", found.source_extensions),
    "",
    "# What settlement runs. {file} and {test_dir} are filled in; an empty command is a gate that is not there.",
    ...Object.entries(daily).map(([key, command]) => pair(key, command) + missing(command, HINTS[key] ?? "")),
    pair("type_check_cmd", type_check_cmd),
    ...optional("setup_cmd", setup_cmd, "run in each worktree before the worker starts"),
    '# Refuses what loses coverage, once "dgov coverage-baseline" has measured it. {output} is where the report goes.',
    `# ${pair("coverage_cmd", coverage_cmd)}`,
    "",
    "# Which model does the work. Until this is set, plans compile with --dry-run only.",
    '# provider = "openai"',
    "",
    "# [providers.openai]",
    '# base_url = "https://api.openai.com/v1"',
    '# api_key_env = "OPENAI_API_KEY"',
    '# default_agent = "MODEL"',
    "",
    ...(found.type === "go" ? WARM : found.setup_reads.length > 0 ? keptSetup(found.setup_reads) : []),
    "[tool_policy]",
    ...Object.entries(policy).map(([key, value]) => `${key} = ${value}`),
    pair("deny_shell_commands", ["pip", "python -m pip", "pip3", "python -m venv", "uv venv"]),
    "",
    "[scope]",
    "# Files that machines write and no task owns.",
    pair("ignore_files", found.ignore_files),
    "",
    "# What one run may spend. A call that could overshoot is not sent.",
    "# [budget]",
    "# money = 5.0",
    "# minutes = 60",
    '# [prices."PROVIDER/MODEL"] # for a million tokens; a model without a price is refused where money has a ceiling',
    "# input = 2.5",
    "# cached_input = 0.25",
    "# output = 10.0",
  ];
  return `${lines.join("\n")}\n`;
}

const HINTS: Readonly<Record<string, string>> = {
  test_cmd: "no test runner was found",
  lint_cmd: "no linter was found",
  format_cmd: "no formatter was found",
};

const WARM = [
  "[worktree]",
  "# What setup_cmd has built is given to workers and gates, as copies: docs/worktrees.md",
  "cache = true",
  "",
];

const keptSetup = (setup_reads: readonly string[]): string[] => [
  "[worktree]",
  "# What setup_cmd makes of these files, and of no others, is kept and given to all worktrees: docs/worktrees.md",
  pair("setup_reads", setup_reads),
  "",
];

/** JSON's strings and lists are TOML's as well. */
const pair = (key: string, value: string | readonly string[]): string =>
  `${key} = ${typeof value === "string" ? JSON.stringify(value) : `[${value.map((one) => JSON.stringify(one)).join(", ")}]`}`;

const missing = (command: string, hint: string): string => (command === "" && hint !== "" ? ` # ${hint}` : "");

const optional = (key: string, command: string, hint: string): string[] =>
  command === "" ? [`# ${key} = "" # ${hint}`] : [pair(key, command)];
