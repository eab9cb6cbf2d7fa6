import type { UnitKind } from "./unit.ts";

/** Where a unit is: its file, its key there, and its lines, counted from 1, both ends in. */
export type UnitPlace = { path: string; key: string; lines: readonly [first: number, last: number] };

/** What of an edited unit is not as it was. `trivia`: layout and comments alone. */
export type Edited = "signature" | "decorators" | "body" | "doc" | "trivia";

/**
 * What became of one unit from one tree to another. `from` is null for what was added, `to` for what was removed. A unit
 * that was moved or renamed may be edited besides; `evidence` says in words why it is held to be the same.
 */
export type SymbolChange = {
  did: "added" | "removed" | "edited" | "moved" | "renamed";
  kind: UnitKind;
  from: UnitPlace | null;
  to: UnitPlace | null;
  edited: readonly Edited[];
  evidence: string | null;
};
