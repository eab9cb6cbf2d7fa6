/**
 * One node of a pattern, as it is written. `type` null: any named node; "_": any node at all. `captures` are those of
 * the node itself.
 */
export type Shape = {
  type: string | null;
  named: boolean;
  captures: readonly string[];
  children: readonly Step[];
  without: readonly string[]; // fields that it must not have
  closed: boolean; // no named node behind the last step
};

/** What one child has to be: one of several shapes. `next`: no named node stands between it and the step before. */
export type Step = {
  field: string | null;
  any: readonly Shape[];
  next: boolean;
  count: "one" | "optional" | "many";
};

/** `#eq?` and the like: a capture, and what its text is compared with. */
export type Condition = { name: string; capture: string; values: readonly string[] };

/** A pattern of a query. `text` is how it is written; `roots` null: it says something that is not known here. */
export type Pattern = { text: string; roots: readonly Shape[] | null; conditions: readonly Condition[] };

/** What stands in a query is read by these; null: the rest of it makes no pattern. */
type Reader = { text: string; at: number };

/**
 * The patterns of a query in the language of tree-sitter, in their order. What is written in a way that is not known here
 * is left to tree-sitter.
 */
export function readPatterns(text: string): Pattern[] {
  const reader: Reader = { text, at: 0 };
  const patterns: Pattern[] = [];
  for (skip(reader); reader.at < text.length; skip(reader)) patterns.push(readPattern(reader));
  return patterns;
}

/** What is known of no pattern. It is thrown and caught in this file alone. */
class Unknown extends Error {}

function readPattern(reader: Reader): Pattern {
  const start = reader.at;
  const end = endOf(reader.text, start);
  const text = reader.text.slice(start, end);
  try {
    return { text, ...readTop({ text, at: 0 }) };
  } catch (error) {
    if (!(error instanceof Unknown)) throw error;
    return { text, roots: null, conditions: [] };
  } finally {
    reader.at = end;
  }
}

function readTop(reader: Reader): Omit<Pattern, "text"> {
  const grouped = /^\(\s*[([]/.test(reader.text);
  if (!grouped) return { roots: readStep(reader).any, conditions: [] };
  reader.at = 1;
  skip(reader);
  const { any, field, count } = readStep(reader);
  if (field !== null || count !== "one") throw new Unknown();
  const conditions: Condition[] = [];
  for (skip(reader); peek(reader) !== ")"; skip(reader)) conditions.push(readCondition(reader));
  reader.at += 1;
  if (captures(reader).length > 0) throw new Unknown();
  return { roots: any, conditions };
}

function readCondition(reader: Reader): Condition {
  const name = take(reader, /\(\s*#([\w-]+\?)/y)?.[1];
  if (name === undefined) throw new Unknown();
  const words: string[] = [];
  for (skip(reader); peek(reader) !== ")"; skip(reader)) {
    const word = take(reader, /@[\w.-]+|"(?:[^"\\]|\\.)*"|[\w.-]+/y)?.[0];
    if (word === undefined) throw new Unknown();
    words.push(word);
  }
  reader.at += 1;
  const [capture = "", ...values] = words;
  if (!capture.startsWith("@") || values.some((value) => value.startsWith("@"))) throw new Unknown();
  return { name, capture: capture.slice(1), values: values.map(unquoted) };
}

/** One node, or a choice of several, with its field in front and its count and captures behind. */
function readStep(reader: Reader): Step {
  const field = take(reader, /([a-z_]\w*)\s*:\s*/y)?.[1] ?? null;
  const shapes = readShapes(reader);
  const mark = take(reader, /[?*+]/y)?.[0];
  if (mark === "+") throw new Unknown();
  const own = captures(reader);
  const any = own.length === 0 ? shapes : shapes.map((shape) => ({ ...shape, captures: [...shape.captures, ...own] }));
  return { field, any, next: false, count: mark === "?" ? "optional" : mark === "*" ? "many" : "one" };
}

function readShapes(reader: Reader): Shape[] {
  const first = peek(reader);
  if (first === "[") {
    reader.at += 1;
    const shapes: Shape[] = [];
    for (skip(reader); peek(reader) !== "]"; skip(reader)) {
      const { field, any, count } = readStep(reader);
      if (field !== null || count !== "one") throw new Unknown();
      shapes.push(...any);
    }
    reader.at += 1;
    return shapes;
  }
  if (first === '"') {
    const token = take(reader, /"(?:[^"\\]|\\.)*"/y)?.[0];
    if (token === undefined) throw new Unknown();
    return [{ ...EMPTY, type: unquoted(token), named: false }];
  }
  if (take(reader, /_(?![\w])/y)) return [{ ...EMPTY, type: "_", named: false }];
  return [readNode(reader)];
}

const EMPTY: Omit<Shape, "type" | "named"> = { captures: [], children: [], without: [], closed: false };

function readNode(reader: Reader): Shape {
  const type = take(reader, /\(\s*([A-Za-z_]\w*)(?![\w/])/y)?.[1];
  if (type === undefined || type === "MISSING") throw new Unknown();
  const [children, without]: [Step[], string[]] = [[], []];
  let next = false;
  for (skip(reader); peek(reader) !== ")"; skip(reader)) {
    const absent = take(reader, /!([a-z_]\w*)/y)?.[1];
    if (absent !== undefined) without.push(absent);
    else if (take(reader, /\./y)) next = true;
    else {
      children.push({ ...readStep(reader), next });
      next = false;
    }
  }
  reader.at += 1;
  return { ...EMPTY, type: type === "_" ? null : type, named: true, children, without, closed: next };
}

function captures(reader: Reader): string[] {
  const found: string[] = [];
  for (;;) {
    const own = take(reader, /\s*@([\w.-]+)/y)?.[1];
    if (own === undefined) return found;
    found.push(own);
  }
}

const peek = ({ text, at }: Reader): string => {
  if (at >= text.length) throw new Unknown();
  return text[at]!;
};

function take(reader: Reader, what: RegExp): RegExpExecArray | null {
  what.lastIndex = reader.at;
  const found = what.exec(reader.text);
  if (found !== null) reader.at += found[0].length;
  return found;
}

const skip = (reader: Reader): void => void take(reader, /(?:\s+|;[^\n]*)*/y);

const unquoted = (word: string): string =>
  word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, (_, own: string) => ESCAPES[own] ?? own) : word;
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "0": "\0" };

/** Behind the pattern that starts somewhere, with its captures. */
function endOf(text: string, start: number): number {
  let depth = 0;
  const words = /\s*@[\w.-]+|\s*[?*+]|"(?:[^"\\]|\\.)*"|;[^\n]*|[([]|[)\]]|[^"\s()[\];@?*+]+|\s+/y;
  let end = start;
  for (words.lastIndex = start; words.lastIndex < text.length; ) {
    const from = words.lastIndex;
    const word = words.exec(text)?.[0];
    if (word === undefined) throw new Error(`Cannot read a query: what is "${text.slice(from, from + 30)}"?`);
    const behind = /^\s*[@?*+]/.test(word);
    if (depth === 0 && end > start && !behind) return end;
    if (/^[([]$/.test(word)) depth += 1;
    if (/^[)\]]$/.test(word)) depth -= 1;
    if (depth === 0) end = words.lastIndex;
  }
  return depth > 0 || end === start ? text.length : end;
}
