import type { Query } from "../query/query.ts";
import type { DottedString, Summary } from "../summary.ts";
import type { SyntaxTree } from "../syntax_tree.ts";
import type { Unit } from "../unit.ts";
import { bindingsOf, bindNames } from "./bindings.ts";
import { classesOf, openings } from "./classes.ts";
import type { Facts } from "./facts.ts";
import { gather } from "./gather.ts";
import { exportsOf, importsOf } from "./imports.ts";
import { faultsOf } from "./layout.ts";
import { followDots } from "./names.ts";
import type { ReferencesProfile } from "./profile.ts";
import { isDotted, readsOf } from "./reads.ts";
import { type Swept, sweep } from "./sweep.ts";
import { type UnitAt, unitFinder } from "./units.ts";

/** What a summary holds besides units. `faults`: of the rules that a grammar does not keep. */
export type References = Omit<Summary, "language" | "version" | "units" | "functions">;

/** A text with its tree, and what its language's folder says. `units` say in which of them a thing stands. */
export type Parsed = { tree: SyntaxTree; query: Query; profile: ReferencesProfile; units: readonly Unit[] };

/** Reads off a tree what its text binds, imports, gives away and wants of others. The tree is left as it is. */
export function referencesOf({ tree, query, profile, units }: Parsed): References {
  const facts = gather(query, tree, profile);
  const swept = sweep(facts);
  followDots(facts);
  bindNames(facts, swept);
  for (const [name, { bind }] of swept.module.names) if (bind.from !== null) facts.names.origins.set(name, bind.from);
  const find = unitFinder(units);
  const unitAt: UnitAt = (offset) => find(offset)?.key ?? "";
  const open = openings(facts, swept);
  return {
    faults: faultsOf(facts, swept),
    bindings: bindingsOf(facts, swept, find),
    imports: importsOf(facts, unitAt),
    exports: exportsOf(facts),
    open,
    classes: classesOf(facts, swept, unitAt),
    ...readsOf(facts, swept, unitAt),
    strings: stringsOf(facts, swept, unitAt),
  };
}

/** Each once in a unit. */
function stringsOf(facts: Facts, { points }: Swept, unitAt: UnitAt): DottedString[] {
  const found = new Map<string, DottedString>();
  for (const { kind, at, start, end } of points) {
    if (kind !== "string" || at.annotation) continue;
    const text = facts.text.slice(start, end);
    if (!isDotted(text)) continue;
    const unit = unitAt(start);
    const key = `${unit}\n${text}`;
    if (!found.has(key)) found.set(key, { unit, span: [start, end], text });
  }
  return [...found.values()];
}
