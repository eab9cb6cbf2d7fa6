import type { SyntaxNode } from "../syntax_tree.ts";
import type { Facts, Handlers, Item } from "./facts.ts";
import type { Bind } from "./names.ts";
import { type Context, newScope, type Scope, type ScopeKind } from "./scope.ts";

export type Region = Item & { kind: string; id: number; flags: readonly string[] };

const region =
  (kind: string, flags: readonly string[], rank: number) =>
  (facts: Facts, node: SyntaxNode): void => {
    facts.regions.push({ kind, flags, rank, id: node.id, start: node.startIndex, end: node.endIndex });
  };

const SCOPES: Readonly<Record<string, number>> = {
  type: 1,
  block: 1,
  class: 2,
  function: 3,
  comprehension: 4,
  body: 5,
};

export const regionHandlers: Handlers = {
  scope: ([, kind, ...flags]) => region(kind!, flags, SCOPES[kind!]!),
  outside: () => region("outside", [], 0),
  types: () => region("types", [], 0),
  annotation: ([, local]) => region("annotation", local === undefined ? [] : [local], 0),
  opaque: () => region("opaque", [], 0),
  guarded: ([, what]) => region("guarded", [what!], 0),
  loop: ([, kind]) => region("loop", kind === undefined ? [] : [kind], 0),
  later: () => region("later", [], 0),
  exported: ([, kind]) => region("exported", kind === undefined ? [] : [kind], 0),
  targets: ([, kind, ...flags]) => region("targets", [kind!, ...flags], 0),
};

/** One scope for each node: flags are joined, and the body of a function is a part of it. */
export function settle(regions: readonly Region[]): Region[] {
  const bodies = new Set(regions.filter(({ kind }) => kind === "body").map(({ id }) => id));
  const known = new Map<string, Region>();
  for (const one of regions) {
    if (one.kind === "body" || (one.kind === "block" && bodies.has(one.id))) continue;
    const key = `${one.kind} ${one.kind === "guarded" ? one.flags[0] : ""} ${one.id}`;
    const before = known.get(key);
    if (before === undefined) known.set(key, one);
    else before.flags = [...new Set([...before.flags, ...one.flags])];
  }
  return [...known.values()];
}

/** `lazy`: annotations are never evaluated. `name`: what the scope of a function or a class is called. */
export function enter(at: Context, region: Region, lazy: boolean, name: string): Context {
  switch (region.kind) {
    case "outside":
      return outside(at);
    case "types":
      return { ...at, types: true };
    case "later":
      return { ...at, eager: false };
    case "opaque":
      return { ...at, annotation: false };
    case "annotation": {
      const local = region.flags.includes("local") && at.scope.kind === "function";
      return { ...at, annotation: true, types: at.types || lazy || local };
    }
    case "guarded":
      return guarded(at, region.flags[0]!);
    case "loop":
      return { ...at, loop: at.loop || !region.flags.includes("switch"), breakable: true };
    case "exported":
      return { ...at, exported: !region.flags.includes("default") };
    case "targets": {
      const [kind, ...flags] = region.flags;
      return { ...at, targets: { kind: kind as Bind["kind"], flags } };
    }
    default:
      return inside(at, region, name);
  }
}

/** Guards and the reason of the reading stay, the rest is as it is around the scope. */
function outside(at: Context): Context {
  const { around } = at.scope;
  if (around === null) return at;
  const { scope, eager, loop, breakable, exported } = around;
  return { ...at, scope, eager, loop, breakable, exported };
}

function guarded(at: Context, what: string): Context {
  if (what === "import") return { ...at, guardedImport: true };
  return what === "call" ? { ...at, guardedCall: true } : { ...at, guardedRead: true };
}

function inside(at: Context, { kind, id, flags }: Region, name: string): Context {
  const named = kind === "function" || kind === "class";
  const path = named ? [at.scope.path, name].filter((part) => part !== "").join(".") : at.scope.path;
  const scope: Scope = newScope({ kind: kind as ScopeKind, id, around: at, path, flags });
  const later = (kind === "function" && !flags.includes("eager")) || flags.includes("lazy");
  const inner = { ...at, scope, annotation: false, targets: null, eager: at.eager && !later };
  return named ? { ...inner, loop: false, breakable: false, exported: false } : inner;
}
