import assert from "node:assert/strict";
import type { ToolPolicy } from "../policy.ts";
import type { ParseShell } from "./grammar.ts";
import { unwrap } from "./unwrap.ts";
import { isOwnFile, type Word } from "./word.ts";

/**
 * A rule about one program. `words`: what its first words must be, each one of several; `option`: a word that must be
 * among the rest; `unless`: one that makes it harmless. It carries its own examples: a rule that contradicts one is not built.
 */
export type CommandRule = {
  rule: string;
  when: Exclude<keyof ToolPolicy, "deny_shell_commands" | "rules">;
  words: readonly (readonly (string | RegExp)[])[];
  option?: RegExp;
  unless?: RegExp;
  why: string;
  matches: readonly string[];
  passes: readonly string[];
};

/** `unsure`: it would hold for some values of what the shell computes. */
export type Holds = "yes" | "no" | "unsure";

export function ruleHolds({ words, option, unless }: CommandRule, argv: readonly Word[]): Holds {
  const holds = [argv, withoutOptions(argv)].map((some) => prefixHolds(words, some));
  if (holds.every((one) => one === "no")) return "no";
  if (option !== undefined && !argv.slice(words.length).some(({ text }) => option.test(text))) return "no";
  if (unless !== undefined && argv.slice(words.length).some(({ text, known }) => known && unless.test(text)))
    return "no";
  return holds.includes("yes") ? "yes" : "unsure";
}

/** Options may stand before the word that counts: `npm --silent test`. A computed option-like place says nothing. */
function prefixHolds(words: CommandRule["words"], argv: readonly Word[]): Holds {
  for (const [at, allowed] of words.entries()) {
    const word = argv[at];
    if (word && !word.known && at > 0 && isWholeVariable(word) && !String(allowed[0]).startsWith("-")) return "unsure";
    const text = word?.text ?? "";
    if (!allowed.some((one) => (typeof one === "string" ? one === text : one.test(text)))) return "no";
  }
  return "yes";
}

/** `$x`, `$(…)` and the like may be any word; `src/$x` and `*.py` begin as they are written. */
const isWholeVariable = (word: Word) => (word.text === "" || word.text.startsWith("$")) && !isOwnFile(word);

/** Options that take the next word, of programs whose sub-command may follow them. */
const VALUED: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    make: ["-C", "-f", "-I", "-o", "-W", "--directory", "--file"],
    npm: ["--prefix", "-w", "--workspace", "-C", "--loglevel"],
    pnpm: ["-C", "--dir", "--filter", "-F"],
    yarn: ["--cwd"],
    bun: ["--cwd", "--filter", "-c"],
    cargo: ["--manifest-path", "--color", "-C", "--config", "-Z"],
    go: ["-C"],
    poetry: ["-C", "--directory", "-P", "--project"],
    pip: ["--python", "--proxy", "--cache-dir", "--log"],
    mvn: ["-f", "-pl", "-P", "-s", "-T"],
    gradle: ["-p", "-b", "-c"],
    uv: ["--directory", "--project", "--config-file", "--cache-dir", "--color"],
  }),
);

function withoutOptions([name, ...rest]: readonly Word[]): readonly Word[] {
  if (!name) return [];
  const valued = VALUED.get(name.text) ?? [];
  const at = rest.findIndex(({ text }, i) => !/^[-+]/.test(text) && !valued.includes(rest[i - 1]?.text ?? ""));
  return at < 0 ? [] : [name, ...rest.slice(at)];
}

/** @throws AssertionError when a rule contradicts one of its examples */
export function proveRules(parse: ParseShell, rules: readonly CommandRule[]): void {
  for (const rule of rules) {
    const hit = (line: string) => unwrap(parse, line).invocations.some(({ words }) => ruleHolds(rule, words) === "yes");
    for (const line of rule.matches) assert(hit(line), `Rule "${rule.rule}" does not match its example "${line}"`);
    for (const line of rule.passes) assert(!hit(line), `Rule "${rule.rule}" wrongly matches "${line}"`);
  }
}
