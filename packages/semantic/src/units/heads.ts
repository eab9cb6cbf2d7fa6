import { scopeOf } from "../changes/pairs.ts";
import type { Summary } from "../summary.ts";
import type { Span, Unit } from "../unit.ts";

/**
 * What stands at the top of a text, in its order: so much has to be known of it to look at stretches of it alone. Nobody has
 * it of a text that has mistakes, or in which a unit is not what it is without the others.
 */
export type Heads = Pick<Summary, "language" | "version"> & { heads: readonly Head[] };

/**
 * A unit at the top of a text; its gap begins where the one before it ends.
 *
 * `keys`  its own and, of a block, of those in it: they are of the same scope
 */
export type Head = { keys: readonly string[]; span: Span };

/** What of a unit has a say in its head. */
export type Keyed = Pick<Unit, "key" | "name" | "kind" | "span"> & { children: readonly Keyed[] };

/**
 * null: its key hangs on others that are there. It counts those of its name, or is that of an overload, or what stands around
 * it is its path.
 */
export function headOf(unit: Keyed): Head | null {
  const scope = scopeOf([unit]);
  const alone = scope.every(({ kind, key }) => kind !== "key" && !COUNTS.test(key));
  return alone ? { keys: scope.map(({ key }) => key), span: unit.span } : null;
}

const COUNTS = /#\d+$|\.overload\b/;

type Known = Pick<Summary, "language" | "version" | "faults">;

/** null: to look at stretches of the text alone is not enough. */
export function headsIn({ language, version, faults }: Known, found: readonly (Head | null)[]): Heads | null {
  const heads = found.filter((head) => head !== null);
  const keys = heads.flatMap((head) => head.keys);
  if (faults.length > 0 || heads.length < found.length || new Set(keys).size < keys.length) return null;
  return { language, version, heads };
}

/** The same of a text of which all units are known. */
export const headsOf = (summary: Known & { units: readonly Keyed[] }): Heads | null =>
  headsIn(summary, summary.units.map(headOf));
