import type { Unit, UnitKind } from "../unit.ts";
import { slice } from "./piece.ts";

const CALLABLES: ReadonlySet<UnitKind> = new Set(["function", "method", "property"]);

/** Whether a unit's own units are merged one by one: what stands in a function's body is a sequence, and no scope. */
export const holds = ({ kind, children }: Unit): boolean => children.length > 0 && !CALLABLES.has(kind);

/** A unit and what it says. */
export type Listed = { unit: Unit; text: string };

/** The units of a text with all that they hold, in the order of the text. */
export function allUnits(units: readonly Unit[], text: string): Listed[] {
  return units.flatMap((unit) => [
    { unit, text: slice(text, unit.span) },
    ...(holds(unit) ? allUnits(unit.children, text) : []),
  ]);
}

/** A key without the number that tells it from others of its name. */
export const stemOf = (key: string): string => (key.includes("#") ? key.replace(/#\d+$/, "") : key);
