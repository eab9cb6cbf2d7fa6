import type { ToolPolicy } from "../policy.ts";
import { RECIPE_TOOLS } from "../recipe.ts";
import type { Scope } from "../tool.ts";
import type { Decision } from "../write_rules.ts";
import { gitFault } from "./git.ts";
import { outsidePlace, STREAMS } from "./places.ts";
import { ruleHolds, SHELL_RULES } from "./rules.ts";
import { assignmentsOf, type Invocation, invocationsOf, programName } from "./unwrap.ts";
import { type Command, type Redirect, shellCommands } from "./words.ts";

/** Judges a shell text by the project's rules. What they cannot be sure of is refused, where the shell is restricted at all. */
export function judgeCommand(policy: ToolPolicy, recipes: Scope["recipes"], command: string): Decision {
  if (!policy.restrict_run_bash) return { allow: true, rule: "tool_policy.restrict_run_bash", layer: "policy" };
  const script = shellCommands(command);
  const { invocations, problem } = invocationsOf(command);
  for (const invocation of invocations) {
    const fault = judgeInvocation(policy, recipes, invocation);
    if (fault) return fault;
  }
  const fault =
    judgeRedirects(policy, script.commands) ??
    judgeAssignments(script.commands) ??
    judgePlaces(script.commands, invocations);
  if (fault) return fault;
  if (problem !== null)
    return deny(
      "tool_policy.restrict_run_bash",
      `This command cannot be judged: ${problem}; write it plainly, as one command or several calls`,
    );
  return { allow: true, rule: "shell", layer: "policy" };
}

const deny = (rule: string, why: string): Decision => ({ allow: false, rule, layer: "policy", why, part: null });

function judgeInvocation(policy: ToolPolicy, recipes: Scope["recipes"], { argv, uv }: Invocation): Decision | null {
  const shown = argv.slice(0, 3).join(" ").slice(0, 100);
  const listed = policy.deny_shell_commands.find((entry) => begins(argv, entry));
  if (listed !== undefined) return deny("tool_policy.deny_shell_commands", `Denied shell command prefix "${listed}"`);
  if (argv[0] === "git") {
    const fault = gitFault(argv);
    if (fault !== null) return deny("shell.git", `Cannot run "${shown}": ${fault}`);
  }
  for (const rule of SHELL_RULES) {
    if (policy[rule.when] !== true || !ruleHolds(rule, argv)) continue;
    const what = rule.when === "deny_shell_file_mutations" ? "Denied file mutation shell command" : "Cannot run";
    return deny(rule.rule, `${what} "${shown}": ${rule.why}`);
  }
  if (policy.require_wrapped_verify_tools) {
    const tool = ownRecipe(recipes, argv);
    if (tool !== null)
      return deny("tool_policy.require_wrapped_verify_tools", `Cannot run "${shown}": use ${tool}() instead`);
  }
  const asksVersion = argv.length === 2 && /^(-V|-VV|--version|--help|-h)$/.test(argv[1]!);
  if (policy.require_uv_run && !uv && !asksVersion && /^(python|pytest|ruff|ty)\d?$/.test(argv[0] ?? ""))
    return deny(
      "tool_policy.require_uv_run",
      `Cannot run "${shown}": write "uv run ${shown}" so that it runs in the project's environment`,
    );
  return null;
}

/** Whether a command begins with the words of a deny entry: without case, and with `pip3` and `python3` as their plain names. */
function begins(argv: readonly string[], entry: string): boolean {
  const plain = (word: string) =>
    programName(word)
      .toLowerCase()
      .replace(/^(pip|python)\d$/, "$1");
  const words = entry.split(/\s+/);
  return words.every((word, i) =>
    i === 0 ? plain(argv[0] ?? "") === plain(word) : argv[i]?.toLowerCase() === word.toLowerCase(),
  );
}

/** The tool that wraps a command, when the command begins as one of the project's own recipes does up to its target. */
function ownRecipe(recipes: Scope["recipes"], argv: readonly string[]): string | null {
  const line = argv.join(" ");
  for (const name of ["test", "lint", "lint_fix", "format", "type_check"] as const) {
    const [first = "", ...words] = stemOf(recipes[name] ?? "");
    const stem = [programName(first), ...words].join(" ");
    if (stem !== "" && !/[;&|$<>(]/.test(stem) && (line === stem || line.startsWith(`${stem} `)))
      return RECIPE_TOOLS[name];
  }
  return null;
}

/** The words of a recipe up to its first option or target, without `uv run`. */
const stemOf = (recipe: string): string[] => {
  const words = recipe
    .replace(/^\s*uv run\s+/, "")
    .trim()
    .split(/\s+/);
  const end = words.findIndex((word) => /^-|\{/.test(word));
  return end < 0 ? words : words.slice(0, end);
};

const isTemporary = ({ text, known }: Redirect["target"]) => /^\$TMPDIR\/(?!.*\.\.)/.test(text) && !known;

function judgeRedirects(policy: ToolPolicy, commands: readonly Command[]): Decision | null {
  const writes = ({ op, target }: Redirect) =>
    op.includes(">") &&
    !(op === ">&" && /^(\d+-?|-)$/.test(target.text)) &&
    !STREAMS.test(target.text) &&
    !isTemporary(target);
  const bad = commands.flatMap(({ redirects }) => redirects).find(writes);
  if (!policy.deny_shell_file_mutations || !bad) return null;
  return deny(
    "tool_policy.deny_shell_file_mutations",
    `Denied file mutation shell command: "${bad.op} ${bad.target.text}" writes a file; use write_file, edit_file or apply_patch`,
  );
}

const STEERING = [
  /^(LD_|DYLD_|GIT_|BUN_|PERL5|RUBYOPT|NODE_OPTIONS)/,
  /^(BASH_ENV|PROMPT_COMMAND|PYTHONSTARTUP|PYTHONPATH|PYTHONHOME)/,
  /^(ENV|EDITOR|VISUAL|PAGER|IFS|PATH)\+?=/,
];

function judgeAssignments(commands: readonly Command[]): Decision | null {
  const bad = assignmentsOf(commands).find((text) => STEERING.some((name) => name.test(text)));
  return bad === undefined
    ? null
    : deny("shell.environment", `Cannot set "${bad.split("=")[0]}": it makes other programs run code`);
}

/** Words that name a place outside the worktree. A computed word is left to the jail. */
function judgePlaces(commands: readonly Command[], invocations: readonly Invocation[]): Decision | null {
  const bad = outsidePlace(commands, invocations);
  if (bad === null) return null;
  return deny(
    "shell.outside",
    `"${bad.slice(0, 200)}" is outside the worktree: a task stays in it (temporary files go to $TMPDIR)`,
  );
}
