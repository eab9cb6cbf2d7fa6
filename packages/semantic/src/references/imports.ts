import type { Export, Import, Summary } from "../summary.ts";
import type { SyntaxNode } from "../syntax_tree.ts";
import { NAMELESS } from "../unit.ts";
import { type Facts, type Found, type Handler, type Handlers, type Point, point, textOf } from "./facts.ts";
import type { UnitAt } from "./units.ts";

/** By the node of the module: those that bind a module, and those that take parts of it. */
export type ImportFacts = {
  modules: Map<number, ImportFact>;
  parts: Map<number, ImportFact>;
  flags: Map<number, string[]>;
};
type ImportFact = { id: number; module: string; alias: string | null; taken: Taken[] | "*" | null; point: Point };
type Taken = { name: string; alias: string; start: number };

/** `names`: as a list says it; `listed`: as single exports do. Both are there when it was read to the end. */
export type ExportFacts = { names: string[] | "dynamic" | null; listed: Export[]; pragmas: Set<string> };

/** One import is one module: what is taken from it by several names is gathered under the node of its module. */
export const importHandlers: Handlers = {
  import: ([, part]) => {
    if (part === "module") return bindModule;
    if (part === "from") return (facts, node, found) => void partsOf(facts, node, found);
    if (part === "name" || part === "default")
      return (facts, node, found) => {
        const { taken } = partsOf(facts, found["import.from"]!, found);
        const name = part === "name" ? unquoted(textOf(facts, node)) : NAMELESS;
        const alias = found["import.alias"] ?? node;
        const start = node.startIndex;
        if (Array.isArray(taken)) taken.push({ name, alias: unquoted(textOf(facts, alias)), start });
      };
    if (part === "all")
      return (facts, _node, found) => {
        partsOf(facts, found["import.from"]!, found).taken = "*";
      };
    if (part === "exported" || part === "types" || part === "lazy")
      return (facts, node) => {
        const known = facts.imports.flags.get(node.id) ?? [];
        facts.imports.flags.set(node.id, [...known, part]);
      };
    return () => {};
  },
  pragma: () => (facts, node) => facts.exports.pragmas.add(textOf(facts, node)),
  exports: ([, part]) => exportHandler(part!),
};

function exportHandler(part: string): Handler {
  if (part === "of") return () => {}; // it goes with the name in its match
  if (part === "name" || part === "nameless")
    return (facts, node, found) => {
      const name = unquoted(textOf(facts, node));
      const own = found["exports.of"];
      const of = part === "nameless" ? null : own === undefined ? name : textOf(facts, own);
      facts.exports.listed.push({ name, of, span: [node.startIndex, node.endIndex] });
    };
  if (part === "dynamic")
    return ({ exports }) => {
      exports.names = "dynamic";
    };
  return (facts, node) => {
    const { exports } = facts;
    const listed = stringsOf(facts, node);
    const before = part === "set" ? [] : (exports.names ?? []);
    exports.names = listed === null || before === "dynamic" ? "dynamic" : [...before, ...listed];
  };
}

const unquoted = (text: string): string => text.replace(/^(["'])(.*)\1$/s, "$2");

const bindModule: Handler = (facts, module, found) => {
  const made = importOf(facts, facts.imports.modules, module, found);
  const alias = found["import.alias"];
  if (alias !== undefined) made.alias = textOf(facts, alias);
};

function partsOf(facts: Facts, module: SyntaxNode, found: Found): ImportFact {
  const made = importOf(facts, facts.imports.parts, module, found);
  made.taken ??= [];
  return made;
}

function importOf(facts: Facts, known: ImportFacts["modules"], module: SyntaxNode, found: Found): ImportFact {
  const before = known.get(module.id);
  if (before !== undefined) return before;
  const at = point(facts, "import", "", found.import!);
  const made = { id: module.id, module: textOf(facts, module), alias: null, taken: null, point: at };
  known.set(module.id, made);
  return made;
}

/** The strings of a list that is written out, or of a sum of such; null: it is not to be read off. */
export function stringsOf(facts: Facts, node: SyntaxNode): string[] | null {
  const { string_nodes, string_parts, list_nodes, joined_nodes } = facts.profile;
  if (string_nodes.includes(node.type)) {
    const inside = node.namedChildren.filter((child) => string_parts.includes(child.type));
    return inside.length === 1 ? [textOf(facts, inside[0]!)] : null;
  }
  if (!list_nodes.includes(node.type) && !joined_nodes.includes(node.type)) return null;
  const parts = node.namedChildren.flatMap((child) => (child.isExtra ? [] : [stringsOf(facts, child)]));
  return parts.includes(null) ? null : parts.flatMap((part) => part ?? []);
}

/** All imports, in the order of the text. What binds a module and takes no part of it is no second import. */
export function importsOf({ imports: { modules, parts, flags } }: Facts, unitAt: UnitAt): Summary["imports"] {
  const some = [...parts.values()].filter(({ id, taken }) => taken?.length !== 0 || !modules.has(id));
  return [...modules.values(), ...some]
    .sort((a, b) => a.point.start - b.point.start)
    .map(({ id, module, taken, alias, point: { start, end, at } }): Import => {
      const said = flags.get(id) ?? [];
      const names = Array.isArray(taken) ? inOrder(taken) : taken;
      return {
        ...{ unit: unitAt(start), span: [start, end], module, names, alias },
        ...{ time: at.types || said.includes("types") ? "types" : "run", guarded: at.guardedImport },
        ...{ eager: at.eager && !said.includes("lazy"), exported: said.includes("exported") },
      };
    });
}

const inOrder = (taken: readonly Taken[]): { name: string; alias: string }[] =>
  taken.toSorted((a, b) => a.start - b.start).map(({ name, alias }) => ({ name, alias }));

/** What it says it gives away: a list, or single exports; "dynamic": not to be read off; null: it says nothing. */
export function exportsOf({ exports: { names, listed } }: Facts): Summary["exports"] {
  if (names === "dynamic" || (names === null && listed.length === 0)) return names as "dynamic" | null;
  const found = new Map<string, Export>();
  for (const name of names ?? []) found.set(name, { name, of: name, span: [0, 0] });
  for (const one of listed) {
    const known = found.get(one.name);
    if (known === undefined || known.of === null) found.set(one.name, one);
  }
  return [...found.values()];
}
