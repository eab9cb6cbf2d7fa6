import type { Language } from "web-tree-sitter";
import type { Profile } from "../profile.ts";
import { words } from "./digest.ts";
import type { LeafReading } from "./profile.ts";

/** A profile by the ids of its language's nodes, so that a walk over a tree compares numbers and no names. */
export type Tables = {
  named: Uint8Array;
  sort: Int32Array; // stands for the type in a hash: equal for types that mean the same, in all languages
  trivia: Uint8Array;
  parentheses: Uint8Array;
  leaves: readonly (LeafReading | undefined)[];
  tokens: readonly string[]; // the text of an anonymous node; "" of a named one
  names: readonly string[]; // of named nodes; "" of an anonymous one
  set(names: readonly string[]): Uint8Array;
  idle(token: number, parent: number): boolean;
};

export function tablesOf(language: Language, { syntax }: Profile): Tables {
  const count = language.nodeTypeCount;
  const ids = [...Array(count).keys()];
  const name = (id: number) => language.nodeTypeForId(id) ?? "";
  const named = Uint8Array.from(ids, (id) => Number(language.nodeTypeIsNamed(id)));
  // Several ids may have one name (an alias has one of its own), so that sets go by names, over all ids.
  const set = (names: readonly string[]) =>
    Uint8Array.from(ids, (id) => Number(named[id] === 1 && names.includes(name(id))));
  const idle = idlePairs(ids.map(name), named, syntax.idle_tokens);
  return {
    named,
    sort: Int32Array.from(ids, (id) => words(syntax.same[name(id)] ?? name(id))[0]!),
    trivia: set(syntax.trivia),
    parentheses: set(syntax.parentheses),
    leaves: ids.map((id) => (named[id] === 1 ? syntax.leaves[name(id)] : undefined)),
    tokens: ids.map((id) => (named[id] === 1 ? "" : name(id))),
    names: ids.map((id) => (named[id] === 1 ? name(id) : "")),
    set,
    idle: (token, parent) => idle.has(token * count + parent),
  };
}

/** The tokens that mean nothing below a node, as one number for each pair. */
function idlePairs(names: readonly string[], named: Uint8Array, table: Readonly<Record<string, readonly string[]>>) {
  const ids = (name: string, is: number) => [...names.keys()].filter((id) => names[id] === name && named[id] === is);
  const pairs = Object.entries(table).flatMap(([parent, tokens]) =>
    ids(parent, 1).flatMap((above) => tokens.flatMap((token) => ids(token, 0).map((id) => id * names.length + above))),
  );
  return new Set(pairs);
}
