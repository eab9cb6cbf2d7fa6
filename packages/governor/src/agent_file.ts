import { isHostRule } from "@dgov/sandbox/network";
import { z } from "zod";

/** What stands in a word of a program's command for its task: the text itself, or the path of a file that has it. */
export const PROMPT = "{prompt}";
export const PROMPT_FILE = "{prompt_file}";
/** What stands for the program that serves the task's tools by the Model Context Protocol, in its command and its `env`. */
export const TOOLS_SERVER = "{mcp}";

/** What would choose the code that any program loads, and what the jail itself says. */
const KEPT = /^(?:BUN_|LD_|DYLD_|GIT_|DGOV_)|^(?:NODE_OPTIONS|NODE_PATH|HOME|TMPDIR|PATH|(?:https?|all|no)_proxy)$/i;
export const isKeptVariable = (name: string): boolean => !VARIABLE.test(name) || KEPT.test(name);
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const variable = z
  .string()
  .regex(VARIABLE, { error: "it must be the name of an environment variable" })
  .refine((name) => !KEPT.test(name), { error: "the jail says this one itself, or keeps it away from programs" });

const word = z.string().refine((text) => !text.includes("\0"), { error: "it has a NUL in it" });

const ProgramKeys = z.strictObject({
  command: z
    .array(word)
    .min(1)
    .refine(([program = ""]) => program.trim() !== "" && !/^\.{0,2}\/.*\.\.|^\.|\{prompt/.test(program), {
      error: "its first word must be the name of a program on PATH, or an absolute path",
    })
    .describe(
      "The program and its words; {prompt} is the task, {prompt_file} a file with it, without either: its input",
    ),
  protocol: z
    .enum(["command", "acp"])
    .default("command")
    .describe("command: it gets its task once and works by itself; acp: it speaks the Agent Client Protocol"),
  timeout_s: z
    .int()
    .min(1)
    .max(86_400)
    .optional()
    .describe("Seconds for one attempt, where the task's own are not fewer"),
  hosts: z
    .array(z.string().refine(isHostRule, { error: "it must be a host name, as in [sandbox] hosts" }))
    .default([])
    .describe("Hosts that it may reach; []: none"),
  pass_env: z
    .array(variable)
    .default([])
    .describe("Variables, keys among them, that it is given: what it runs can read them"),
  env: z.record(variable, word).default({}).describe("Further variables, with their values"),
  unmetered: z
    .boolean()
    .default(false)
    .describe("Let it work beside ceilings of money, tokens, calls and turns, though dgov sees none of its calls"),
  output_mb: z.int().min(1).max(64).default(16).describe("It is ended when it has said more"),
  mcp: z
    .boolean()
    .default(false)
    .describe("Serve it the tools of its task by the Model Context Protocol: {mcp} is the server's program"),
});
/** A command-line agent, as `[agents.NAME]` has it. Where no word of its command is the prompt, it reads it from its input. */
export const ProgramTable = ProgramKeys.refine(({ mcp, protocol }) => !(mcp && protocol === "acp"), {
  path: ["mcp"],
  error: "an agent of the Agent Client Protocol asks for its tools by that",
}).refine(
  ({ mcp, command, env }) => mcp || ![...command, ...Object.values(env)].some((text) => text.includes(TOOLS_SERVER)),
  { path: ["mcp"], error: "it must be true where {mcp} stands for the server of the tools" },
);
export type ProgramTable = z.infer<typeof ProgramTable>;

/** A command-line agent. `timeout_ms` null: as long as its task has. `passed`: names of variables from the environment. */
export type Program = {
  name: string;
  command: readonly string[];
  protocol: "command" | "acp";
  timeout_ms: number | null;
  hosts: readonly string[];
  passed: readonly string[];
  env: Readonly<Record<string, string>>;
  unmetered: boolean;
  output_max_bytes: number;
  mcp: boolean;
};

/** `[agents]` as the rest reads it: an alias of a model, or a program. */
export const agentsOf = (tables: Readonly<Record<string, string | ProgramTable>>): Record<string, string | Program> =>
  Object.fromEntries(
    Object.entries(tables).map(([name, table]) => [name, typeof table === "string" ? table : programOf(name, table)]),
  );

const programOf = (name: string, table: ProgramTable): Program => ({
  name,
  command: table.command,
  protocol: table.protocol,
  timeout_ms: table.timeout_s === undefined ? null : table.timeout_s * 1000,
  hosts: table.hosts,
  passed: [...new Set(table.pass_env)],
  env: table.env,
  unmetered: table.unmetered,
  output_max_bytes: table.output_mb * 1024 * 1024,
  mcp: table.mcp,
});

/** What an alias stands for where only a model can: its model, or the word itself. A program is none. */
export function modelOf(agents: Readonly<Record<string, string | Program>>, word: string): string {
  const named = Object.hasOwn(agents, word) ? agents[word] : undefined;
  return typeof named === "string" ? named : word;
}

/** The program that a word names, or null. */
export function programNamed(agents: Readonly<Record<string, string | Program>>, word: string | null): Program | null {
  const named = word !== null && Object.hasOwn(agents, word) ? agents[word] : undefined;
  return typeof named === "object" ? named : null;
}
