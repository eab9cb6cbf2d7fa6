import { z } from "zod";
import { parseInput } from "./input.ts";
import { nearest } from "./nearest.ts";
import { decide, needsShell, type Policy } from "./policy.ts";
import { ENDING, toolNamed, toolsFor } from "./registry.ts";
import type { RunFacts } from "./run_facts.ts";
import { type Nature, natureOf } from "./shell/nature.ts";
import { openShell } from "./shell/open.ts";
import { linkOutside } from "./shell/places.ts";
import { unwrap } from "./shell/unwrap.ts";
import { shorten, withoutSecrets } from "./shorten.ts";
import { toldPaths } from "./told_paths.ts";
import type { Access, Answer, Scope } from "./tool.ts";
import { TOOL_LIMITS } from "./tool_limits.ts";
import type { ToolboxOptions, ToolRecord } from "./toolbox.ts";
import { type StatedCheck, StatedChecks } from "./tools/done.ts";

/** What passing a call needs. `name` and `raw` are the model's: a tool's name, and JSON. */
export type Passing = Pick<ToolboxOptions, "scope" | "policy" | "isolation" | "root">;
export type Asked = { name: string; raw: string };
/** `accesses`: what it touched; none when it was refused. */
export type Passed = { answer: Answer; accesses: readonly Access[]; tool: string };

/** A call as the log keeps it, with at most so many characters of its input, and of its answer, and so many paths. */
export function recordOf(
  { name, raw }: Asked,
  answer: Answer,
  { took_ms, chars, paths }: { took_ms: number; chars: number; paths: number },
): Omit<ToolRecord, "n"> {
  return {
    tool: name.slice(0, 100),
    input: shorten(withoutSecrets(raw), chars),
    ok: answer.ok,
    refused_by: answer.refused_by ?? null,
    ...toldPaths(answer.touched ?? [], paths),
    text: shorten(withoutSecrets(answer.text), chars),
    took_ms: Math.max(0, Math.round(took_ms)),
    ...runFacts(answer),
  };
}

const runFacts = ({ exit, nature }: Answer): RunFacts => ({
  ...(exit === undefined ? {} : { exit }),
  ...(nature === undefined ? {} : { nature }),
});

/**
 * Parses a call, asks what it touches, decides, sends it in, and cuts the answer.
 *
 * @throws IsolationLost when the isolated process is gone; everything else is an answer
 */
export async function passCall(options: Passing, asked: Asked): Promise<Passed> {
  const { answer, accesses } = await answerTo(options, asked);
  const text = shorten(printable(answer.text), TOOL_LIMITS.answer_max_chars);
  return { answer: { ...answer, text }, accesses, tool: asked.name };
}

async function answerTo({ scope, policy, isolation, root }: Passing, asked: Asked): Promise<Omit<Passed, "tool">> {
  const refused = (text: string, refused_by: string) => ({ answer: { ok: false, text, refused_by }, accesses: [] });
  const tool = toolsFor(scope).find(({ name }) => name === asked.name);
  if (!tool) return { answer: unknownTool(asked.name, scope), accesses: [] };
  const parsed = parseInput(tool, asked.raw, root ?? null);
  if (!parsed.ok) return refused(parsed.text, "input");
  const accesses = tool.access(parsed.input, scope);
  const shell = accesses.some((access) => needsShell({ rules: policy, scope }, access)) ? await openShell() : null;
  const judged: Policy = { rules: policy, scope, shell };
  for (const access of accesses) {
    const decision = decide(judged, access);
    if (!decision.allow) return refused(`Error: ${decision.why} [${decision.rule}]`, decision.rule);
  }
  const linked = root === undefined ? null : followsOut(root, judged, accesses);
  if (linked !== null) return { answer: linked, accesses: [] };
  const nature = await natureIn(judged, accesses);
  const { ended, nature: _said, ...called } = await isolation.call(tool.name, parsed.input, policy);
  const answer: Answer = nature === null ? called : { ...called, nature };
  const own = scope.components?.some(({ name }) => name === tool.name);
  if (own) accesses.push(...(answer.touched ?? []).map((path) => ({ kind: "write", path }) as const)); // it shows afterwards
  // No other tool can end the work, and what is stated is the model's own word and not the isolated process's.
  if (ended === undefined || tool !== ENDING[scope.role]) return { answer, accesses };
  const { checks: _, ...end } = ended;
  const checks = statedIn(parsed.input);
  return { answer: { ...answer, ended: checks.length > 0 ? { ...end, checks } : end }, accesses };
}

/** What is sure of the command that a call is, found outside: the isolated process has no say in it. */
async function natureIn({ scope, shell }: Policy, accesses: readonly Access[]): Promise<Nature | null> {
  const command = accesses.find((access) => access.kind === "exec")?.command;
  if (command === undefined) return null;
  return natureOf((shell ?? (await openShell())).parse, command, scope);
}

const Stating = z.looseObject({ checks: StatedChecks });

/** Commands are told as the log has those that were run: without what looks like a secret. */
const statedIn = (input: unknown): StatedCheck[] =>
  (Stating.safeParse(input).data?.checks ?? []).map((one) => ({ ...one, command: withoutSecrets(one.command) }));

/** The one question that the policy, which is pure, cannot answer: what the links in the worktree point to. */
function followsOut(root: string, { shell }: Policy, accesses: readonly Access[]): Answer | null {
  if (shell === null) return null;
  for (const access of accesses) {
    const word = access.kind === "exec" ? linkOutside(root, unwrap(shell.parse, access.command)) : null;
    if (word === null) continue;
    const why = `"${word.slice(0, 200)}" leads out of the worktree by a symbolic link: a task stays in it`;
    return { ok: false, text: `Error: ${why} [shell.outside]`, refused_by: "shell.outside" };
  }
  return null;
}

/** Why there is no such tool, or none for this role. */
export function unknownTool(name: string, scope: Scope): Answer {
  const names = toolsFor(scope).map((tool) => tool.name);
  if (toolNamed(name) || scope.components?.some((own) => own.name === name))
    return {
      ok: false,
      text: `Error: "${name}" is not allowed in this worker role ("${scope.role}")`,
      refused_by: "role",
    };
  if (name === "ask_user")
    return {
      ok: false,
      text: `Error: "ask_user" is not allowed in this worker role ("${scope.role}"): nobody is there to answer; decide with care, and say in the end what you took for granted`,
      refused_by: "role",
    };
  const near = nearest(name.slice(0, 100), names);
  const offer = near === null ? "" : ` Did you mean "${near}"?`;
  return {
    ok: false,
    text: `Error: There is no tool "${name.slice(0, 100)}".${offer} The tools are: ${names.join(", ")}`,
    refused_by: "tool",
  };
}

/** Without what would steer a terminal or break a log: escape sequences, control characters, halves of characters. */
function printable(text: string): string {
  if (/^[\t\n\x20-\x7e]*$/.test(text)) return text;
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
      .replace(/(?:\x1b\[|\x9b)[0-9;?]*[ -/]*[@-~]|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)/g, "")
      .replace(/\r+(\n?)/g, (_, end) => (end === "" ? "\n" : "\r\n")) // a terminal would write the rest over what stands before
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the same
      .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g, "")
      .replace(/[\u202a-\u202e\u2066-\u2069]/g, (mark) => `<U+${mark.charCodeAt(0).toString(16).toUpperCase()}>`)
  );
}
