import { DgovError } from "@dgov/governor/error";
import {
  type Explanation,
  explainForUser,
  type JudgedAccess,
  type JudgedCommand,
} from "@dgov/governor/sandbox_explain";
import { z } from "zod";
import { paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { shellWord } from "../shell_word.ts";

/** Whose call it is, and where, for the commands that try one. */
export const TRIAL_FLAGS = {
  edit: z.array(z.string()).default([]).describe("A path that the task has claimed for editing"),
  read: z.array(z.string()).default([]).describe("A path that the task has claimed for reading"),
  role: z
    .enum(["worker", "researcher", "reviewer", "planner", "test_author"])
    .default("worker")
    .describe("Whose tools it has"),
  level: z
    .enum(["bwrap", "landlock", "seatbelt", "wasm"])
    .optional()
    .describe("The level to confine it at (default: what a run would use)"),
};

export const sandboxExplain = defineCommand({
  name: "sandbox explain",
  summary: "Say what would happen to a command or a tool call, and which rule or layer decides, without doing it",
  details:
    "A command stands behind --, or in quotes as one word: dgov sandbox explain -- git push. Several words are taken as\n" +
    "they are, one word as shell text. Exits with 1 when it would be refused, or needs a program that the level has not.",
  examples: [
    "dgov sandbox explain -- cat src/server.py",
    'dgov sandbox explain --tool read_file --args \'{"path":"src/server.py"}\'',
  ],
  args: z.strictObject({ command: z.array(z.string()).default([]).describe("The command that run_bash would get") }),
  flags: z.strictObject({
    tool: z.string().optional().describe("A tool instead of a command"),
    args: z.string().optional().describe("The tool's arguments, as one JSON object"),
    ...TRIAL_FLAGS,
  }),
  run: async ({ command, tool, args, edit, read, role, level }, { cwd, self, now_ms, env }) =>
    explainForUser({ cwd, self, now_ms, env }, { ...callOf({ command, tool, args }), edit, read, role }, level ?? null),
  text: renderExplanation,
  exit: ({ allowed, missing }) => (allowed && missing.length === 0 ? 0 : 1),
});

type Asked = { command: readonly string[]; tool: string | undefined; args: string | undefined };

function callOf({ command, tool, args }: Asked): { tool: string; args: string } {
  const refuse = (why: string) => new DgovError("usage", `Cannot explain: ${why}`, { hint: CURE });
  if (tool === undefined && args !== undefined) throw refuse('"--args" says nothing without "--tool"');
  if (tool === undefined && command.length === 0) throw refuse("neither a command nor a tool is named");
  if (tool !== undefined && command.length > 0) throw refuse("a command and a tool are two calls");
  if (tool !== undefined) return { tool, args: args ?? "{}" };
  const [text = ""] = command;
  return {
    tool: "run_bash",
    // As the caller's shell has split it, so ours must not split it again.
    args: JSON.stringify({ cmd: command.length === 1 ? text : command.map(shellWord).join(" ") }),
  };
}

const CURE = `Write "dgov sandbox explain -- COMMAND", or --tool NAME --args '{"path":"src/app.py"}'`;

export function renderExplanation({
  tool,
  role,
  level,
  decided,
  accesses,
  missing,
  jail,
  allowed,
}: Explanation): string {
  const fails = allowed && missing.length > 0 ? paint("red", "✘ allowed, but it fails") : null;
  const sign = fails ?? (allowed ? paint("green", "✔ allowed") : paint("red", "✘ refused"));
  const why = decided.allow ? absent(missing, level) : [plain(decided.why)];
  const at = level === null ? "at no level (no run can start here: dgov sandbox levels)" : `at level ${level}`;
  return [
    `${sign}: ${plain(tool)} by a ${role} ${at}, decided by ${by(decided)}`,
    ...why.map((line) => `    ${line}`),
    ...(accesses.length > 0 ? ["", ...accesses.flatMap(renderAccess)] : []),
    ...(jail.length > 0 ? ["", paint("bold", titleOf(level)), ...jail.map((line) => `  ${plain(line)}`)] : []),
  ].join("\n");
}

/** Without a jail there is nothing that could be left to one. */
const titleOf = (level: Explanation["level"]): string =>
  level === "wasm" ? "Without a jail (wasm)" : `Left to the jail${level === null ? "" : ` (${level})`}`;

const absent = (missing: readonly string[], level: Explanation["level"]): string[] =>
  missing.length === 0
    ? []
    : [`No native program is started at level "${level}", and so there is no ${missing.map(plain).join(", ")}`];

const by = ({ layer, rule }: Explanation["decided"]): string => `${layer} [${rule}]`;

function renderAccess({ access, decision, commands, undecided }: JudgedAccess): string[] {
  return [
    `${mark(decision)} ${plain(what(access))}   ${by(decision)}`,
    ...commands.map(renderCommand),
    ...undecided.map((line) => `    cannot be decided: ${plain(line)}`),
  ];
}

const mark = ({ allow }: Explanation["decided"]): string => (allow ? paint("green", "✔") : paint("red", "✘"));

function what(access: JudgedAccess["access"]): string {
  if (access.kind === "exec") return `run ${access.command}`;
  if (access.kind === "recipe")
    return `run the project's ${access.recipe} on ${access.targets.join(", ") || "everything"}`;
  return `${access.kind} ${access.path}`;
}

function renderCommand({ text, argv, inside, computed, script, decision }: JudgedCommand): string {
  const within = inside.length > 0 ? ` within ${inside.join(", ")}` : "";
  const seen = argv.join(" ");
  const notes = [
    ...(seen === text ? [] : [`seen as "${seen}"`]),
    ...(computed ? ["computed"] : []),
    ...(script ? ["a script"] : []),
  ];
  const more = notes.length > 0 ? ` (${notes.join("; ")})` : "";
  return `    ${mark(decision)} ${plain(`${text}${within}${more}`)}   ${by(decision)}`;
}
