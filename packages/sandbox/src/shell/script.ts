import { type Dialect, tokensOf, unaccounted } from "./account.ts";
import type { ParseShell, Part } from "./grammar.ts";
import { computed, literal, type Word, wordOf } from "./word.ts";

export type Redirect = { op: string; target: Word };
/** `name=value`; value null: it is given by other means, as by `read`. */
export type Assignment = { name: string; value: Word | null };
/** A simple command. `text`: as it is written. A redirection around several commands stands as one without words. */
export type Command = { text: string; words: Word[]; assigned: Assignment[]; redirects: Redirect[] };
/** All simple commands of a text, also those in substitutions, groups, functions and loops. `problem`: why some may be missing. */
export type Script = { commands: Command[]; problem: string | null };

/** Reads a shell text without running it. A text that is not understood to its last character has a problem. */
export function readScript(parse: ParseShell, text: string, dialect: Dialect = "bash"): Script {
  const parsed = parse(text);
  if ("problem" in parsed) return { commands: [], problem: parsed.problem };
  const problem = unaccounted(text, parsed.tree, dialect);
  const script: Script = { commands: [], problem };
  collect({ text, dialect, script }, parsed.tree);
  script.problem ??= evaluated(script, text, parsed.tree);
  return script;
}

type Reading = { text: string; dialect: Dialect; script: Script };

/** Walks over all nodes: a command counts wherever it stands. */
function collect(reading: Reading, part: Part): void {
  const { text, script } = reading;
  const redirects = redirectsOf(text, part); // also of a group, a loop, a substitution
  const command = READERS[part.kind]?.(reading, part) ?? (redirects.length > 0 ? {} : null);
  if (command)
    script.commands.push({ text: text.slice(part.from, part.to), words: [], assigned: [], redirects, ...command });
  for (const inner of part.parts) {
    const whole = command && part.kind === "redirected_statement" && inner.kind === "command"; // it was read with it
    for (const one of whole ? inner.parts : [inner]) collect(reading, one);
  }
}

const READERS: Readonly<Record<string, (reading: Reading, part: Part) => Partial<Command> | null>> = {
  command: readCommand,
  redirected_statement: readRedirected,
  declaration_command: readDeclaration,
  unset_command: ({ text }, part) => ({ words: part.parts.map((inner) => wordOf(text, inner)) }),
  test_command: ({ text }, part) => ({ words: testWords(text, part) }),
  for_statement: readLoop,
  variable_assignment: ({ text }, part) => ({ assigned: [assignmentOf(text, part)] }),
  expansion: readExpansion,
};

const testWords = (text: string, part: Part): Word[] =>
  tokensOf(part).map((inner) => (inner.named ? wordOf(text, inner) : literal(text.slice(inner.from, inner.to))));

const REDIRECTS = ["file_redirect", "herestring_redirect"];

function readCommand({ text, dialect }: Reading, part: Part): Partial<Command> {
  const words = part.parts
    .filter(({ kind }) => kind !== "variable_assignment" && kind !== "comment" && !kind.endsWith("_redirect"))
    .flatMap((inner, at) => (at === 0 || dialect === "posix" ? [wordOf(text, inner)] : braceWords(text, inner)));
  return { words };
}

/** The grammar gives to a redirection all words behind it; to a shell all but the first belong to the command. */
function readRedirected(reading: Reading, part: Part): Partial<Command> | null {
  const more = part.parts
    .filter(({ kind }) => REDIRECTS.includes(kind))
    .flatMap(({ parts }) => parts.slice(parts.findIndex(({ kind }) => kind !== "file_descriptor") + 2));
  const body = part.parts[0]!;
  if (body.kind !== "command") {
    if (more.length > 0) reading.script.problem ??= "there are words behind a redirection";
    return null;
  }
  const words = readCommand(reading, { ...body, parts: [...body.parts, ...more] }).words ?? [];
  return { words, redirects: [...redirectsOf(reading.text, body), ...redirectsOf(reading.text, part)] };
}

/** `{a,b}` is several words to bash. What cannot be told apart simply stays one that is computed. */
function braceWords(text: string, part: Part): Word[] {
  const own = text.slice(part.from, part.to);
  const simple = /^([^{}'"`$\\]*)\{([^{}'"`$\\]*,[^{}'"`$\\]*)\}([^{}'"`$\\]*)$/.exec(own);
  const word = wordOf(text, part);
  if (!simple || /[*?[~]/.test(own)) return [word];
  const [, head = "", middle = "", tail = ""] = simple;
  return middle.split(",").map((piece) => ({ ...literal(`${head}${piece}${tail}`), quoted: false }));
}

function redirectsOf(text: string, part: Part): Redirect[] {
  return part.parts
    .filter(({ kind }) => REDIRECTS.includes(kind))
    .map(({ parts }) => {
      const at = parts.findIndex(({ kind }) => kind !== "file_descriptor");
      const [op, target] = [parts[at], parts[at + 1]];
      return { op: op ? text.slice(op.from, op.to) : "", target: target ? wordOf(text, target) : literal("-") };
    });
}

function readDeclaration({ text, script }: Reading, part: Part): Partial<Command> {
  const words = part.parts.filter(({ kind }) => kind !== "variable_assignment" && !kind.endsWith("_redirect"));
  const read = words.map((inner) => wordOf(text, inner));
  if (read.some(({ known }) => !known)) script.problem ??= "it sets variables whose names are computed";
  return { words: read };
}

function readLoop({ text }: Reading, part: Part): Partial<Command> {
  const name = part.parts.find(({ kind }) => kind === "variable_name");
  const values = part.parts.filter(
    ({ kind, named }) => named && !/^(variable_name|do_group|compound_statement|comment)$/.test(kind),
  );
  if (!name) return {};
  const known = values.flatMap((inner) => braceWords(text, inner));
  const all = known.length === 0 ? [computed()] : known;
  return { assigned: all.map((value) => ({ name: text.slice(name.from, name.to), value })) };
}

function assignmentOf(text: string, { parts }: Part): Assignment {
  const [name, , value] = parts;
  const whole = name?.kind === "subscript" ? (name.parts[0] ?? name) : name!;
  const given = value === undefined ? literal("") : value.kind === "array" ? computed() : wordOf(text, value);
  return { name: text.slice(whole.from, whole.to), value: given };
}

/** `${X:=value}` sets a variable too. */
function readExpansion({ text }: Reading, { parts }: Part): Partial<Command> | null {
  const at = parts.findIndex(({ kind }) => kind === ":=" || kind === "=");
  const name = parts[at - 1];
  if (at < 0 || !name) return null;
  const value = parts[at + 1];
  return { assigned: [{ name: text.slice(name.from, name.to), value: value ? wordOf(text, value) : literal("") }] };
}

/** Where bash evaluates arithmetic, or a name that may have a subscript. */
const EVALUATES = new RegExp(
  [
    String.raw`\(\(|\$\[|\[\[[^\]]*\s-(eq|ne|lt|le|gt|ge|v)\s|\[ -v|printf -v|\$\{!|\$\{\w+:`,
    String.raw`\b(let|declare|typeset|local|readonly|export|read|unset|mapfile|readarray|wait|test|getopts)\b`,
  ].join("|"),
);

/**
 * Bash expands what stands in the values of variables once more in a few places: `${x@P}`, and array subscripts in
 * arithmetic. A text that hides commands there is not followed.
 */
function evaluated({ commands }: Script, text: string, tree: Part): string | null {
  if (/\$\{[^}]*@P\}?/.test(text)) return "it expands the value of a variable once more (@P)";
  if (!EVALUATES.test(text)) return null;
  const texts = [...tokensOf(tree).filter(({ kind }) => /^(raw_string|ansi_c_string|word)$/.test(kind))]
    .map(({ from, to }) => text.slice(from, to))
    .concat(
      commands.flatMap(({ words, assigned }) =>
        [...words, ...assigned.map(({ value }) => value)].map((w) => w?.text ?? ""),
      ),
    );
  return texts.some((own) => /\[[^\]]*(\$\(|`|\$\{)/.test(own))
    ? "a text with a substitution in [ ] may be evaluated"
    : null;
}
