/** One word of a command. `known`: false when the shell computes a part of it, so that `text` is not all of it. */
export type Word = { text: string; known: boolean; quoted: boolean };
export type Redirect = { op: string; target: Word };
export type Command = { words: Word[]; assigned: string[]; redirects: Redirect[] };
/** All simple commands of a text, also those in substitutions, groups and loops. `problem`: why some may be missing. */
export type Script = { commands: Command[]; problem: string | null };

const NESTING_MAX = 12;
/** Words that stand before a command, and words that take the rest of their line as data. */
const LEADING = ["!", "{", "}", "if", "then", "elif", "else", "fi", "while", "until", "do", "done", "time", "coproc"];
const HEADING = ["for", "select"];

/**
 * Splits a shell text into its simple commands, as far as that can be done without running it. It knows quoting, lists,
 * pipes, groups, substitutions and redirections; it does not expand anything. Never throws.
 */
export function shellCommands(text: string, depth = 0): Script {
  const script: Script = { commands: [], problem: null };
  if (depth > NESTING_MAX) return { commands: [], problem: "it is nested too deeply" };
  const reader = { text, at: 0, script, depth, heredocs: [] };
  readList(reader, null);
  return script;
}

type Reader = { text: string; at: number; script: Script; depth: number; heredocs: { end: string; strip: boolean }[] };

const blank = (): Command => ({ words: [], assigned: [], redirects: [] });

/** Reads commands up to the closing parenthesis that belongs to the caller, or to the end. */
function readList(reader: Reader, until: ")" | null): void {
  let command = blank();
  const close = () => {
    finish(reader, command);
    command = blank();
  };
  while (reader.at < reader.text.length) {
    const rest = reader.text.slice(reader.at, reader.at + 2);
    const char = rest[0]!;
    if (char === " " || char === "\t" || char === "\r") reader.at++;
    else if (rest === "\\\n") reader.at += 2;
    else if (char === "#") skipTo(reader, "\n");
    else if (char === "\n") {
      reader.at++;
      close();
      skipHeredocs(reader);
    } else if (char === ")") {
      close();
      reader.at++;
      if (until === ")") return;
    } else if (readRedirect(reader, command)) continue;
    else if (char === "(") {
      reader.at++;
      close();
      descend(reader, () => readList(reader, ")"));
    } else if (char === ";" || char === "&" || char === "|") {
      reader.at += /^(?:&&|\|\||;;|\|&)$/.test(rest) ? 2 : 1;
      close();
    } else addWord(reader, command, readWord(reader));
  }
  finish(reader, command);
  if (until !== null) reader.script.problem ??= "a parenthesis is not closed";
}

function descend(reader: Reader, read: () => void): void {
  reader.depth++;
  if (reader.depth > NESTING_MAX) {
    reader.script.problem ??= "it is nested too deeply";
    reader.at = reader.text.length;
  } else read();
  reader.depth--;
}

function finish(reader: Reader, command: Command): void {
  if (command.words.length + command.assigned.length + command.redirects.length > 0)
    reader.script.commands.push(command);
}

function addWord(reader: Reader, command: Command, word: Word): void {
  const first = command.words.length === 0;
  if (first && !word.quoted && LEADING.includes(word.text)) return;
  if (first && !word.quoted && word.text === "function") reader.script.problem ??= "a function is not followed";
  if (first && !word.quoted && word.text === "case") reader.script.problem ??= "a case statement is not followed";
  if (first && !word.quoted && HEADING.includes(word.text)) skipTo(reader, "\n", ";");
  else if (first && /^[A-Za-z_][A-Za-z0-9_]*\+?=/.test(word.text)) command.assigned.push(word.text);
  else command.words.push(word);
}

const REDIRECT = /^(?:[0-9]*|&)(>>|>\||>&|<>|<<<|<<-|<<|<&|>|<)/;

function readRedirect(reader: Reader, command: Command): boolean {
  const ahead = reader.text.slice(reader.at, reader.at + 8);
  if (/^[<>]\(/.test(ahead)) return false; // a process substitution is a word
  const match = REDIRECT.exec(ahead);
  if (!match) return false;
  const op = match[0].startsWith("&") ? `&${match[1]}` : match[1]!;
  reader.at += match[0].length;
  while (/[ \t]/.test(reader.text[reader.at] ?? "")) reader.at++;
  const target = readWord(reader);
  if (op === "<<" || op === "<<-") reader.heredocs.push({ end: target.text, strip: op === "<<-" });
  else command.redirects.push({ op, target });
  return true;
}

function readWord(reader: Reader): Word {
  const word: Word = { text: "", known: true, quoted: false };
  while (reader.at < reader.text.length) {
    const char = reader.text[reader.at]!;
    const next = reader.text[reader.at + 1] ?? "";
    if ((char === "<" || char === ">") && next === "(" && word.text === "") {
      reader.at += 2;
      descend(reader, () => readList(reader, ")"));
      word.known = false;
    } else if (/[\s;&|()<>]/.test(char)) break;
    else if (char === "'") readSingle(reader, word);
    else if (char === '"') readDouble(reader, word);
    else if (char === "\\") {
      if (next !== "\n") word.text += next;
      word.quoted = true;
      reader.at += 2;
    } else if (char === "$" || char === "`") readExpansion(reader, word);
    else {
      if (/[*?[{]/.test(char)) word.known = word.known && char === "{" && next === "}";
      word.text += char;
      reader.at++;
    }
  }
  if (/^\[\[?$/.test(word.text)) word.known = true; // the test command, no pattern
  return word;
}

function readSingle(reader: Reader, word: Word): void {
  const end = reader.text.indexOf("'", reader.at + 1);
  if (end < 0) reader.script.problem ??= "a quote is not closed";
  word.text += reader.text.slice(reader.at + 1, end < 0 ? undefined : end);
  word.quoted = true;
  reader.at = end < 0 ? reader.text.length : end + 1;
}

function readDouble(reader: Reader, word: Word): void {
  word.quoted = true;
  reader.at++;
  while (reader.at < reader.text.length) {
    const char = reader.text[reader.at]!;
    const next = reader.text[reader.at + 1] ?? "";
    if (char === '"') {
      reader.at++;
      return;
    }
    if (char === "\\" && /[$`"\\\n]/.test(next)) {
      if (next !== "\n") word.text += next;
      reader.at += 2;
    } else if (char === "$" || char === "`") readExpansion(reader, word);
    else {
      word.text += char;
      reader.at++;
    }
  }
  reader.script.problem ??= "a quote is not closed";
}

const EXPANSION = /^(`|\$[({A-Za-z_0-9@*#?$!-])/;

/** A variable, a substitution or arithmetic: its value is unknown here, the commands in it are not. */
function readExpansion(reader: Reader, word: Word): void {
  const rest = reader.text.slice(reader.at);
  // What is computed at the beginning of a word is kept by its name, so that "$x/a" is not taken for "/a".
  if (word.text === "" && EXPANSION.test(rest)) word.text = /^\$\w+/.exec(rest)?.[0] ?? "$";
  if (rest.startsWith("$((")) {
    word.known = false;
    reader.at += 3;
    descend(reader, () => readArithmetic(reader));
  } else if (rest.startsWith("$(")) {
    word.known = false;
    reader.at += 2;
    descend(reader, () => readList(reader, ")"));
  } else if (rest.startsWith("`")) {
    word.known = false;
    const inner = /^`((?:[^`\\]|\\[\s\S])*)`/.exec(rest);
    if (!inner) reader.script.problem ??= "a backquote is not closed";
    reader.at += inner ? inner[0].length : rest.length;
    absorb(reader, (inner?.[1] ?? "").replace(/\\([`\\$])/g, "$1"));
  } else if (rest.startsWith("${")) {
    word.known = false;
    const end = rest.indexOf("}");
    absorb(
      reader,
      [...rest.slice(0, end < 0 ? undefined : end).matchAll(/\$\((.*)\)|`(.*)`/g)].map((m) => m[1] ?? m[2]).join("\n"),
    );
    reader.at += end < 0 ? rest.length : end + 1;
  } else if (/^\$[A-Za-z_0-9@*#?$!'-]/.test(rest)) {
    word.known = false;
    reader.at += /^\$(?:[A-Za-z_][A-Za-z0-9_]*|[^'])/.exec(rest)?.[0].length ?? 1;
  } else {
    word.text += "$";
    reader.at++;
  }
}

/** Arithmetic is data up to its two closing parentheses; substitutions in it are not. */
function readArithmetic(reader: Reader): void {
  for (let open = 2; open > 0 && reader.at < reader.text.length; ) {
    const char = reader.text[reader.at]!;
    if (char === "$" || char === "`") readExpansion(reader, { text: "", known: true, quoted: false });
    else {
      open += char === "(" ? 1 : char === ")" ? -1 : 0;
      reader.at++;
    }
  }
}

function absorb(reader: Reader, text: string): void {
  if (text === "") return;
  const inner = shellCommands(text, reader.depth + 1);
  reader.script.commands.push(...inner.commands);
  reader.script.problem ??= inner.problem;
}

/** The bodies of here-documents are data, but for the substitutions in them. */
function skipHeredocs(reader: Reader): void {
  for (const { end, strip } of reader.heredocs.splice(0)) {
    for (;;) {
      const stop = reader.text.indexOf("\n", reader.at);
      const line = reader.text.slice(reader.at, stop < 0 ? undefined : stop);
      reader.at = stop < 0 ? reader.text.length : stop + 1;
      if ((strip ? line.replace(/^\t+/, "") : line) === end || stop < 0) break;
      for (const [, inner] of line.matchAll(/\$\(([^)]*)\)/g)) absorb(reader, inner ?? "");
      for (const [, inner] of line.matchAll(/`([^`]*)`/g)) absorb(reader, inner ?? "");
    }
  }
}

function skipTo(reader: Reader, ...ends: readonly string[]): void {
  while (reader.at < reader.text.length && !ends.includes(reader.text[reader.at]!)) reader.at++;
}
