import type { Unit } from "../unit.ts";

/** The key of the innermost unit around a place; "": there is none. */
export type UnitAt = (offset: number) => string;

export function unitFinder(units: readonly Unit[]): (offset: number) => Unit | null {
  return (offset) => {
    let found: Unit | null = null;
    for (let level = units, unit = within(level, offset); unit !== null; unit = within(level, offset)) {
      found = unit;
      level = unit.children;
    }
    return found;
  };
}

/** Units stand in the order of the text. */
function within(units: readonly Unit[], offset: number): Unit | null {
  let low = 0;
  let high = units.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const unit = units[middle]!;
    if (offset < unit.span[0]) high = middle - 1;
    else if (offset >= unit.span[1]) low = middle + 1;
    else return unit;
  }
  return null;
}
