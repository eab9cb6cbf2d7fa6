import type { Binding, Origin } from "../summary.ts";
import type { SyntaxNode } from "../syntax_tree.ts";
import { NAMELESS } from "../unit.ts";
import { type Facts, type Found, type Handlers, type Item, point, textOf } from "./facts.ts";
import type { Context } from "./scope.ts";

/** `defined`: the names of functions and classes, by their nodes. */
export type NameFacts = {
  byId: Map<number, Name>;
  defined: Map<number, string>;
  links: Map<number, Link>; // by what is inside: the object whose member is read
  written: Set<number>; // members that are set, not read
  roots: Map<number, Name>; // by the node in which the dots behind a name end
  origins: Map<string, Origin>; // what imports bind in the module's scope
};

/**
 * An identifier, and what it does. `members` and `last`: the dots behind it, and the node in which they end; `set`: the last
 * member, where it is set and not read.
 */
export type Name = Item & {
  id: number;
  text: string;
  role: Role;
  bind: Bind | null;
  at: Context;
  members: readonly string[];
  set: string | null;
  last: number;
};
/** `type`: a name that is read for types alone; `target`: one in a pattern, which may bind it. */
export type Role = "name" | "type" | "label" | "target" | "read" | "receiver" | "bind" | "global" | "nonlocal";

/** How a name is bound. `value` and `annotation`: where they are, when there is one name for it. */
export type Bind = {
  kind: Binding["kind"] | "parameter" | "type_parameter" | "deleted";
  flags: readonly string[];
  value: SyntaxNode | null;
  annotation: SyntaxNode | null;
  from: Origin | null;
  definition: number | null; // the node of the function or the class
};

/** One step of a dotted name. `member` null: a node that changes nothing of what is inside. */
export type Link = { id: number; member: string | null };

/** What an identifier is held to be when several patterns found it: what says more counts. */
const STRENGTH: Record<Role, number> = {
  ...{ name: 0, type: 0, target: 1, receiver: 1, label: 2, read: 3, bind: 4, global: 7, nonlocal: 7 },
};
const STRONGER = new Map<string, number>([
  ["parameter", 2],
  ["import", 2],
  ["type_parameter", 2],
  ["deleted", 1],
]);

export const nameHandlers: Handlers = {
  name: ([, types]) => {
    const role = types === undefined ? "name" : "type";
    return (facts, node) => claim(facts, node, role, null);
  },
  target: () => (facts, node) => claim(facts, node, "target", null),
  label: () => (facts, node) => claim(facts, node, "label", null),
  read:
    ([, part]) =>
    (facts, node, found) => {
      if (part === "path") path(facts, node, found.read!);
      else claim(facts, node, "read", null);
    },
  receiver: () => (facts, node) => claim(facts, node, "receiver", null),
  global: () => (facts, node) => claim(facts, node, "global", null),
  nonlocal: () => (facts, node) => claim(facts, node, "nonlocal", null),
  bind: ([, kind, ...flags]) =>
    kind === "value" || kind === "annotation"
      ? () => {} // it goes with the name in its match
      : (facts, node, found) =>
          claim(facts, node, "bind", { kind: kind as Bind["kind"], flags, ...boundBy(facts, node, found) }),
  chain: ([, part]) => {
    if (part === "object" || part === undefined) return () => {};
    return (facts, node, found) => {
      const whole = part === "member" ? found.chain! : node;
      const member = part === "member" ? textOf(facts, node) : null;
      facts.names.links.set(found["chain.object"]!.id, { id: whole.id, member });
    };
  },
  definition: () => () => {},
  write: () => (facts, node) => facts.names.written.add(node.id),
  string: () => (facts, node) => {
    if (node.endIndex - node.startIndex <= STRING_MAX) point(facts, "string", "", node);
  },
};

/** A dotted path that is longer is none. */
const STRING_MAX = 200;

function boundBy(facts: Facts, node: SyntaxNode, found: Found): Omit<Bind, "kind" | "flags"> {
  const { "bind.value": value = null, "bind.annotation": annotation = null, definition } = found;
  if (definition !== undefined) facts.names.defined.set(definition.id, textOf(facts, node));
  return { value, annotation, from: originOf(facts, node, found), definition: definition?.id ?? null };
}

/** Without another name, what is bound is the first part of a module's own. */
function originOf(facts: Facts, node: SyntaxNode, found: Found): Origin | null {
  const { "import.module": module, "import.from": from, "import.name": name, "import.alias": alias } = found;
  if (from !== undefined && found["import.default"] !== undefined)
    return { module: textOf(facts, from), name: NAMELESS };
  if (module !== undefined) return { module: textOf(facts, alias === undefined ? node : module), name: null };
  return from === undefined ? null : { module: textOf(facts, from), name: textOf(facts, name ?? node) };
}

function claim(facts: Facts, node: SyntaxNode, role: Role, bind: Bind | null): void {
  const rank = STRENGTH[role] + (bind === null ? 0 : (STRONGER.get(bind.kind) ?? 0));
  const known = facts.names.byId.get(node.id);
  if (known === undefined) {
    facts.names.byId.set(node.id, nameAt(facts, node, role, bind));
    return;
  }
  const before = STRENGTH[known.role] + (known.bind === null ? 0 : (STRONGER.get(known.bind.kind) ?? 0));
  if (known.bind !== null && bind !== null)
    known.bind.flags = bind.flags = [...new Set([...known.bind.flags, ...bind.flags])];
  if (before > rank) return;
  if (known.bind !== null && bind !== null && before === rank) {
    bind.value ??= known.bind.value;
    bind.annotation ??= known.bind.annotation;
    bind.from ??= known.bind.from;
    bind.definition ??= known.bind.definition;
  }
  known.role = role;
  known.bind = bind;
}

function nameAt(facts: Facts, node: SyntaxNode, role: Role, bind: Bind | null): Name {
  const start = node.startIndex;
  const end = node.endIndex;
  const written = facts.text.slice(start, end);
  const text = bind?.flags.includes("path") ? nameOfPath(written, facts.profile.path_ends) : written;
  return {
    start,
    end,
    rank: 9,
    id: node.id,
    text,
    role,
    bind,
    at: null as never,
    members: [],
    set: null,
    last: node.id,
  };
}

/** What a module that is named by its path is called: its last part, without what is there for a version. */
const nameOfPath = (path: string, ends: readonly string[]): string =>
  ends.reduce((left, end) => left.replace(new RegExp(`(?:${end})$`), ""), path).replace(/^.*\//, "");

/** The members that are written behind a name in one node with it. */
function path(facts: Facts, whole: SyntaxNode, first: SyntaxNode): void {
  claim(facts, first, "read", null);
  const name = facts.names.byId.get(first.id)!;
  name.members = textOf(facts, whole)
    .split(".")
    .slice(1)
    .map((part) => part.trim());
  name.last = whole.id;
}

/** Follows the dots behind every name that may be read, to the node in which they end. */
export function followDots(facts: Facts): void {
  for (const name of facts.names.byId.values()) {
    if (name.role === "label" || name.role === "bind") continue;
    if (facts.names.links.has(name.last)) {
      const steps = dots(facts, name.last);
      name.members = [...name.members, ...steps.members];
      name.last = steps.last;
      name.set = steps.set;
    }
    facts.names.roots.set(name.last, name);
    const call = facts.calls.byCallee.get(name.last);
    if (call !== undefined) call.root = name;
  }
}

/** The members that are read of a node, one of the other; the last is left out where it is set. */
export function dots(facts: Facts, from: number): { members: string[]; last: number; set: string | null } {
  const members: string[] = [];
  let last = from;
  for (let link = facts.names.links.get(last); link !== undefined; link = facts.names.links.get(last)) {
    if (link.member !== null) members.push(link.member);
    last = link.id;
  }
  const set = facts.names.written.has(last) ? (members.pop() ?? null) : null;
  return { members, last, set };
}
