import type { ClassShape, Member } from "../class_shape.ts";
import { constantOf, memberKind } from "./bindings.ts";
import { type Facts, type Handlers, point, textOf } from "./facts.ts";
import { stringsOf } from "./imports.ts";
import { canonical, classAround } from "./reads.ts";
import { type Bound, find, type Scope } from "./scope.ts";
import type { Swept } from "./sweep.ts";
import type { UnitAt } from "./units.ts";

export type ClassFacts = {
  byId: Map<number, ClassFact>;
  own: { receiver: number; name: string }[];
};
export type ClassFact = {
  id: number;
  bases: { id: number; text: string; start: number }[];
  unknownBase: boolean;
  keywords: { name: string; value: string }[];
  kind: ClassShape["kind"] | null; // as the syntax says it
  slots: readonly string[] | null;
  open: string | null;
};

export const classHandlers: Handlers = {
  class: ([, part, kind]) => {
    if (part === "base")
      return (facts, node, found) => {
        const { bases } = factOf(facts, found.class!.id);
        const text = textOf(facts, node).replace(/\s+/g, "");
        if (!bases.some(({ id }) => id === node.id)) bases.push({ id: node.id, text, start: node.startIndex });
      };
    if (part === "unknown_base")
      return (facts, _node, found) => {
        factOf(facts, found.class!.id).unknownBase = true;
      };
    if (part === "keyword")
      return (facts, node, found) => {
        const value = textOf(facts, found["class.keyword_value"]!);
        factOf(facts, found.class!.id).keywords.push({ name: textOf(facts, node), value });
      };
    if (part === "kind")
      return (facts, node) => {
        factOf(facts, node.id).kind = kind as ClassShape["kind"];
      };
    if (part === "slots") return (facts, node) => void point(facts, "slots", "", node);
    if (part === "open") return (facts, node) => void point(facts, "class_open", kind!, node);
    return () => {};
  },
  open:
    ([, why]) =>
    (facts, node) =>
      void point(facts, "open", why!, node),
  own: ([, part]) =>
    part === "receiver"
      ? () => {}
      : part === "parameter"
        ? (facts, node) => void point(facts, "own", textOf(facts, node), node)
        : (facts, node, found) =>
            void facts.classes.own.push({ receiver: found["own.receiver"]!.id, name: textOf(facts, node) }),
};

function factOf(facts: Facts, id: number): ClassFact {
  const known = facts.classes.byId.get(id);
  if (known !== undefined) return known;
  const made: ClassFact = { id, bases: [], unknownBase: false, keywords: [], kind: null, slots: null, open: null };
  facts.classes.byId.set(id, made);
  return made;
}

/** Notes what points say of the class they stand in. What says it of the module is the answer: why it is open, or null. */
export function openings(facts: Facts, { points }: Swept): string | null {
  let module: string | null = null;
  for (const { kind, detail, at, node } of points) {
    if (kind !== "slots" && kind !== "open" && kind !== "class_open") continue;
    const around = kind === "class_open" ? classOver(at.scope) : at.scope.kind === "class" ? at.scope : null;
    if (around !== null) {
      const fact = factOf(facts, around.id);
      if (kind === "slots") fact.slots = stringsOf(facts, node) ?? fact.slots;
      else fact.open ??= facts.profile.open[detail] ?? detail;
    } else if (kind === "open") module ??= facts.profile.open[detail] ?? detail;
  }
  return module;
}

function classOver(scope: Scope): Scope | null {
  let at: Scope | null = scope;
  while (at !== null && at.kind !== "class") at = at.parent;
  return at;
}

/** Every class of the text, in its order. */
export function classesOf(facts: Facts, swept: Swept, unitAt: UnitAt): ClassShape[] {
  const own = ownMembers(facts, swept);
  const shapes: ClassShape[] = [];
  for (const { bind, at, start, end } of swept.names) {
    const scope = bind?.definition == null ? undefined : swept.classes.get(bind.definition);
    if (scope === undefined || bind === null || at.scope === scope) continue;
    const fact = factOf(facts, scope.id);
    const kind = kindOf(facts, fact, scope);
    shapes.push({
      ...{ unit: unitAt(start), span: [start, end], name: scope.path, kind, slots: fact.slots },
      bases: fact.bases.sort((a, b) => a.start - b.start).map(({ text }) => text),
      members: membersOf(facts, swept, { scope, kind, own: own.get(scope.id) ?? new Set() }),
      fields: kind === "generated" ? fieldsOf(facts, scope, saysOf(facts, fact.id)) : [],
      open: whyOpen(facts, fact),
      remade: whyRemade(facts, fact),
    });
  }
  return shapes;
}

/** What methods set on what they are called on, by class. */
function ownMembers(facts: Facts, { points }: Swept): Map<number, Set<string>> {
  const found = new Map<number, Set<string>>();
  const add = (scope: Scope | null, name: string): void => {
    if (scope !== null) found.set(scope.id, (found.get(scope.id) ?? new Set()).add(name));
  };
  for (const { kind, detail, at } of points) if (kind === "own") add(classOver(at.scope), detail);
  for (const { receiver, name } of facts.classes.own) {
    const known = facts.names.byId.get(receiver);
    if (known?.role === "receiver") add(classAround(known.at.scope), name);
    else if (known !== undefined) add(find(known.at.scope, known.text, false)?.bound.receiver ?? null, name);
  }
  return found;
}

function kindOf(facts: Facts, fact: ClassFact, scope: Scope): ClassShape["kind"] {
  if (fact.kind !== null) return fact.kind;
  const { class_decorators, class_bases, class_keywords, fields } = facts.profile;
  for (const { name } of facts.calls.decorated.get(scope.id) ?? []) {
    const kind = class_decorators[nameOf(facts, name)];
    if (kind) return says(saysOf(facts, scope.id), fields.none) ? "plain" : kind;
  }
  for (const { id } of fact.bases) {
    const kind = class_bases[nameOf(facts, id)];
    if (kind !== undefined) return kind;
  }
  for (const { name, value } of fact.keywords) {
    const kind = class_keywords[name]?.[value];
    if (kind) return kind;
  }
  return "plain";
}

const nameOf = (facts: Facts, node: number): string => {
  const root = facts.names.roots.get(node);
  return root === undefined ? "" : canonical(facts, { name: root.text, members: root.members, from: null });
};

/** What its decorators are given, without blanks. */
function saysOf(facts: Facts, definition: number): string {
  const made = (facts.calls.decorated.get(definition) ?? []).flatMap(
    ({ name }) => facts.calls.byCallee.get(name) ?? [],
  );
  return made.map(({ start, end }) => facts.text.slice(start, end).replace(/\s+/g, "")).join();
}

const says = (text: string, some: readonly string[]): boolean => some.some((one) => text.includes(one));

function whyOpen(facts: Facts, fact: ClassFact): string | null {
  if (fact.open !== null) return fact.open;
  return fact.unknownBase ? "one of its bases is computed" : whyRemade(facts, fact);
}

function whyRemade(facts: Facts, fact: ClassFact): string | null {
  const { class_decorators, class_keywords } = facts.profile;
  const decorator = (facts.calls.decorated.get(fact.id) ?? []).find(
    ({ name }) => class_decorators[nameOf(facts, name)] === undefined,
  );
  if (decorator !== undefined) return `it is decorated by ${decorator.text}`;
  const keyword = fact.keywords.find(({ name, value }) => class_keywords[name]?.[value] === undefined);
  return keyword === undefined ? null : `its head says ${keyword.name}=${keyword.value}`;
}

type Body = { scope: Scope; kind: ClassShape["kind"]; own: Set<string> };

function membersOf(facts: Facts, swept: Swept, { scope, kind, own }: Body): Member[] {
  const members: Member[] = [];
  for (const [name, bound] of scope.names) {
    if (bound.bind.kind === "deleted") continue;
    const { bind } = bound;
    const value = bind.value === null ? null : constantOf(facts, swept.names, bind.value);
    const { flags } = bind;
    const access = flags.includes("private") ? "class" : flags.includes("protected") ? "heirs" : "all";
    members.push({ name, ...memberOf(facts, bound, kind), access, value });
  }
  for (const name of own)
    if (!scope.names.has(name)) members.push({ name, kind: "own", abstract: false, access: "all", value: null });
  return members;
}

function memberOf(facts: Facts, { bind }: Bound, kind: ClassShape["kind"]): Pick<Member, "kind" | "abstract"> {
  const abstract = bind.flags.includes("abstract") && !bind.flags.includes("optional");
  const said = (["static", "property", "member", "own"] as const).find((one) => bind.flags.includes(one));
  if (said !== undefined) return { kind: said, abstract };
  if (bind.kind !== "function")
    return {
      kind: kind === "enum" && bind.kind === "variable" && bind.annotation === null ? "member" : "field",
      abstract,
    };
  const made = (facts.calls.decorated.get(bind.definition ?? -1) ?? []).map(({ text }) => memberKind(facts, text));
  return {
    kind: made.find((one) => one?.kind !== undefined)?.kind ?? "method",
    abstract: abstract || made.some((one) => one?.abstract === true),
  };
}

/** What a generated constructor takes, in the order of the class. */
function fieldsOf(facts: Facts, scope: Scope, made: string): ClassShape["fields"] {
  const { not, makers, given, hidden, named: by_names, from } = facts.profile.fields;
  const fields: { name: string; optional: boolean; by_name: boolean }[] = [];
  let by_name = says(made, by_names);
  for (const [name, { bind }] of scope.names) {
    if (bind.kind !== "variable" || bind.annotation === null) continue;
    const head = /^["']?([\w.]*)/.exec(textOf(facts, bind.annotation))?.[1] ?? "";
    const type = head.slice(head.lastIndexOf(".") + 1);
    by_name ||= from.includes(type);
    if (not.includes(type) || from.includes(type)) continue;
    const call = bind.value === null ? undefined : facts.calls.byId.get(bind.value.id);
    const maker = call?.root?.text === undefined ? null : [call.root.text, ...call.root.members].at(-1)!;
    if (call === undefined || maker === null || !makers.includes(maker)) {
      fields.push({ name, optional: bind.value !== null, by_name });
      continue;
    }
    const said = textOf(facts, bind.value!).replace(/\s+/g, "");
    if (says(said, hidden)) continue;
    const named = facts.calls.arguments.get(call.arguments)?.named ?? [];
    const optional = named.some(({ text }) => given.includes(text));
    fields.push({ name, optional, by_name: by_name || says(said, by_names) });
  }
  return fields;
}
