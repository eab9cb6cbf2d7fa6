import type { Facts, Point } from "./facts.ts";
import type { Name } from "./names.ts";
import { enter, type Region, settle } from "./regions.ts";
import { type Context, newScope, type Scope } from "./scope.ts";

/** The scope of the module, those of classes by their nodes, and all names and points in the order of the text. */
export type Swept = { module: Scope; classes: Map<number, Scope>; names: Name[]; points: Point[] };

/** Goes through all that was found in the order of the text, and notes of each name and point what holds there. */
export function sweep(facts: Facts): Swept {
  const regions = settle(facts.regions);
  const items: (Region | Name | Point)[] = [...regions, ...facts.names.byId.values(), ...facts.points];
  items.sort((a, b) => a.start - b.start || b.end - a.end || a.rank - b.rank);
  const lazy = facts.profile.lazy_pragma !== null && facts.exports.pragmas.has(facts.profile.lazy_pragma);
  const module = newScope({ kind: "module", id: -1, around: null, path: "", flags: [] });
  const swept: Swept = { module, classes: new Map(), names: [], points: [] };
  const open: { end: number; at: Context }[] = [{ end: Number.POSITIVE_INFINITY, at: atTop(module) }];
  for (const item of items) {
    while (open.at(-1)!.end <= item.start) open.pop();
    const { at } = open.at(-1)!;
    if ("at" in item) {
      item.at = at;
      if ("role" in item) swept.names.push(item);
      else swept.points.push(item);
      continue;
    }
    const inner = enter(at, item, lazy, facts.names.defined.get(item.id) ?? "");
    if (item.kind === "class") swept.classes.set(item.id, inner.scope);
    open.push({ end: item.end, at: inner });
  }
  return swept;
}

const atTop = (scope: Scope): Context => ({
  ...{ scope, types: false, annotation: false, guardedImport: false, guardedRead: false, guardedCall: false },
  ...{ loop: false, breakable: false, eager: true, exported: false, targets: null },
});
