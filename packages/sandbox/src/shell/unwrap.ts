import type { Dialect } from "./account.ts";
import type { ParseShell } from "./grammar.ts";
import { SHELL_LIMITS } from "./limits.ts";
import { type Assignment, type Command, readScript } from "./script.ts";
import { computed, literal, type Piece, type Word } from "./word.ts";
import { commandAt, FETCHERS, LOOSE, RUNNERS, WRAPPERS } from "./wrapper.ts";

/**
 * A program that a shell text would start. `uv`: it runs in the project's environment, under `uv run` or its like.
 * `inside`: the wrappers that were taken off, outermost first. `text`: the simple command it stands in, as written.
 */
export type Invocation = { words: readonly Word[]; uv: boolean; inside: readonly string[]; text: string };
/** All that a text does, and all the texts in it. `own`: how many of the commands are the text's, before those of texts in it. */
export type Unwrapped = {
  invocations: Invocation[];
  commands: Command[];
  own: number;
  problem: string | null;
};

const SHELLS: ReadonlyMap<string, Dialect> = new Map([
  ["sh", "posix"],
  ["dash", "posix"],
  ["ash", "posix"],
  ["bash", "bash"],
  ["rbash", "bash"],
]);
const OTHER_SHELLS = ["zsh", "ksh", "mksh", "fish", "csh", "tcsh", "nu", "xonsh", "pwsh", "elvish", "oksh", "yash"];

type Context = {
  parse: ParseShell;
  found: Unwrapped;
  depth: number;
  uv: boolean;
  inside: readonly string[];
  text: string;
};

/** Every program that the commands of a shell text start, the wrappers themselves included. */
export function unwrap(parse: ParseShell, text: string): Unwrapped {
  const found: Unwrapped = { invocations: [], commands: [], own: 0, problem: null };
  followText({ parse, found, depth: 0, uv: false, inside: [], text }, text, "bash");
  return found;
}

/** Keeps the first reason why the commands of a text cannot all be seen. */
function unsure({ found }: Context, why: string): void {
  found.problem ??= why;
}

function followText(context: Context, text: string, dialect: Dialect): void {
  const { found, depth } = context;
  if (depth > SHELL_LIMITS.within_max) {
    unsure(context, "it is nested too deeply");
    return;
  }
  const { commands, problem } = readScript(context.parse, text, dialect);
  found.commands.push(...commands);
  if (depth === 0) found.own = commands.length;
  if (problem !== null) unsure(context, problem);
  if (found.commands.length > SHELL_LIMITS.commands_max) {
    unsure(context, "it has too many commands");
    return;
  }
  const values = valuesOf(commands);
  for (const command of commands)
    for (const words of readings(command.words, values)) follow({ ...context, text: command.text }, words);
}

type Values = ReadonlyMap<string, readonly Word[]>;

function valuesOf(commands: readonly Command[]): Values {
  const values = new Map<string, Word[]>();
  for (const { name, value } of commands.flatMap(({ assigned }) => assigned)) {
    const known = values.get(name) ?? [];
    values.set(name, known);
    if (value?.pieces && known.length < SHELL_LIMITS.values_max) known.push(value);
  }
  return values;
}

/**
 * The words of a command as they are, and as they are with the values that the text itself gives to its variables: so
 * `a=install; npm $a` is seen. What a variable holds otherwise is not known.
 */
function readings(words: readonly Word[], values: Values): (readonly Word[])[] {
  const variables = new Set(
    words.flatMap(({ pieces }) =>
      (pieces ?? []).flatMap((piece) => (typeof piece === "string" ? [] : [piece.variable])),
    ),
  );
  const others = [...variables].flatMap((variable) =>
    (values.get(variable) ?? []).map((_, at) => words.flatMap((word) => filled(word, values, at))),
  );
  return [words, ...others.filter(([first]) => first?.known)];
}

/** A word with the values of its variables in it, the nth of each; split at blanks where the shell would split it. */
function filled(word: Word, values: Values, nth: number): Word[] {
  if (!word.pieces || word.known) return [word];
  const fill = (pieces: readonly Piece[], depth: number): string | null => {
    const texts = pieces.map((piece) => {
      if (typeof piece === "string") return piece;
      const all = values.get(piece.variable) ?? [];
      const value = all[nth] ?? all.at(-1);
      return value?.pieces && depth < 4 ? fill(value.pieces, depth + 1) : null;
    });
    return texts.includes(null) ? null : texts.join("");
  };
  const text = fill(word.pieces, 0);
  if (text === null) return [word];
  if (word.quoted) return [literal(text)];
  return text
    .split(/\s+/)
    .filter((part) => part !== "")
    .map((part) => ({ ...literal(part), quoted: false }));
}

/** `/usr/bin/python3.11` and `python3.11` are `python3`; `pip3.11` is `pip3`. */
export const programName = (text: string): string =>
  text.slice(text.lastIndexOf("/") + 1).replace(/^(python|pip|pypy)(\d)(?:\.\d+)+$/i, "$1$2");

function follow(context: Context, words: readonly Word[]): void {
  const [first, ...rest] = words;
  if (!first) return;
  if (!first.known) {
    unsure(context, "the name of a command is computed");
    return;
  }
  if (context.inside.length > SHELL_LIMITS.within_max) {
    unsure(context, "it is nested too deeply");
    return;
  }
  const { found, uv, inside, text } = context;
  const name = programName(first.text);
  if (found.invocations.length >= SHELL_LIMITS.commands_max) {
    unsure(context, "it has too many commands");
    return;
  }
  found.invocations.push({ words: splitModule([literal(name), ...rest]), uv, inside, text });
  followRest({ ...context, inside: [...inside, name] }, name, rest);
}

/** Programs of which a part of the words is a command. */
function followRest(context: Context, name: string, rest: readonly Word[]): void {
  const dialect = SHELLS.get(name);
  if (dialect) followShell(context, rest, dialect);
  else if (OTHER_SHELLS.includes(name)) {
    if (!asksOnly(rest)) unsure(context, `only sh and bash can be followed, and this is ${name}`);
  } else if (name === "uv" || name === "uvx") followUv(context, name, rest);
  else if (name === "find" || name === "fd") followFind(context, rest);
  else if (RUNNERS.get(name)?.includes(rest[0]?.text ?? "")) followRunner(context, rest.slice(1));
  else if (FETCHERS.includes(name)) followRunner(context, rest[0]?.text === "run" ? rest.slice(1) : rest);
  else if (LOOSE.has(name)) followRunner(context, rest);
  else if (name === "jobs" && !rest.some(({ text }) => text === "-x")) return;
  else if (WRAPPERS.has(name)) followWrapper(context, name, rest);
  else followBuiltin(context, name, rest);
}

const asksOnly = (rest: readonly Word[]) =>
  rest.length > 0 && rest.every(({ text }) => /^(--version|--help|-h|-V)$/.test(text));

/** What a shell itself does with texts and names. */
function followBuiltin(context: Context, name: string, rest: readonly Word[]): void {
  const has = (option: RegExp) => rest.some(({ text, known }) => !known || option.test(text));
  if (name === "eval") followWords(context, rest);
  else if (name === "trap") followTrap(context, rest);
  else if (name === "alias" && rest.length > 0) unsure(context, "it gives a command another name");
  else if (name === "hash" && has(/^-[a-z]*p/)) unsure(context, "it gives a command another name");
  else if (name === "enable" && has(/^-[a-z]*f/)) unsure(context, "it loads a command into the shell");
  else if (/^(mapfile|readarray)$/.test(name) && has(/^-[a-zA-Z]*C/)) unsure(context, "it calls back a text");
  else if (/^(compgen|complete|bind|fc)$/.test(name) && rest.length > 0) unsure(context, `${name} may run a text`);
  else if (name === "." || name === "source") followScript(context, rest);
  else if (INTERPRETERS.test(name)) followInterpreter(context, name, rest);
  else if (name === "parallel" || name === "watch" || name === "script" || name === "entr" || name === "setfacl-run")
    unsure(context, `what ${name} runs is not followed`);
}

/** A script is the jail's to confine, but it may be a program under another: `. pip`, `bash /usr/bin/pip`, `node …/jest`. */
function followScript(context: Context, rest: readonly Word[]): void {
  const script = rest[0];
  if (!script?.known || /^\/(dev|proc)\//.test(script.text)) unsure(context, "the file of commands is computed");
  else follow(context, rest);
}

const INTERPRETERS = /^(python\d?|pypy\d?|node|ruby|perl)$/;

function followInterpreter(context: Context, name: string, rest: readonly Word[]): void {
  const [, option, module, ...more] = splitModule([literal(name), ...rest]);
  if (/^py/.test(name) && option?.text === "-m") {
    if (module?.known) followRest(context, module.text, more); // a module may run another: `python -m coverage run …`
    return;
  }
  const at = rest.findIndex(({ text }) => !text.startsWith("-"));
  const code = rest.slice(0, at < 0 ? undefined : at).some(({ text }) => /^-([a-zA-Z]*[cemp]|-eval|-print)/.test(text));
  if (at >= 0 && rest[at]!.known && !code) follow(context, rest.slice(at));
}

function followTrap(context: Context, rest: readonly Word[]): void {
  const words = rest[0]?.text === "--" ? rest.slice(1) : rest;
  if (words.length < 2 || (words[0]!.known && /^(-|-[lp])$/.test(words[0]!.text))) return;
  followWords(context, words.slice(0, 1));
}

/** A text that a shell reads once more. */
function followWords(context: Context, words: readonly Word[], dialect: Dialect = "bash"): void {
  if (words.some(({ known }) => !known)) {
    unsure(context, "the commands it runs are computed");
    return;
  }
  const text = words.map((word) => word.text).join(" ");
  const before = context.found.commands.length;
  followText({ ...context, depth: context.depth + 1 }, text, dialect);
  for (const command of context.found.commands.slice(before)) command.text = context.text;
}

/** `-mpip` is `-m pip`; options without a value before it are dropped, so that a rule finds `python -m pip`. */
function splitModule(words: readonly Word[]): readonly Word[] {
  const [name, ...rest] = words;
  if (!name || !/^(python|pypy)\d?$/i.test(name.text)) return words;
  const valued = (at: number) => /^-[WX]$/.test(rest[at]?.text ?? "");
  const at = rest.findIndex(({ text }, i) => !/^-([bBdEiIOqsSuvxP]+|[WX].*)$/.test(text) && !valued(i - 1));
  const from = at < 0 ? [] : rest.slice(at);
  const joined = /^-[bBdEiIOqsSuvxP]*m(.*)$/.exec(from[0]?.text ?? "");
  if (!joined) return words;
  const module = joined[1] === "" ? [] : [{ ...from[0]!, text: joined[1]! }];
  return [name, literal("-m"), ...module, ...from.slice(1)];
}

function followWrapper(context: Context, name: string, rest: readonly Word[]): void {
  if (name === "env" && rest.some(({ text }) => /^(-[a-zA-Z0]*S|--split)/.test(text))) {
    unsure(context, "env splits a text into a command");
    return;
  }
  if (name === "command" && rest.some(({ text }) => /^-[pvV]*[vV]/.test(text))) return; // it only looks the name up
  const at = commandAt(name, rest);
  if (typeof at === "object") {
    unsure(context, at.problem);
    return;
  }
  if (name === "env") assigned(context, rest.slice(0, at));
  const own = rest.slice(at);
  if (name === "busybox" && own.length === 0) return;
  if (name !== "xargs") {
    follow(context, own);
    return;
  }
  const marks = rest
    .slice(0, at)
    .flatMap(({ text }, i) => (/^-I/.test(text) ? [text.slice(2) || (rest[i + 1]?.text ?? "")] : []));
  if (rest.slice(0, at).some(({ text }) => /^(-i|--replace)/.test(text))) marks.push("{}");
  follow(context, own.length === 0 ? [] : [...own.map((word) => marked(word, marks)), computed()]);
}

/** A word in which something is put by the wrapper is a computed one. */
const marked = (word: Word, marks: readonly string[]): Word =>
  marks.some((mark) => mark !== "" && word.text.includes(mark)) ? { ...word, known: false, pieces: null } : word;

function assigned({ found, text }: Context, words: readonly Word[]): void {
  const set: Assignment[] = words.flatMap((word) => {
    const match = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(word.text);
    return match ? [{ name: match[1]!, value: { ...word, text: match[2]!, pieces: null } }] : [];
  });
  found.commands.push({ text, words: [], assigned: set, redirects: [] });
}

function followShell(context: Context, rest: readonly Word[], dialect: Dialect): void {
  if (asksOnly(rest)) return;
  const { letters, words, problem } = shellOptions(rest);
  const [first] = words;
  if (problem !== null) unsure(context, problem);
  else if (letters.includes("c") && first) followWords(context, [first], dialect);
  else if (letters.includes("s") || !first || /^\/(dev|proc)\//.test(first.text))
    unsure(context, "a shell takes its commands from its input");
  else followScript(context, words);
}

/** The letters of a shell's options, and its words after them. */
function shellOptions(rest: readonly Word[]): { letters: string; words: readonly Word[]; problem: string | null } {
  const stopped = (problem: string) => ({ letters: "", words: [], problem });
  let letters = "";
  for (let at = 0; at < rest.length; at++) {
    const { text, known } = rest[at]!;
    if (!known) return stopped("what a shell runs is computed");
    if (/^--(rcfile|init-file)/.test(text)) return stopped("a shell reads another start file");
    if (!/^[-+]/.test(text)) return { letters, words: rest.slice(at), problem: null };
    if (text === "--" || text === "-") return { letters, words: rest.slice(at + 1), problem: null };
    if (!text.startsWith("--")) letters += text.slice(1);
    if (/^[-+][a-zA-Z]*[oO]$/.test(text)) at++;
  }
  return { letters, words: [], problem: null };
}

const UV_VALUED = new RegExp(
  `^(--(${[
    "with|with-editable|with-requirements|python|extra|group|package|project|directory|env-file|index|config-file",
    "cache-dir|from|only-group|no-group|index-url|default-index|extra-index-url|find-links|refresh-package|color",
  ].join("|")})|-[pfCPwn])$`,
);

function followUv(context: Context, name: string, rest: readonly Word[]): void {
  const words = [...rest];
  const takeOptions = () => {
    while (words[0]?.text.startsWith("-") && words[0].text !== "-") {
      const option = words.shift()!.text;
      if (option === "--") return;
      if (UV_VALUED.test(option)) words.shift();
      if (option === "-m" || option === "--module") {
        words.unshift(literal("python"), literal("-m"));
        return;
      }
    }
  };
  takeOptions();
  if (name === "uv") {
    const verb = words.shift()?.text;
    if (verb === "tool" && words[0]?.text === "run") words.shift();
    else if (verb !== "run") return;
  }
  takeOptions();
  if (words.length === 0) {
    if (!asksOnly(rest)) unsure(context, "uv run names no command");
    return;
  }
  follow({ ...context, uv: true }, words);
}

/** The command of a runner, after its options; one whose next word may be a value is asked both ways. */
function followRunner(context: Context, rest: readonly Word[]): void {
  const at = rest.findIndex(({ text }) => !text.startsWith("-") || text === "--");
  if (at < 0) return;
  const from = rest[at]!.text === "--" ? at + 1 : at;
  const called = rest.findIndex(({ text }) => text === "-c" || text === "--call");
  if (called >= 0) {
    followWords(context, rest.slice(called + 1, called + 2), "posix");
    return;
  }
  const [first, ...more] = rest.slice(from);
  if (!first) return;
  const bare = { ...first, text: first.text.replace(/(?<=.)@[^/]*$/, "") };
  follow({ ...context, uv: true }, [bare, ...more]);
  if (at > 0 && from === at && more.length > 0) follow({ ...context, uv: true }, more);
}

const FIND_RUNS = ["-exec", "-execdir", "-ok", "-okdir", "-delete", "-fprint", "-fprintf", "-fls"];

/** Whether what is written of a computed word, without its patterns, fits into one of these options. */
function mayBe({ text, known }: Word, options: readonly string[]): boolean {
  const written = text.replace(/^\$\w*/, "").replace(/[*?[\]{},!^]/g, "");
  if (known || written.length < 2 || !written.startsWith("-")) return false;
  const within = (option: string) => {
    let at = 0;
    for (const letter of option) if (letter === written[at]) at++;
    return at === written.length;
  };
  return options.some(within);
}

function followFind(context: Context, rest: readonly Word[]): void {
  if (rest.some((word) => mayBe(word, FIND_RUNS))) unsure(context, "an option of find is computed");
  for (let at = 0; at < rest.length; at++) {
    if (!/^(-exec|-execdir|-ok|-okdir|-x|-X|--exec|--exec-batch)$/.test(rest[at]!.text)) continue;
    const end = rest.findIndex(({ text }, i) => i > at && (text === ";" || text === "+"));
    follow(
      context,
      rest.slice(at + 1, end < 0 ? undefined : end).map((word) => marked(word, ["{}"])),
    );
  }
}
