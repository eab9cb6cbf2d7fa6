import { DEPTH_MAX, type Lines, Unreadable } from "./unreadable.ts";
import type { Json } from "./value.ts";

/** `line` counts the line ends that were passed. */
type Cursor = { text: string; at: number; line: number; lines: Lines };

/**
 * Reads JSON with the line of each entry. A key that is there twice is refused: which of them holds, each reader of the
 * document would decide for itself.
 *
 * @throws Unreadable
 */
export function readJson(text: string): { value: Json; lines: Lines } {
  const cursor: Cursor = { text, at: text.charCodeAt(0) === 0xfeff ? 1 : 0, line: 1, lines: new WeakMap() };
  const value = readValue(cursor, 0);
  skip(cursor);
  if (cursor.at < text.length) fail(cursor, "something follows the end of the document");
  return { value, lines: cursor.lines };
}

function fail({ line }: Cursor, why: string): never {
  throw new Unreadable(why, line);
}

function skip(cursor: Cursor): void {
  for (; cursor.at < cursor.text.length; cursor.at += 1) {
    const code = cursor.text.charCodeAt(cursor.at);
    if (code === 10) cursor.line += 1;
    else if (code !== 32 && code !== 9 && code !== 13) return;
  }
}

function readValue(cursor: Cursor, depth: number): Json {
  if (depth > DEPTH_MAX) fail(cursor, `it nests deeper than ${DEPTH_MAX} levels`);
  skip(cursor);
  const first = cursor.text[cursor.at];
  if (first === "{") return readTable(cursor, depth);
  if (first === "[") return readList(cursor, depth);
  return first === '"' ? readString(cursor) : readScalar(cursor);
}

/** Takes one sign if it is next. */
function take(cursor: Cursor, sign: string): boolean {
  skip(cursor);
  const is = cursor.text[cursor.at] === sign;
  if (is) cursor.at += 1;
  return is;
}

function readTable(cursor: Cursor, depth: number): Json {
  const table: Record<string, Json> = Object.create(null);
  const lines = new Map<string, number>();
  cursor.lines.set(table, lines);
  cursor.at += 1;
  if (take(cursor, "}")) return table;
  do {
    skip(cursor);
    if (cursor.text[cursor.at] !== '"') fail(cursor, "a key is expected");
    const { line } = cursor;
    const key = readString(cursor);
    if (lines.has(key)) fail(cursor, `the key ${JSON.stringify(key)} is there twice`);
    lines.set(key, line);
    if (!take(cursor, ":")) fail(cursor, "a colon is expected");
    table[key] = readValue(cursor, depth + 1);
  } while (take(cursor, ","));
  if (!take(cursor, "}")) fail(cursor, 'a comma or "}" is expected');
  return table;
}

function readList(cursor: Cursor, depth: number): Json {
  const list: Json[] = [];
  const lines = new Map<string, number>();
  cursor.lines.set(list, lines);
  cursor.at += 1;
  if (take(cursor, "]")) return list;
  do {
    skip(cursor);
    lines.set(`${list.length}`, cursor.line);
    list.push(readValue(cursor, depth + 1));
  } while (take(cursor, ","));
  if (!take(cursor, "]")) fail(cursor, 'a comma or "]" is expected');
  return list;
}

function readString(cursor: Cursor): string {
  const start = cursor.at;
  for (cursor.at += 1; cursor.text[cursor.at] !== '"'; cursor.at += 1) {
    if (cursor.at >= cursor.text.length) fail(cursor, "a text does not end");
    if (cursor.text[cursor.at] === "\\") cursor.at += 1;
  }
  cursor.at += 1;
  return parsed(cursor, start) as string; // it begins with a quote
}

function readScalar(cursor: Cursor): Json {
  const word = /[\w.+-]*/y;
  word.lastIndex = cursor.at;
  const start = cursor.at;
  cursor.at += word.exec(cursor.text)?.[0].length ?? 0;
  return parsed(cursor, start);
}

function parsed(cursor: Cursor, start: number): Json {
  const word = cursor.text.slice(start, cursor.at);
  try {
    return JSON.parse(word) as Json;
  } catch (error) {
    const why = word === "" ? "a value is expected" : `${JSON.stringify(word.slice(0, 40))} is no value`;
    throw Object.assign(new Unreadable(why, cursor.line), { cause: error });
  }
}
