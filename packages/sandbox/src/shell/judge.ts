import type { JudgedCommand } from "../explain.ts";
import type { Policy, ToolPolicy } from "../policy.ts";
import { RECIPE_TOOLS } from "../recipe.ts";
import type { Scope } from "../tool.ts";
import type { Decision } from "../write_rules.ts";
import { SHELL_RULES } from "./builtin.ts";
import { gitFault } from "./git.ts";
import { gitPlace, outsidePlace, STREAMS, secretPlace } from "./places.ts";
import { begins, verdictOf } from "./project_rule.ts";
import { ruleHolds } from "./rules.ts";
import type { Command, Redirect } from "./script.ts";
import { type Invocation, type Unwrapped, unwrap } from "./unwrap.ts";
import { isOwnFile, type Word } from "./word.ts";

/** A decision about a shell text, and what it is made of. `undecided`: why the text cannot be followed as a whole. */
export type Judgement = { decision: Decision; commands: JudgedCommand[]; undecided: string[] };

/** Judges a shell text by the project's rules. What they cannot be sure of is refused, where the shell is restricted at all. */
export function judgeCommand(policy: Policy, command: string, mayRead: (path: string) => boolean): Judgement {
  const { rules, scope, shell } = policy;
  if (!rules.restrict_run_bash) return { decision: pass("tool_policy.restrict_run_bash"), commands: [], undecided: [] };
  if (shell === null) throw new Error("Cannot judge a command: the grammar is not open");
  const seen = unwrap(shell.parse, command);
  const commands = seen.invocations.map((invocation): JudgedCommand => {
    const argv = invocation.words.map(({ text }) => text);
    const decision = judgeInvocation(rules, scope.recipes, invocation) ?? pass("shell");
    return {
      ...{ text: shown(invocation.text), argv, inside: invocation.inside, decision },
      computed: invocation.words.some(({ known }) => !known),
      script: runsUnread(argv),
    };
  });
  const refused = commands.map(({ decision }) => decision).filter(({ allow }) => !allow);
  const fault =
    refused.find(({ rule }) => rule !== UNSURE) ?? // what is sure says more
    refused[0] ??
    judgeRedirects(rules, seen.commands) ??
    judgeAssignments(seen) ??
    judgePlaces(seen, mayRead);
  const undecided = seen.problem === null ? [] : [seen.problem];
  if (fault) return { decision: fault, commands, undecided };
  return { decision: seen.problem === null ? pass("shell") : unsure(seen.problem, null), commands, undecided };
}

/** Programs whose words are code, or files of code. */
const RUNS_CODE =
  /^(\.|source|(ba|da|a|z|k)?sh|python\d?|node|bun|deno|perl|ruby|php|lua|make|awk|gawk|npm|go|cargo|\S+\.(sh|py|js|ts|pl|rb))$/;

/** The text behind `sh -c` is read, and its commands stand by themselves. */
const runsUnread = ([name = "", ...rest]: readonly string[]): boolean =>
  RUNS_CODE.test(name) &&
  rest.length > 0 &&
  !(/^(ba|da)?sh$/.test(name) && rest.some((word) => /^-[a-z]*c/.test(word)));

const pass = (rule: string): Decision => ({ allow: true, rule, layer: "policy" });

const deny = (rule: string, why: string, part: string | null): Decision => ({
  allow: false,
  rule,
  layer: "policy",
  why,
  part: part === null ? null : shown(part),
});

/** The rule of what cannot be judged. */
const UNSURE = "tool_policy.restrict_run_bash";

const unsure = (problem: string, part: string | null): Decision =>
  deny(UNSURE, `This command cannot be judged: ${problem}; write it plainly, as one command or several calls`, part);

const shown = (text: string) => text.slice(0, 200);

function judgeInvocation(rules: ToolPolicy, recipes: Scope["recipes"], invocation: Invocation): Decision | null {
  const { words, text } = invocation;
  const brief = wordsOf(words).slice(0, 3).join(" ").slice(0, 100);
  const listed = judgeListed(rules.deny_shell_commands, invocation);
  if (listed) return listed;
  if (words[0]!.text === "git") {
    const fault = gitFault(words);
    if (fault !== null) return deny("shell.git", `Cannot run "${brief}": ${fault}`, text);
  }
  const verdicts = rules.rules.map((rule) => ({ rule, verdict: verdictOf(rule, words) }));
  const denied = verdicts.find(({ verdict }) => verdict === "deny");
  if (denied) return deny(`tool_policy.rules.${denied.rule.name}`, `Cannot run "${brief}": ${denied.rule.why}`, text);
  if (verdicts.some(({ verdict }) => verdict === "unsure"))
    return unsure(`a word of "${brief}" is computed, and a rule of the project is about it`, text);
  if (verdicts.some(({ verdict }) => verdict === "allow")) return null;
  return judgeByRules(rules, brief, invocation) ?? judgeOwn(rules, recipes, invocation);
}

const wordsOf = (words: readonly Word[]) => words.map(({ text }) => text);

function judgeListed(entries: readonly string[], { words, text }: Invocation): Decision | null {
  for (const entry of entries) {
    const holds = begins(words, entry);
    if (holds === "yes") return deny("tool_policy.deny_shell_commands", `Denied shell command prefix "${entry}"`, text);
    if (holds === "unsure") return unsure(`a word is computed that could make it "${entry}"`, text);
  }
  return null;
}

function judgeByRules(rules: ToolPolicy, brief: string, { words, text }: Invocation): Decision | null {
  let doubt: Decision | null = null;
  for (const rule of SHELL_RULES) {
    if (rules[rule.when] !== true) continue;
    const holds = ruleHolds(rule, words);
    if (holds === "unsure") doubt ??= unsure(`the word after "${words[0]!.text}" is computed`, text);
    if (holds !== "yes" || (rule.when === "deny_shell_file_mutations" && staysTemporary(words))) continue;
    const what = rule.when === "deny_shell_file_mutations" ? "Denied file mutation shell command" : "Cannot run";
    return deny(rule.rule, `${what} "${brief}": ${rule.why}`, text);
  }
  return doubt;
}

/** What the project's own commands and environment are for. */
function judgeOwn(rules: ToolPolicy, recipes: Scope["recipes"], { words, uv, text }: Invocation): Decision | null {
  const argv = wordsOf(words);
  const brief = argv.slice(0, 3).join(" ").slice(0, 100);
  if (rules.require_wrapped_verify_tools) {
    const tool = ownRecipe(recipes, argv);
    const rule = "tool_policy.require_wrapped_verify_tools";
    if (tool !== null) return deny(rule, `Cannot run "${brief}": use ${tool}() instead`, text);
  }
  const asksVersion = argv.length === 2 && /^(-V|-VV|--version|--help|-h)$/.test(argv[1]!);
  if (!rules.require_uv_run || uv || asksVersion || !/^(python|pytest|ruff|ty)\d?$/.test(argv[0] ?? "")) return null;
  const why = `Cannot run "${brief}": write "uv run ${brief}" so that it runs in the project's environment`;
  return deny("tool_policy.require_uv_run", why, text);
}

/** The tool that wraps a command, when the command begins as one of the project's own recipes does up to its target. */
function ownRecipe(recipes: Scope["recipes"], argv: readonly string[]): string | null {
  const line = argv.join(" ");
  for (const name of ["test", "lint", "lint_fix", "format", "type_check"] as const) {
    const [first = "", ...words] = stemOf(recipes[name] ?? "");
    const stem = [first.slice(first.lastIndexOf("/") + 1), ...words].join(" ");
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

/** Whether all that a command would make or remove is in the private folder, which is the task's own. */
function staysTemporary([name, ...rest]: readonly Word[]): boolean {
  const operands = rest.filter(({ text }) => !text.startsWith("-"));
  if (/^(touch|mkdir|rm|rmdir|tee)$/.test(name?.text ?? "")) return operands.length > 0 && operands.every(isTemporary);
  const plain = rest.every(({ text }) => !text.startsWith("-") || /^-[arRpfv]+$/.test(text));
  return name?.text === "cp" && plain && operands.length > 1 && isTemporary(operands.at(-1)!);
}

const isTemporary = ({ text, known }: Redirect["target"]) => /^\$TMPDIR\/(?!.*\.\.)/.test(text) && !known;

/** `$t` and `$t/…` after `t=$(mktemp)`: what begins with a variable that never is anything but a file of the task's own. */
function isMade({ pieces }: Word, commands: readonly Command[]): boolean {
  const [first, ...rest] = pieces ?? [];
  if (typeof first !== "object" || rest.some((one) => typeof one !== "string" || one.includes(".."))) return false;
  if (rest.length > 0 && !String(rest[0]).startsWith("/")) return false;
  const own = commands.flatMap(({ assigned }) => assigned.filter(({ name }) => name === first.variable));
  return own.length > 0 && own.every(({ value }) => value !== null && isOwnFile(value));
}

function judgeRedirects(rules: ToolPolicy, commands: readonly Command[]): Decision | null {
  if (!rules.deny_shell_file_mutations) return null;
  const writes = ({ op, target }: Redirect) =>
    op.includes(">") &&
    !(op.startsWith(">&") && /^(\d+-?|-)$/.test(target.text)) &&
    !STREAMS.test(target.text) &&
    !isTemporary(target) &&
    !isMade(target, commands);
  for (const { redirects, text } of commands) {
    const bad = redirects.find(writes);
    if (!bad) continue;
    const why = `Denied file mutation shell command: "${bad.op} ${bad.target.text}" writes a file; use write_file, edit_file or apply_patch`;
    return deny("tool_policy.deny_shell_file_mutations", why, text);
  }
  return null;
}

const STEERING = [
  /^(LD_|DYLD_|GIT_|BUN_|PERL5|RUBYOPT|NODE_OPTIONS|BASH_)/,
  /^(PROMPT_COMMAND|PYTHONSTARTUP|PYTHONPATH|PYTHONHOME|SHELLOPTS|BASHOPTS|MAKEFLAGS)/,
  /^(LESSOPEN|LESSCLOSE|MANPAGER|BROWSER|PERLLIB|RUBYLIB|LUA_INIT|NODE_PATH|GCONV_PATH|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS)$/,
  /^(ENV|EDITOR|VISUAL|PAGER|IFS|PATH|PS[0-4]|FCEDIT|CDPATH|TMPDIR)$/,
];
/** Commands that set the variables they name. */
const SETTERS = /^(read|mapfile|readarray|getopts|wait|printf|export|declare|typeset|readonly|local)$/;

function judgeAssignments({ commands, invocations }: Unwrapped): Decision | null {
  const set = commands.flatMap(({ assigned, text }) => assigned.map(({ name }) => ({ name, text })));
  const named = invocations.flatMap(({ words, text }) =>
    SETTERS.test(words[0]!.text)
      ? words.slice(1).map((word) => ({ name: word.text.replace(/[=[+][\s\S]*$/, ""), text }))
      : [],
  );
  const passed = ({ name, text }: { name: string; text: string }) =>
    STEERING.some((steering) => steering.test(name)) && !/^(export|readonly|declare -x) \w+$/.test(text);
  const splits = commands.filter(({ words, text }) => words[0]?.text === "read" && text.startsWith("IFS=")).length;
  const harmless = set.filter(({ name }) => name === "IFS").length === splits; // `while IFS= read -r line`
  const bad = [...set, ...named].find((one) => passed(one) && !(one.name === "IFS" && harmless));
  if (!bad) return null;
  return deny("shell.environment", `Cannot set "${bad.name}": it makes other programs run code`, bad.text);
}

/** Words that name a place outside the worktree, or a file that may hold secrets. A computed word is left to the jail. */
function judgePlaces(seen: Unwrapped, mayRead: (path: string) => boolean): Decision | null {
  const bad = outsidePlace(seen);
  if (bad !== null) {
    const why = `"${bad.slice(0, 200)}" is outside the worktree: a task stays in it (temporary files go to $TMPDIR)`;
    return deny("shell.outside", why, null);
  }
  const internal = gitPlace(seen);
  if (internal !== null) return deny("shell.git", `"${internal.slice(0, 200)}" belongs to git and is not shown`, null);
  const path = secretPlace(seen, mayRead);
  return path === null ? null : secretFile(path);
}

export const secretFile = (path: string): Decision => ({
  allow: false,
  rule: "secret_file",
  layer: "secret",
  why: `"${path.slice(0, 200)}" may hold secrets; it is read only by a task that claims it by name (\`files.read\`)`,
  part: null,
});
