import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from "yaml";
import { DEPTH_MAX, type Lines, Unreadable, VALUES_MAX } from "./unreadable.ts";
import { isList, isTable, type Json } from "./value.ts";

/** `sizes`: how many values there are in a table or list with its aliases followed. */
type Reading = {
  counter: LineCounter;
  anchors: Map<string, Json>;
  sizes: WeakMap<object, number>;
  lines: Lines;
};

/**
 * Reads YAML 1.2 with the line of each entry. An alias stands for the very value that it names, so that a text which would
 * grow without end is counted and refused; so are keys that are there twice, tags, and several documents.
 *
 * @throws Unreadable
 */
export function readYaml(text: string): { value: Json; lines: Lines } {
  const counter = new LineCounter();
  // Its own look for equal keys takes the square of their number; ours is below.
  const asked = { lineCounter: counter, uniqueKeys: false, prettyErrors: false, logLevel: "error" } as const;
  const document = parseDocument(text, asked);
  const [wrong] = [...document.errors, ...document.warnings];
  if (wrong) throw new Unreadable(wrong.message.split("\n")[0] ?? wrong.code, counter.linePos(wrong.pos[0]).line);
  const reading: Reading = { counter, anchors: new Map(), sizes: new WeakMap(), lines: new WeakMap() };
  return { value: readNode(reading, document.contents, 0), lines: reading.lines };
}

const lineOf = ({ counter }: Reading, node: unknown): number | null => {
  const range = (node as Node | null)?.range;
  return range ? counter.linePos(range[0]).line : null;
};

function readNode(reading: Reading, node: unknown, depth: number): Json {
  if (depth > DEPTH_MAX) throw new Unreadable(`it nests deeper than ${DEPTH_MAX} levels`, lineOf(reading, node));
  if (node === null || node === undefined) return null;
  if (isAlias(node)) {
    const meant = reading.anchors.get(node.source);
    if (meant === undefined)
      throw new Unreadable(
        `the alias "*${node.source}" stands in what it names, or names nothing`,
        lineOf(reading, node),
      );
    return meant;
  }
  const value = isMap(node)
    ? tableOf(reading, node, depth)
    : isSeq(node)
      ? listOf(reading, node.items, depth)
      : isScalar(node)
        ? scalarOf(node.value)
        : null;
  const { anchor } = node as { anchor?: string };
  if (anchor) reading.anchors.set(anchor, value);
  return value;
}

const scalarOf = (value: unknown): Json =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;

const sizeOf = ({ sizes }: Reading, value: Json): number =>
  typeof value === "object" && value !== null ? (sizes.get(value) ?? 1) : 1;

/** Notes how many values there are. */
function count(reading: Reading, whole: object, parts: Iterable<Json>, node: unknown): void {
  let size = 1;
  for (const part of parts) size += sizeOf(reading, part);
  if (size > VALUES_MAX)
    throw new Unreadable(`with its aliases it has more than ${VALUES_MAX} values`, lineOf(reading, node));
  reading.sizes.set(whole, size);
}

function listOf(reading: Reading, items: readonly unknown[], depth: number): Json {
  const lines = new Map<string, number>();
  const list = items.map((item, at) => {
    lines.set(`${at}`, lineOf(reading, item) ?? 0);
    return readNode(reading, item, depth + 1);
  });
  reading.lines.set(list, lines);
  count(reading, list, list, items[0]);
  return list;
}

function tableOf(reading: Reading, node: YAMLMap, depth: number): Json {
  const table: Record<string, Json> = Object.create(null);
  const lines = new Map<string, number>();
  reading.lines.set(table, lines);
  const merged: Json[] = [];
  for (const { key, value } of node.items) {
    const name = keyOf(reading, key);
    const line = lineOf(reading, key) ?? 0;
    if (lines.has(name)) throw new Unreadable(`the key ${JSON.stringify(name)} is there twice`, line);
    lines.set(name, line);
    const read = readNode(reading, value, depth + 1);
    if (name === "<<") merged.push(...(isList(read) ? read : [read]));
    else
      table[name] = name === "version" && isScalar(value) && typeof read === "number" ? (value.source ?? read) : read;
  }
  // What is merged in holds where nothing else is said, the first of several before the others.
  for (const more of merged) {
    if (!isTable(more)) throw new Unreadable('"<<" merges what is no table', lineOf(reading, node));
    for (const [name, value] of Object.entries(more)) if (!(name in table)) table[name] = value;
  }
  count(reading, table, Object.values(table), node);
  return table;
}

/** Status codes are written as numbers. */
function keyOf(reading: Reading, key: unknown): string {
  if (isScalar(key) && key.value !== null && !key.anchor) return key.source ?? String(key.value);
  throw new Unreadable("a key is no plain text", lineOf(reading, key));
}
