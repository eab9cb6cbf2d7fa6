import type { Node } from "web-tree-sitter";
import type { Import, Summary } from "../summary.ts";
import { type Facts, type Handlers, type Point, point, textOf } from "./facts.ts";
import type { UnitAt } from "./units.ts";

export type ImportFact = {
  module: string;
  names: Import["names"];
  alias: string | null;
  flags: readonly string[];
  point: Point;
};

export type ExportFacts = { names: string[] | "dynamic" | null; pragmas: Set<string> };

/** One import is one module: what is taken from it by several names is gathered under the node of its module. */
export const importHandlers: Handlers = {
  import: ([, part, ...flags]) => {
    if (part === "module")
      return (facts, node, found) => {
        const alias = found["import.alias"];
        const made = start(facts, [node, found.import!], flags, null);
        if (alias !== undefined) made.alias = textOf(facts, alias);
      };
    if (part === "from") return (facts, node, found) => void start(facts, [node, found.import!], flags, []);
    if (part === "name")
      return (facts, node, found) => {
        const from = start(facts, [found["import.from"]!, found.import!], flags, []);
        const name = textOf(facts, node);
        const alias = found["import.alias"];
        if (Array.isArray(from.names))
          from.names.push({ name, alias: alias === undefined ? name : textOf(facts, alias) });
      };
    if (part === "all")
      return (facts, _node, found) => {
        start(facts, [found["import.from"]!, found.import!], flags, []).names = "*";
      };
    return () => {};
  },
  pragma: () => (facts, node) => facts.exports.pragmas.add(textOf(facts, node)),
  exports:
    ([, part]) =>
    (facts, node) => {
      const { exports } = facts;
      const listed = stringsOf(facts, node);
      const before = part === "set" ? [] : (exports.names ?? []);
      exports.names = listed === null || before === "dynamic" ? "dynamic" : [...before, ...listed];
    },
};

function start(
  facts: Facts,
  [module, whole]: readonly [Node, Node],
  flags: readonly string[],
  names: [] | null,
): ImportFact {
  const known = facts.imports.get(module.id);
  if (known !== undefined) return known;
  const at = point(facts, "import", "", whole);
  const made: ImportFact = { module: textOf(facts, module), names, alias: null, flags, point: at };
  facts.imports.set(module.id, made);
  return made;
}

/** The strings of a list that is written out, or of a sum of such; null: it is not to be read off. */
export function stringsOf(facts: Facts, node: Node): string[] | null {
  const { string_nodes, list_nodes, joined_nodes } = facts.profile;
  if (string_nodes.includes(node.type)) {
    const inside = node.namedChildren.filter((child) => child !== null && /content|fragment/.test(child.type));
    return inside.length === 1 ? [textOf(facts, inside[0]!)] : null;
  }
  if (!list_nodes.includes(node.type) && !joined_nodes.includes(node.type)) return null;
  const parts = node.namedChildren.flatMap((child) =>
    child === null || child.isExtra ? [] : [stringsOf(facts, child)],
  );
  return parts.includes(null) ? null : parts.flatMap((part) => part ?? []);
}

/** All imports, in the order of the text. */
export function importsOf(facts: Facts, unitAt: UnitAt): Summary["imports"] {
  return [...facts.imports.values()]
    .sort((a, b) => a.point.start - b.point.start)
    .map(({ module, names, alias, flags, point: { start, end, at } }): Import => {
      const time = at.types || flags.includes("types") ? "types" : "run";
      return {
        ...{ unit: unitAt(start), span: [start, end], module, names, alias, time },
        ...{ guarded: at.guardedImport, eager: at.eager, exported: flags.includes("exported") },
      };
    });
}
