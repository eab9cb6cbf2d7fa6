import type { Binding } from "../summary.ts";
import type { SyntaxNode } from "../syntax_tree.ts";
import type { Unit } from "../unit.ts";
import { type Facts, textOf } from "./facts.ts";
import type { Bind, Name } from "./names.ts";
import { beyondTypes, homeOf, outermost, type Scope } from "./scope.ts";
import type { Swept } from "./sweep.ts";

/** Puts every name that is bound into the scope it is bound in, once all declarations that send it elsewhere are known. */
export function bindNames(facts: Facts, { names }: Swept): void {
  for (const { role, text, start, at } of names)
    if (role === "global" || role === "nonlocal")
      at.scope.elsewhere.set(text, { to: role === "global" ? "module" : "function", start });
  for (const name of names) {
    const { targets } = name.at;
    if (name.role === "target" && targets !== null) {
      name.role = "bind";
      name.bind = { ...targets, value: null, annotation: null, from: null, definition: null };
    }
    if (name.bind !== null) bindName(facts, name, name.bind);
  }
}

function bindName(facts: Facts, name: Name, bind: Bind): void {
  const { scope } = name.at;
  const home = homeOf(bind.flags.includes("outer") ? (scope.around?.scope ?? scope) : scope, name.text, bind);
  if (home === null) return;
  if (bind.kind === "parameter") home.parameters.push(name);
  const known = home.names.get(name.text);
  const receiver = bind.kind === "parameter" ? classOf(facts, home, name) : (known?.receiver ?? null);
  home.names.set(name.text, { name, bind, count: (known?.count ?? 0) + 1, receiver });
}

/** The class of which a method's first parameter is one; null: it is none. */
function classOf(facts: Facts, method: Scope, { bind }: Name): Scope | null {
  if (facts.profile.receiver !== "first_parameter" || method.parameters.length !== 1) return null;
  if (method.kind !== "function" || method.flags.includes("arrow") || bind!.flags.includes("rest")) return null;
  const around = method.parent?.kind === "type" ? method.parent.parent : method.parent;
  if (around?.kind !== "class") return null;
  const made = (facts.calls.decorated.get(method.id) ?? []).map(({ text }) => memberKind(facts, text)?.kind);
  return made.includes("static") ? null : around;
}

/** What a decorator makes of a method: by its whole name, its last part, or its end. */
export function memberKind(facts: Facts, decorator: string): Facts["profile"]["member_decorators"][string] | undefined {
  const last = decorator.slice(decorator.lastIndexOf(".") + 1);
  const { member_decorators: known } = facts.profile;
  return known[decorator] ?? known[last] ?? (last === decorator ? undefined : known[`.${last}`]);
}

/** What the module's own scope holds, in the order of the text. What is deleted there for good is not in it. */
export function bindingsOf(facts: Facts, { names, module }: Swept, unitAt: (offset: number) => Unit | null): Binding[] {
  const found: Binding[] = [];
  for (const name of names) {
    const { bind, at, text, start, end } = name;
    if (bind === null || homeOf(at.scope, text, bind) !== module) continue;
    const unit = unitAt(start);
    if (bind.kind === "deleted") {
      if (at.scope === module && (unit?.guards.length ?? 0) === 0) drop(found, text);
      continue;
    }
    if (bind.kind === "parameter" || bind.kind === "type_parameter") continue;
    const declared = bind.flags.includes("declared") && facts.profile.declared === "types";
    const time = at.types || declared || bind.flags.includes("types") || bind.kind === "type" ? "types" : "run";
    const exported = at.exported && beyondTypes(at.scope) === module;
    if (exported) facts.exports.listed.push({ name: text, of: text, span: [start, end] });
    const value = bind.value === null ? null : constantOf(facts, names, bind.value);
    const alias = bind.from === null && bind.kind === "variable" ? aliasOf(facts, bind) : null;
    found.push({
      ...{ unit: unit?.key ?? "", span: [start, end], name: text, kind: alias === null ? bind.kind : "alias" },
      ...{ guards: unit?.guards ?? [], time, from: bind.from ?? alias, value },
    });
  }
  return found;
}

function drop(bindings: Binding[], name: string): void {
  for (let at = bindings.length - 1; at >= 0; at--) if (bindings[at]!.name === name) bindings.splice(at, 1);
}

/** What a name stands for that is bound to nothing but another name. */
function aliasOf(facts: Facts, { value }: Bind): Binding["from"] {
  if (value === null) return null;
  const text = textOf(facts, value);
  const root = facts.names.roots.get(value.id);
  if (root === undefined || outermost(root.at.scope).names.get(root.text) === undefined) return null;
  return { module: "", name: text.replace(/\s+/g, "") };
}

const VALUE_MAX = 120;

/** The text of a value that reads no name, without its layout. A long one is cut off, and its digest stands for the rest. */
export function constantOf(facts: Facts, names: readonly Name[], value: SyntaxNode): string | null {
  const next = names[firstFrom(names, value.startIndex)];
  if (next !== undefined && next.start < value.endIndex) return null;
  const text = textOf(facts, value).replace(/\s+/g, " ");
  return text.length <= VALUE_MAX ? text : `${text.slice(0, VALUE_MAX - 20)}… ${Bun.hash(text).toString(36)}`;
}

/** The place of the first name that stands at an offset or behind it. */
function firstFrom(names: readonly Name[], offset: number): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (names[middle]!.start < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
