import { type Field, fieldsOf, flagName } from "../argv.ts";
import type { Command } from "../command.ts";

/** What can stand behind an option, or in an argument's place: one of these words, a plan, a file; nothing for a number. */
export type Value = { kind: "words"; words: readonly string[] } | { kind: "plan" | "file" | "none" };

/** One option as shells offer it. `value` null: it takes none. */
export type Option = { long: string; short: string | null; value: Value | null; description: string };

/** What can stand as an argument; one of which there may be `many` takes every place from its own on. */
export type Arg = { key: string; value: Value; many: boolean };

/** A command as shells offer it. `path` is its name in one word or two; `args` in their order. */
export type Offer = { path: readonly string[]; summary: string; options: readonly Option[]; args: readonly Arg[] };

/** What every command takes beside its own. */
const GLOBAL: readonly Option[] = [
  { long: "--json", short: null, value: null, description: "Print one JSON document" },
  { long: "--help", short: "-h", value: null, description: "Explain the command" },
];

/** All that a shell may offer, made of the command values. */
export const offersOf = (commands: readonly Command[]): Offer[] =>
  commands.map((command) => ({
    path: command.name.split(" "),
    summary: command.summary,
    options: [...fieldsOf(command.flags).map((field) => optionOf(command, field)), ...GLOBAL],
    args:
      command.name === "help"
        ? namesOf(commands)
        : fieldsOf(command.args).map((field) => ({ key: field.key, value: offeredFor(field), many: field.many })),
  }));

/** What can be explained, in one word or two. */
const namesOf = (commands: readonly Command[]): Arg[] =>
  [0, 1].map((at) => {
    const words = commands.flatMap(({ name }) => name.split(" ")[at] ?? []);
    return { key: "command", value: { kind: "words", words: [...new Set(words)] }, many: false };
  });

/** First words, each once: a command's with its summary, a group's with its members. */
export function firstWords(offers: readonly Offer[]): [word: string, summary: string][] {
  const words = new Map<string, string>();
  for (const { path, summary } of offers) {
    const [first = "", second] = path;
    const members = offers.filter((other) => other.path[0] === first).map((other) => other.path[1] ?? "");
    if (!words.has(first)) words.set(first, second === undefined ? summary : members.join(", "));
  }
  return [...words];
}

/** Second words of groups: the group, then its members with their summaries. */
export function groupsOf(offers: readonly Offer[]): [group: string, members: [word: string, summary: string][]][] {
  const groups = new Map<string, [string, string][]>();
  for (const { path, summary } of offers) {
    const [first = "", second] = path;
    if (second !== undefined) groups.set(first, [...(groups.get(first) ?? []), [second, summary]]);
  }
  return [...groups];
}

function optionOf(command: Command, field: Field): Option {
  const off = field.kind === "boolean" && field.standard === true;
  const letter = command.short[field.key];
  return {
    long: off ? `--no-${field.key.replaceAll("_", "-")}` : flagName(field.key),
    short: letter === undefined ? null : `-${letter}`,
    value: field.kind === "boolean" ? null : offeredFor(field),
    description: field.description,
  };
}

/** Names of what is in no folder, amounts, and words for people: a file's name would be wrong there. */
const NO_FILES = new Set(
  "job task run only recipe reason name profile profiles branch id why title model max_money sha256 sections commit_message".split(
    " ",
  ),
);

/** Whatever is no number, plan or word of a list may be a file: that is what a shell offers where it knows nothing. */
function offeredFor(field: Field): Value {
  if (field.words) return { kind: "words", words: field.words };
  if (field.kind === "number" || NO_FILES.has(field.key)) return { kind: "none" };
  return { kind: field.key === "plan" ? "plan" : "file" };
}
