import type { Bind, Name } from "./names.ts";

/** What holds at a place of the text, by the regions around it. */
export type Context = {
  scope: Scope;
  types: boolean; // what is read is read for types alone
  annotation: boolean; // a string may be an expression
  guardedImport: boolean;
  guardedRead: boolean;
  guardedCall: boolean;
  loop: boolean;
  breakable: boolean; // a loop, or what else can be left early
  eager: boolean; // it runs when the module is loaded
  exported: boolean;
  targets: { kind: Bind["kind"]; flags: readonly string[] } | null; // what a pattern's names are bound as
};

export type ScopeKind = "module" | "function" | "class" | "comprehension" | "block" | "type";

/**
 * `path`       the names of the classes and functions around, with dots; "": the module
 * `around`     what holds outside of it: where defaults and bases are evaluated
 * `elsewhere`  names that a declaration takes from the module, or from a function around
 */
export type Scope = {
  kind: ScopeKind;
  id: number;
  parent: Scope | null;
  around: Context | null;
  path: string;
  names: Map<string, Bound>;
  elsewhere: Map<string, { to: "module" | "function"; start: number }>;
  flags: readonly string[];
  parameters: Name[];
};

/** A name in a scope. `bind` is its last binding; `count`: how many there are. `receiver`: the class it is one of. */
export type Bound = { name: Name; bind: Bind; count: number; receiver: Scope | null };

export const newScope = (own: Pick<Scope, "kind" | "id" | "around" | "path" | "flags">): Scope => ({
  ...own,
  parent: own.around?.scope ?? null,
  names: new Map(),
  elsewhere: new Map(),
  parameters: [],
});

/** Where a name that is bound in a scope belongs. null: into none that is known (a faulty `nonlocal`). */
export function homeOf(scope: Scope, name: string, bind: Bind): Scope | null {
  let home = scope;
  while (passes(home, bind) && home.parent !== null) home = home.parent;
  const to = home.elsewhere.get(name)?.to;
  if (to === undefined) return home;
  return to === "module" ? outermost(home) : functionAround(home, name);
}

/** Type scopes hold their parameters, and nothing else; what is hoisted goes by blocks and comprehensions. */
function passes({ kind }: Scope, { kind: what, flags }: Bind): boolean {
  if (kind === "type" || what === "type_parameter") return (kind === "type") !== (what === "type_parameter");
  return flags.includes("hoisted") && (kind === "block" || kind === "comprehension");
}

/** The scope in which a definition stands that opens one for its type parameters. */
export function beyondTypes(scope: Scope): Scope {
  let at = scope;
  while (at.kind === "type" && at.parent !== null) at = at.parent;
  return at;
}

export function outermost(scope: Scope): Scope {
  let at = scope;
  while (at.parent !== null) at = at.parent;
  return at;
}

function functionAround(scope: Scope, name: string): Scope | null {
  for (let at = scope.parent; at !== null; at = at.parent)
    if ((at.kind === "function" || at.kind === "type") && at.names.has(name)) return at;
  return null;
}

/** The next function, class or module around a scope, itself included: blocks and comprehensions are parts of it. */
export function bodyOf(scope: Scope): Scope {
  let at = scope;
  while (at.parent !== null && at.kind !== "function" && at.kind !== "class") at = at.parent;
  return at;
}

/** The scope that binds what is read. A class's names are read in its own body alone. null: none does. */
export function find(scope: Scope, name: string, classNames: boolean): { scope: Scope; bound: Bound } | null {
  let direct = classNames;
  for (let at: Scope | null = scope; at !== null; at = at.parent) {
    const to = at.elsewhere.get(name)?.to;
    if (to === "module") return bound(outermost(at), name);
    const known = at.kind === "class" && !direct ? undefined : at.names.get(name);
    if (known !== undefined && to === undefined) return { scope: at, bound: known };
    if (at.kind !== "type" && at.kind !== "block") direct = false;
  }
  return null;
}

function bound(scope: Scope, name: string): { scope: Scope; bound: Bound } | null {
  const known = scope.names.get(name);
  return known === undefined ? null : { scope, bound: known };
}
