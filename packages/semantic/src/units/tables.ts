import type { Language } from "web-tree-sitter";
import type { Profile } from "../profile.ts";
import { hashText } from "./digest.ts";
import type { LeafReading } from "./profile.ts";

/** A profile by the ids of its language's nodes, so that a walk over a tree compares numbers and no names. */
export type Tables = {
  named: Uint8Array;
  sort: Int32Array; // stands for the type in a hash: equal for types that mean the same, in all languages
  trivia: Uint8Array;
  parentheses: Uint8Array;
  leaves: readonly (LeafReading | undefined)[];
  tokens: readonly string[]; // the text of an anonymous node; "" of a named one
  tokenWords: Int32Array; // four numbers each: the hash of that text
  names: readonly string[]; // of named nodes; "" of an anonymous one
  /** Made once for each list of names: a set of thousands of types is dearer than a small text. */
  set(names: readonly string[]): Uint8Array;
  alike(name: string, named: number): readonly number[]; // all ids of that name, of nodes that are named (1) or not (0)
  field(name: string): number; // the id of a field; -1: the language has none of this name
  idle(token: number, parent: number): boolean;
};

/**
 * What of the tables is asked of the grammar itself and hashed, by the ids of its nodes and fields: so many calls into a
 * parser that has just begun take a third of its start, so it is kept in `types.json` (scripts/grammars.ts).
 *
 * `sort`    of each type by its name, as `Tables` has it; `words` are its `tokenWords`
 * `fields`  null: no field has this id
 */
export type Types = {
  names: readonly string[];
  named: readonly number[];
  fields: readonly (string | null)[];
  sort: readonly number[];
  words: readonly number[];
};

export function typesOf(language: Language, { syntax }: Profile): Types {
  const ids = [...Array(language.nodeTypeCount).keys()];
  const names = ids.map((id) => language.nodeTypeForId(id) ?? "");
  const named = ids.map((id) => Number(language.nodeTypeIsNamed(id)));
  const sorts = textsHashed(
    names.map((name) => syntax.same[name] ?? name),
    false,
  );
  const tokens = names.map((name, id) => (named[id] === 1 ? "" : name));
  return {
    names,
    named,
    fields: [...language.fields],
    sort: ids.map((id) => sorts[id * 4]!),
    words: [...textsHashed(tokens, true)],
  };
}

export function tablesOf(types: Types, { syntax }: Profile): Tables {
  const count = types.names.length;
  const named = new Uint8Array(types.named);
  const ids = idsByName(types.names);
  const sets = new Map<string, Uint8Array>();
  const set = (names: readonly string[]): Uint8Array => {
    const key = names.join(" ");
    const own = sets.get(key) ?? new Uint8Array(count);
    if (!sets.has(key)) for (const id of names.flatMap((type) => ids.get(type) ?? [])) own[id] = named[id]!;
    sets.set(key, own);
    return own;
  };
  const alike = (type: string, is: number) => (ids.get(type) ?? []).filter((id) => named[id] === is);
  const idle = idlePairs(count, alike, syntax.idle_tokens);
  const fields = new Map(types.fields.map((field, id) => [field, id]));
  const texts = (of: number) => types.names.map((name, id) => (named[id] === of ? name : ""));
  const names = texts(1);
  return {
    named,
    sort: new Int32Array(types.sort),
    trivia: set(syntax.trivia),
    parentheses: set(syntax.parentheses),
    leaves: names.map((name) => syntax.leaves[name]),
    tokens: texts(0),
    tokenWords: new Int32Array(types.words),
    names,
    set,
    alike,
    field: (own) => fields.get(own) ?? -1,
    idle: (token, parent) => idle.has(token * count + parent),
  };
}

/** Four numbers for each text. */
function textsHashed(texts: readonly string[], packed: boolean): Int32Array {
  const out = new Int32Array(texts.length * 4);
  for (const [at, text] of texts.entries()) hashText(out, at * 4, { text, start: 0, end: text.length, packed });
  return out;
}

/** Several may have one name (an alias has one of its own), so that sets go by names, over all ids. */
function idsByName(names: readonly string[]): Map<string, number[]> {
  const ids = new Map<string, number[]>();
  for (let id = 0; id < names.length; id += 1) {
    const own = ids.get(names[id]!);
    if (own === undefined) ids.set(names[id]!, [id]);
    else own.push(id);
  }
  return ids;
}

/** The tokens that mean nothing below a node, as one number for each pair. */
function idlePairs(
  count: number,
  alike: Tables["alike"],
  table: Readonly<Record<string, readonly string[]>>,
): Set<number> {
  const pairs = Object.entries(table).flatMap(([parent, tokens]) =>
    alike(parent, 1).flatMap((above) => tokens.flatMap((token) => alike(token, 0).map((id) => id * count + above))),
  );
  return new Set(pairs);
}
