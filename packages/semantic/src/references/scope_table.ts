import { bindNames } from "./bindings.ts";
import { gather } from "./gather.ts";
import { followDots } from "./names.ts";
import type { Parsed } from "./references.ts";
import { find, type Scope, type ScopeKind } from "./scope.ts";
import { sweep } from "./sweep.ts";

/** One scope of a text: what it binds, and where the names that are read in it come from. `start`: where it begins. */
export type ScopeRow = {
  kind: ScopeKind;
  path: string;
  start: number;
  locals: string[];
  outer: string[]; // bound by a function around
  globals: string[]; // bound by the module, or nowhere
};

/** Every scope below the module: what a compiler says of the same text can be compared with it. */
export function scopeTable({ tree, query, profile }: Omit<Parsed, "units">): ScopeRow[] {
  const facts = gather(query, tree, profile);
  const lazy = profile.lazy_pragma !== null && facts.exports.pragmas.has(profile.lazy_pragma);
  const starts = new Map(facts.regions.map(({ id, start }) => [id, start]));
  const swept = sweep(facts);
  followDots(facts);
  bindNames(facts, swept);
  const rows = new Map<Scope, Record<"outer" | "globals", Set<string>>>();
  for (const { role, text: name, at } of swept.names) {
    const row = rows.get(at.scope) ?? { outer: new Set(), globals: new Set() };
    rows.set(at.scope, row);
    if ((role !== "name" && role !== "read") || (lazy && at.annotation)) continue;
    const found = find(at.scope, name, profile.class_scope === "names");
    if (found === null || found.scope === swept.module) row.globals.add(name);
    else if (found.scope !== at.scope) row.outer.add(name);
  }
  return [...rows]
    .filter(([{ kind }]) => kind !== "module")
    .map(([scope, { outer, globals }]) => ({
      ...{ kind: scope.kind, path: scope.path, start: starts.get(scope.id)! },
      locals: [...scope.names.keys()].filter((name) => !scope.elsewhere.has(name)).sort(),
      ...{ outer: [...outer].sort(), globals: [...globals].sort() },
    }));
}
