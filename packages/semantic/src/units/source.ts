import { ERROR_TYPE, type FlatTree } from "../flat_tree.ts";
import type { Grammar } from "../grammar.ts";
import type { SyntaxTree } from "../syntax_tree.ts";
import { type Definition, definitionsIn } from "./definitions.ts";
import type { SyntaxProfile, UnitsProfile } from "./profile.ts";
import type { Is } from "./stretch.ts";
import type { Tables } from "./tables.ts";
import { type Tokens, tokensOf } from "./tokens.ts";

/**
 * A text with all that is read in it while its units are made. Nodes are those of the flat tree; -1: there is none. `top`: of
 * what is defined only the name is asked for.
 */
export type Source = {
  top: boolean;
  text: string;
  flat: FlatTree;
  readonly tokens: Tokens;
  definitions: ReadonlyMap<number, Definition>;
  tables: Tables;
  is: Is;
  syntax: SyntaxProfile;
  units: UnitsProfile;
  field(at: number, name: string): number; // the child that is this field
};

export function readSource(grammar: Grammar, tree: SyntaxTree, top = false): Source {
  const { profile, tables } = grammar;
  const { syntax, units } = profile;
  const { flat } = tree;
  let tokens: Tokens | null = null; // of what stands at the top of a text mostly nobody asks
  return {
    top,
    text: flat.text,
    flat,
    get tokens() {
      tokens ??= tokensOf({ flat, tables, syntax });
      return tokens;
    },
    definitions: definitionsIn(grammar.symbols, tree),
    tables,
    is: predicates(flat, tables, units),
    syntax,
    units,
    field: (at, name) => {
      const field = tables.field(name);
      if (field < 0 || at < 0) return -1;
      for (let child = at + 1; child < flat.next[at]!; child = flat.next[child]!)
        if (flat.field[child] === field) return child;
      return -1;
    },
  };
}

function predicates(flat: FlatTree, tables: Tables, units: UnitsProfile): Is {
  const test = (set: Uint8Array) => (at: number) => set[flat.type[at]!] === 1;
  return {
    anonymous: (at) => flat.type[at] !== ERROR_TYPE && tables.named[flat.type[at]!] === 0,
    trivia: test(tables.trivia),
    decorator: test(tables.set(units.decorators)),
    wrapper: test(tables.set(units.wrappers)),
    block: test(tables.set(units.blocks.statements)),
    clause: test(tables.set(units.blocks.clauses)),
    body: test(tables.set(units.bodies)),
    through: test(tables.set(units.through)),
    loose: test(tables.set(units.loose_ends)),
  };
}
