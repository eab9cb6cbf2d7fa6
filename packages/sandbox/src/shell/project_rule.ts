import { z } from "zod";
import type { ParseShell } from "./grammar.ts";
import type { Holds } from "./rules.ts";
import { programName, unwrap } from "./unwrap.ts";
import { isOwnFile, type Word } from "./word.ts";

/** Words that a command begins with; `*` is any one word. */
const prefix = z
  .string()
  .trim()
  .min(1)
  .refine((text) => !text.startsWith("*"), { error: "its first word names the program and cannot be *" });
const example = z.string().trim().min(1);

/**
 * A rule of the project, `[[tool_policy.rules]]`. With `deny` it refuses what begins so, but for what begins as `allow`
 * says; with `allow` alone it is an exception to dgov's own rules about programs.
 */
export const ProjectRule = z
  .strictObject({
    name: z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, { error: "it must be lower-case letters, digits, - and _" }),
    deny: z.array(prefix).default([]).describe('Beginnings of commands, as "kubectl delete"; * is any one word'),
    allow: z.array(prefix).default([]).describe("Beginnings that are an exception"),
    why: z.string().trim().min(1).describe("What the worker is told"),
    matches: z.array(example).min(1).describe("Commands that the rule must speak about"),
    passes: z.array(example).min(1).describe("Commands that it must leave alone"),
  })
  .refine(({ deny, allow }) => deny.length + allow.length > 0, { error: "it has neither deny nor allow" });
export type ProjectRule = z.infer<typeof ProjectRule>;

/** Whether the words of a command begin as a text says: without case, and with `pip3` and `python3` as their plain names. */
export function begins(argv: readonly Word[], text: string): Holds {
  const plain = (word: string) =>
    programName(word)
      .toLowerCase()
      .replace(/^(pip|python)\d$/, "$1");
  for (const [at, wanted] of text.split(/\s+/).entries()) {
    const word = argv[at];
    if (at === 0 ? plain(word?.text ?? "") !== plain(wanted) : !word) return "no";
    if (at === 0 || wanted === "*") continue;
    if (!word!.known && !isOwnFile(word!) && (word!.text === "" || word!.text.startsWith("$"))) return "unsure";
    if (word!.text.toLowerCase() !== wanted.toLowerCase()) return "no";
  }
  return "yes";
}

/** What a rule says to a command; null: it does not speak about it. */
export function verdictOf(rule: ProjectRule, argv: readonly Word[]): "deny" | "allow" | "unsure" | null {
  const allowed = rule.allow.some((text) => begins(argv, text) === "yes");
  if (rule.deny.length === 0) return allowed ? "allow" : null;
  if (allowed) return null;
  const holds = rule.deny.map((text) => begins(argv, text));
  return holds.includes("yes") ? "deny" : holds.includes("unsure") ? "unsure" : null;
}

/** A rule that contradicts one of its examples. `index` counts within the list. */
export type RuleFault = { rule: number; list: "matches" | "passes"; index: number; why: string };

/** Every example that a project's rules contradict. */
export function ruleFaults(parse: ParseShell, rules: readonly ProjectRule[]): RuleFault[] {
  return rules.flatMap((rule, at) => [
    ...rule.matches.flatMap((line, index) => {
      const why = speaksOf(parse, rule, line, true);
      return why === null ? [] : [{ rule: at, list: "matches" as const, index, why }];
    }),
    ...rule.passes.flatMap((line, index) => {
      const why = speaksOf(parse, rule, line, false);
      return why === null ? [] : [{ rule: at, list: "passes" as const, index, why }];
    }),
  ]);
}

function speaksOf(parse: ParseShell, rule: ProjectRule, line: string, wanted: boolean): string | null {
  const { invocations, problem } = unwrap(parse, line);
  if (problem !== null) return `the example "${line}" cannot be judged: ${problem}`;
  const spoken = invocations.some(({ words }) => [`deny`, "allow"].includes(verdictOf(rule, words) ?? ""));
  if (spoken === wanted) return null;
  return wanted
    ? `the rule "${rule.name}" does not match its example "${line}"`
    : `the rule "${rule.name}" matches "${line}", which it must let pass`;
}
