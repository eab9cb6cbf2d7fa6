import type { Fault } from "../summary.ts";
import type { SyntaxNode } from "../syntax_tree.ts";
import { type Facts, type Handlers, point, textOf } from "./facts.ts";
import { bodyOf, homeOf, type Scope } from "./scope.ts";
import type { Swept } from "./sweep.ts";

/** Statements by the block they are in, clauses by the statement they belong to. */
export type LayoutFacts = {
  blocks: Map<number, SyntaxNode[]>;
  clauses: { node: SyntaxNode; of: SyntaxNode }[];
  entries: Map<number, SyntaxNode[]>; // the keys of a table; what is no key stands for a break between them
  comments: Set<number>;
  leading: Set<number>;
  docs: Set<number>;
  breaks: Set<number>;
  faults: { code: string; start: number }[];
};

/** What a grammar takes and its language does not: where statements stand, and what they stand in. */
export const layoutHandlers: Handlers = {
  fault:
    ([, code]) =>
    (facts, node) =>
      void point(facts, "fault", code!, node),
  within:
    ([, what]) =>
    (facts, node) =>
      void point(facts, "within", what!, node),
  parameters:
    ([, what]) =>
    (facts, node) =>
      void point(facts, "parameters", what!, node),
  statement: () => (facts, node, found) => {
    const block = found.block!;
    const known = facts.layout.blocks.get(block.id);
    if (known === undefined) facts.layout.blocks.set(block.id, [node]);
    else known.push(node);
  },
  block: () => () => {},
  comment: () => (facts, node) => void facts.layout.comments.add(node.id),
  leading:
    ([, part]) =>
    (facts, node) =>
      void (part === "doc" ? facts.layout.docs : facts.layout.leading).add(node.id),
  filled: () => (facts, node) => {
    if (node.startIndex === node.endIndex) facts.layout.faults.push({ code: "empty_block", start: node.startIndex });
  },
  entry: ([, part]) => {
    if (part === "of") return () => {};
    return (facts, node, found) => {
      const table = found["entry.of"]!.id;
      const known = facts.layout.entries.get(table);
      if (known === undefined) facts.layout.entries.set(table, [node]);
      else known.push(node);
      if (part === "break") facts.layout.breaks.add(node.id);
    };
  },
  clause:
    ([, part]) =>
    (facts, node, found) => {
      if (part === undefined) facts.layout.clauses.push({ node, of: found["clause.of"]! });
    },
};

/** All faults of these kinds, in the order of the text. */
export function faultsOf(facts: Facts, swept: Swept): Fault[] {
  const faults: Fault[] = [];
  const tell = (code: string, start: number, end: number): void => {
    const known = facts.profile.faults[code];
    if (known === undefined) return; // it is none in this language
    const { pragma } = known;
    const under = pragma !== undefined && facts.exports.pragmas.has(pragma.name);
    faults.push({ code: under ? pragma.code : code, span: [start, end], message: known.message });
  };
  for (const { code, start } of facts.layout.faults) tell(code, start, start);
  pointFaults(swept, tell);
  indentFaults(facts, tell);
  orderFaults(facts, tell);
  argumentFaults(facts, tell);
  entryFaults(facts, tell);
  bindingFaults(swept, tell);
  nameFaults(swept, tell);
  return faults.sort((a, b) => a.span[0] - b.span[0]);
}

type Tell = (code: string, start: number, end: number) => void;

function pointFaults({ points }: Swept, tell: Tell): void {
  for (const { kind, detail, at, start, end } of points) {
    if (kind === "fault") tell(detail, start, end);
    if (kind !== "within") continue;
    const body = bodyOf(at.scope);
    const inside = {
      function: body.kind === "function",
      async: at.scope.flags.includes("lazy") || (body.kind === "function" && body.flags.includes("async")),
      asynchronous: body.kind === "module" || (body.kind === "function" && body.flags.includes("async")),
      loop: at.loop,
      breakable: at.breakable,
      module: at.scope.kind === "module",
    }[detail];
    if (inside === false) tell(`outside_${detail}`, start, end);
  }
}

/** Statements of one block that begin their lines begin them in one column, and so do the clauses of one statement. */
function indentFaults(facts: Facts, tell: Tell): void {
  const { blocks, comments, clauses } = facts.layout;
  if (facts.profile.faults.uneven_indent === undefined) return;
  for (const statements of blocks.values()) {
    const lined = statements.filter((node) => !comments.has(node.id) && beginsLine(facts.text, node.startIndex));
    const column = lined[0] && columnOf(facts.text, lined[0]);
    for (const node of lined)
      if (columnOf(facts.text, node) !== column) tell("uneven_indent", node.startIndex, node.endIndex);
  }
  for (const { node, of } of clauses)
    if (beginsLine(facts.text, node.startIndex) && columnOf(facts.text, node) !== columnOf(facts.text, of))
      tell("uneven_indent", node.startIndex, node.endIndex);
}

/** A byte order mark is in front of the first line, and not in it. */
const columnOf = (text: string, { column, startIndex }: SyntaxNode): number =>
  startIndex === column && text.startsWith("\uFEFF") ? column - 1 : column;

function beginsLine(text: string, offset: number): boolean {
  let at = offset - 1;
  while (at >= 0 && (text[at] === " " || text[at] === "\t" || text[at] === "\f" || text[at] === "\uFEFF")) at--;
  return at < 0 || text[at] === "\n" || text[at] === "\r";
}

/** What has to stand first stands behind its own kind, comments and the doc alone. */
function orderFaults(facts: Facts, tell: Tell): void {
  const { leading, docs, blocks, comments } = facts.layout;
  if (leading.size === 0) return;
  for (const statements of blocks.values()) {
    if (!statements.some(({ id }) => leading.has(id))) continue;
    let late = false;
    for (const { id, startIndex, endIndex } of statements) {
      if (leading.has(id) && late) tell("not_first", startIndex, endIndex);
      late ||= !leading.has(id) && !docs.has(id) && !comments.has(id);
    }
  }
}

function argumentFaults(facts: Facts, tell: Tell): void {
  for (const { placed, named } of facts.calls.arguments.values()) {
    const seen = new Set<string>();
    for (const { text, start } of named) {
      if (text !== "" && seen.has(text)) tell("repeated_argument", start, start + text.length);
      seen.add(text);
    }
    const first = named[0]?.start ?? Number.POSITIVE_INFINITY;
    for (const { start } of placed) if (start > first) tell("placed_after_named", start, start + 1);
  }
}

function entryFaults(facts: Facts, tell: Tell): void {
  if (facts.profile.faults.repeated_key === undefined) return;
  const { entries, breaks } = facts.layout;
  for (const keys of entries.values()) {
    const seen = new Set<string>();
    for (const node of keys.sort((a, b) => a.startIndex - b.startIndex)) {
      if (breaks.has(node.id)) seen.clear();
      const text = textOf(facts, node).replace(/^["']|["']$/g, "");
      if (seen.has(text) && !breaks.has(node.id)) tell("repeated_key", node.startIndex, node.endIndex);
      seen.add(text);
    }
  }
}

/** What is bound lexically is bound once in its scope: nothing else there may bind it, but what is for types alone. */
function bindingFaults({ names }: Swept, tell: Tell): void {
  const first = new Map<Scope, Map<string, boolean>>();
  for (const { bind, at, text, start, end } of names) {
    if (bind === null || !VALUES.has(bind.kind) || at.types || bind.flags.some((flag) => MERGING.has(flag))) continue;
    const home = homeOf(at.scope, text, bind);
    if (home === null || home.kind === "class") continue;
    const known = first.get(home) ?? new Map<string, boolean>();
    const lexical = bind.flags.includes("lexical");
    const before = known.get(text);
    const again = before !== undefined && (before || lexical);
    if (again || passesLexical(at.scope, home, text)) tell("repeated_binding", start, end);
    first.set(home, known.set(text, lexical || before === true));
  }
}

/** Whether what goes from a block to the function around it goes by a lexical binding of its name. */
function passesLexical(from: Scope, home: Scope, name: string): boolean {
  for (let at: Scope | null = from; at !== null && at !== home; at = at.parent)
    if (at.names.get(name)?.bind.flags.includes("lexical")) return true;
  return false;
}

const VALUES = new Set(["variable", "function", "class", "import", "parameter"]);
const MERGING = new Set(["merging", "types"]);

function nameFaults({ names, points }: Swept, tell: Tell): void {
  const parameters = new Map<Scope, Set<string>>();
  const defaulted = new Set<Scope>();
  const free = new Set<Scope>(); // what is given by name needs no order
  const ends = points.filter(({ kind }) => kind === "parameters");
  let passed = 0;
  for (const { role, bind, text, at, start, end } of names) {
    for (; passed < ends.length && ends[passed]!.start < start; passed++) free.add(ends[passed]!.at.scope);
    const elsewhere = at.scope.elsewhere.get(text);
    if (role !== "label" && role !== "global" && role !== "nonlocal" && elsewhere !== undefined)
      if (elsewhere.start > start) tell("used_before_declared", elsewhere.start, elsewhere.start + text.length);
    if (role === "nonlocal" && !declares(at.scope, text)) tell("nonlocal_unknown", start, end);
    if (bind?.kind !== "parameter") continue;
    const { scope } = at;
    const known = parameters.get(scope) ?? new Set();
    if (known.has(text)) tell("repeated_parameter", start, end);
    parameters.set(scope, known.add(text));
    if (bind.flags.includes("rest")) free.add(scope);
    else if (bind.flags.includes("optional")) defaulted.add(scope);
    else if (defaulted.has(scope) && !free.has(scope)) tell("required_after_optional", start, end);
  }
}

/** Whether a function around has a name of its own. */
function declares(scope: Scope, name: string): boolean {
  for (let at = scope.parent; at !== null; at = at.parent)
    if (at.kind === "function" && at.names.has(name)) return true;
  return false;
}
