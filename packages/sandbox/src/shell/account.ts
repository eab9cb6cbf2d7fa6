import type { Part } from "./grammar.ts";

/** Which shell reads a text: `posix` for what is handed to `sh`, which may be dash and knows less than bash. */
export type Dialect = "bash" | "posix";

/** Nodes that hold other nodes, and between them nothing but blanks. Every other node with parts is unknown. */
const HOLDERS = new Set(
  `program list pipeline negated_command command command_name declaration_command unset_command redirected_statement
  subshell compound_statement do_group if_statement elif_clause else_clause for_statement c_style_for_statement
  while_statement case_statement case_item function_definition variable_assignment variable_assignments array subscript
  concatenation string translated_string command_substitution process_substitution arithmetic_expansion expansion
  simple_expansion brace_expression test_command binary_expression unary_expression postfix_expression
  ternary_expression parenthesized_expression file_redirect herestring_redirect heredoc_redirect heredoc_body`.split(
    /\s+/,
  ),
);

/** What a token of each kind may look like. The grammar recovers and guesses; a token that is not plainly one is refused. */
// biome-ignore format: a table reads by its columns
const TOKENS: Readonly<Record<string, RegExp>> = {
  word:                  /^(?:[^\s'"`$\\;&|<>()]|\\[^\n])+$/,
  number:                /^-?[0-9A-Za-z_#]+$/,
  comment:               /^#[^\n]*$/,
  raw_string:            /^'[^']*'$/,
  ansi_c_string:         /^\$'(?:[^'\\]|\\[^'])*'$/, // `\'` is a quote to bash, and the end of the string to dash
  string_content:        /^(?:[^"`\\$]|\\[\s\S]|\$(?![({A-Za-z_0-9@*#?!$'"-]))*$/,
  variable_name:         /^[A-Za-z_0-9]+$/,
  special_variable_name: /^[@*#?!$0_-]$/,
  file_descriptor:       /^(?:[0-9]+|\{[A-Za-z_][A-Za-z0-9_]*\})$/,
  test_operator:         /^(?:-[A-Za-z]+|[=!]=?|=~|[<>])$/,
  regex:                 /^(?:[^'"`$\\<>;&\n]|\\[^\n]|\$(?![({A-Za-z_0-9@*#?!$'"-]))+$/,
  extglob_pattern:       /^(?:[^'"`$\\;&<>\s()]|\\[^\n]|[?*+@!]\([^'"`$;&<>\s()]*\))+$/,
  heredoc_start:         /^[\s\S]+$/, // looked at with its document
  heredoc_end:           /^[\s\S]+$/,
  heredoc_content:       /^[\s\S]*$/,
  heredoc_body:          /^[\s\S]*$/,
};

/** Only bash reads these so; to dash some of them are commands: `[[ 1 || rm x ]]` runs `rm`. */
const OF_BASH = /^(\[\[|\(\(|&>>?|<<<|\|&|<\(|>\(|function|select|;&|;;&|\$\[)$/;
const OF_BASH_NODES = ["array", "ansi_c_string", "translated_string", "process_substitution", "c_style_for_statement"];

const BLANK = /^(?:[ \t\n]|\\\n)*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f]/;

/**
 * Why a tree is not all that a shell would see in the text, or null. The grammar is more lenient than a shell and reads
 * some texts otherwise, so nothing it says is taken on trust: each character belongs to a token that looks as such a
 * token must, or is a blank between two.
 */
export function unaccounted(text: string, tree: Part, dialect: Dialect): string | null {
  if (CONTROL.test(text)) return "it has a control character";
  if (!text.isWellFormed()) return "it has half a character";
  if (!BLANK.test(text.slice(0, tree.from)) || !BLANK.test(text.slice(tree.to))) return UNREAD;
  return faultOf({ text, dialect }, tree, null);
}

const UNREAD = "its syntax is not understood";

type Reading = { text: string; dialect: Dialect };

function faultOf(reading: Reading, part: Part, parent: Part | null): string | null {
  const own = part.parts.length === 0 ? tokenFault(reading, part, parent) : nodeFault(reading, part);
  if (own !== null) return own;
  for (const inner of part.parts) {
    const fault = faultOf(reading, inner, part); // no deeper than SHELL_LIMITS.depth_max
    if (fault !== null) return fault;
  }
  return null;
}

function tokenFault({ text, dialect }: Reading, { kind, named, from, to }: Part, parent: Part | null): string | null {
  const own = text.slice(from, to);
  if (dialect === "posix" && (OF_BASH_NODES.includes(kind) || OF_BASH.test(kind))) return otherwise(own);
  if (own === "$" && !named && loneDollar(text[to] ?? "", parent)) return UNREAD;
  if (!named) return own === kind || own === "" || (kind === "\n" && BLANK.test(own)) ? null : UNREAD;
  if (kind === "program" || HOLDERS.has(kind))
    return kind === "heredoc_body" || BLANK.test(own) ? null : wholeFault(kind, own);
  if (!TOKENS[kind]?.test(own)) return TOKENS[kind] ? UNREAD : `"${own.slice(0, 40)}" is not understood (${kind})`;
  if (kind === "comment") return beginsWord(text, from) ? null : UNREAD;
  if (own.startsWith("#") && kind === "word" && parent?.kind !== "expansion" && beginsWord(text, from)) return UNREAD;
  return null;
}

/** A node without parts that still has a text: `array` of `a=()` has its parentheses as parts, so there are few. */
const wholeFault = (kind: string, own: string): string | null =>
  (kind === "string" && own === '""') || (kind === "command_name" && own === "") ? null : UNREAD;

/** A dollar that stands for itself is followed by nothing that a shell would expand. */
function loneDollar(next: string, parent: Part | null): boolean {
  if (parent?.kind === "simple_expansion" || parent?.kind === "translated_string") return false;
  return (parent?.kind === "string" ? /[({A-Za-z_0-9@*#?!$-]/ : /[({A-Za-z_0-9@*#?!$'"-]/).test(next);
}

/** Whether a word could begin here, so that a `#` is a comment. */
function beginsWord(text: string, at: number): boolean {
  const before = /(\\*)([\s;&|()]?)$/.exec(text.slice(Math.max(0, at - 200), at))!;
  return at === 0 || (before[2] !== "" && before[1]!.length % 2 === 0);
}

function nodeFault(reading: Reading, part: Part): string | null {
  const { kind, from, to } = part;
  const { text, dialect } = reading;
  if (!HOLDERS.has(kind)) return `"${text.slice(from, from + 40)}" is not understood (${kind})`;
  if (dialect === "posix" && OF_BASH_NODES.includes(kind)) return otherwise(text.slice(from, to));
  return (
    (kind !== "heredoc_body" && kind !== "string" ? gapFault(text, part) : null) ??
    SHAPES[kind]?.(reading, part) ??
    null
  );
}

/** Nodes whose parts belong together without a blank. */
const JOINED = new Set(["concatenation", "simple_expansion"]);
/** Nodes whose parts are words of one command, and nodes whose parts are whole commands. */
const OF_WORDS = new Set(
  "command declaration_command unset_command redirected_statement file_redirect array for_statement variable_assignments".split(
    " ",
  ),
);
const OF_COMMANDS = new Set(
  `program subshell compound_statement do_group if_statement elif_clause else_clause case_item while_statement
  command_substitution process_substitution`.split(/\s+/),
);

/** Between two parts there are blanks and nothing else, and what a shell would not part is not parted. */
function gapFault(text: string, { kind, parts, from, to }: Part): string | null {
  let [at, last] = [from, null as Part | null];
  for (const inner of [...parts, { kind: "", named: false, from: to, to, parts: [] }]) {
    const gap = text.slice(at, inner.from);
    if (JOINED.has(kind) ? gap !== "" : !BLANK.test(gap)) return UNREAD;
    if (/^(?:\\\n)+$/.test(gap)) return "a line is continued without a blank";
    const both =
      last?.named === true && inner.named && !inner.kind.endsWith("_redirect") && last.kind !== "file_descriptor";
    if (both && gap === "" && OF_WORDS.has(kind)) return UNREAD;
    if (
      both &&
      !/^(comment|elif_clause|else_clause|do_group)$/.test(inner.kind) &&
      OF_COMMANDS.has(kind) &&
      !endsLine(text, at, gap)
    )
      return UNREAD;
    at = inner.to;
    last = inner;
  }
  return null;
}

/** Whether a new command may begin: after a line break, which may stand at the end of a here-document or a comment. */
const endsLine = (text: string, at: number, gap: string) => gap.includes("\n") || text[at - 1] === "\n";

const otherwise = (own: string) => `sh reads "${own.slice(0, 40)}" otherwise than bash does`;

/** What is to be looked at beyond the tokens of a node. */
const SHAPES: Readonly<Record<string, (reading: Reading, part: Part) => string | null>> = {
  string: stringFault,
  test_command: testFault,
  command_name: reservedFault,
  command_substitution: backquoteFault,
  heredoc_redirect: heredocFault,
};

/** In a string blanks are text; a gap that is more than blanks was not read. */
function stringFault({ text }: Reading, { parts, from, to }: Part): string | null {
  if (text[from] !== '"' || text[to - 1] !== '"' || to - from < 2) return UNREAD;
  const gaps = parts.map((inner, i) => text.slice(parts[i - 1]?.to ?? from, inner.from));
  return gaps.every((gap) => /^(?:\s|\\\n)*$/.test(gap)) ? null : UNREAD;
}

/** In `[ … ]` operators are the shell's own: `[ a > b ]` writes a file and `[ a && rm b ]` runs `rm`. */
function testFault({ text }: Reading, { parts, from, to }: Part): string | null {
  if (text.slice(parts[0]!.from, parts[0]!.to) !== "[") return null;
  const tokens = tokensOf({ kind: "", named: true, from, to, parts });
  return tokens.some(({ kind }) => /^([<>|;&()]|&&|\|\||<=|>=)$/.test(kind))
    ? "an operator in [ … ] is the shell's"
    : null;
}

export const tokensOf = (part: Part): Part[] => (part.parts.length === 0 ? [part] : part.parts.flatMap(tokensOf));

const RESERVED =
  /^(then|else|elif|fi|do|done|esac|in|if|for|while|until|case|select|function|time|coproc|\{|\}|!|\[\[|\]\])$/;

function reservedFault({ text }: Reading, { from, to }: Part): string | null {
  const own = text.slice(from, to);
  return RESERVED.test(own) && !/^(time|coproc)$/.test(own) ? UNREAD : null;
}

/** Within backquotes a backslash is taken away before the commands are read. */
function backquoteFault({ text }: Reading, { from, to }: Part): string | null {
  return text[from] === "`" && /\\[`$\\"]/.test(text.slice(from, to)) ? "a backslash in backquotes; write $(…)" : null;
}

/** The document must begin and end where a shell has it, and hold no substitution that the grammar did not see. */
function heredocFault({ text }: Reading, { parts }: Part): string | null {
  const named = (kind: string) => parts.find((inner) => inner.kind === kind);
  const [start, body, end] = [named("heredoc_start"), named("heredoc_body"), named("heredoc_end")];
  if (!start || !body || !end || parts.at(-1) !== end) return UNREAD;
  const written = text.slice(start.from, start.to);
  const delimiter = /^(?:'([^'\\]+)'|"([^"\\$`]+)"|([^'"\\$`\s;&|<>()]+))$/.exec(written);
  if (!delimiter) return "the end of a here-document is not a plain word";
  const word = delimiter[1] ?? delimiter[2] ?? delimiter[3]!;
  const strip = parts.some(({ kind }) => kind === "<<-");
  const line = (own: string) => (strip ? own.replace(/^\t+/, "") : own);
  const from = text.lastIndexOf("\n", body.from - 1) + 1;
  if (text.slice(start.to, from).split("\n").length !== 2) return UNREAD;
  const lines = text.slice(from, end.to).split("\n");
  const rest = text.slice(end.to).split("\n")[0]!;
  if (lines.slice(0, -1).some((own) => line(own) === word) || line(lines.at(-1)! + rest) !== word) return UNREAD;
  return delimiter[3] !== undefined && unseenIn(text, body) ? UNREAD : null;
}

/** Whether the parts of a text between a node's parts have a substitution. */
function unseenIn(text: string, { parts, from, to }: Part): boolean {
  const seen = parts.filter(({ kind }) => kind !== "heredoc_content");
  const gaps = [...seen, { from: to, to }].map((inner, i) => text.slice(seen[i - 1]?.to ?? from, inner.from));
  return gaps.some((gap) => /(?<!\\)(?:\\\\)*(?:`|\$[({])/.test(gap));
}
