import type { FindingKind, Side } from "../finding.ts";
import type { Piece, Source, Three } from "./piece.ts";

/**
 * Why a unit is in the result as it is.
 *
 * `one_side`  the other side left it as it was            `same`     both sides did the same
 * `added`, `removed`, `moved`, `renamed`                  what one side did, while the other left it alone
 * `layout`    one side changed its layout alone, and yields to what the other side says
 * `parts`     its decorators, header, doc and body were merged each by itself
 * `required_first`  of a class: the fields that both sides added stand in the only order that there can be
 * `members`   its own units were: they are listed         `entries`  its names or keyed entries were
 * `lines`     its lines were
 */
export const RULES = [
  "one_side",
  "same",
  "added",
  "removed",
  "moved",
  "renamed",
  "layout",
  "parts",
  "members",
  "entries",
  "lines",
  "required_first",
] as const;
export type Rule = (typeof RULES)[number];

/**
 * How one unit was decided. `key` is its key in the result, or in the base where it is gone, and `keys` is what it is
 * called in each text that has it. `from` null: from both.
 */
export type Decision = { key: string; keys: Three<string | null>; rule: Rule; from: Source | null };

/** What only a person can decide: one unit, what kinds of conflict it is, first the closest, and a sentence. */
export type MergeConflict = { key: string; kinds: readonly FindingKind[]; sentence: string };

/**
 * What became of three texts. `pieces` are stretches of the texts with their line ends
 * made "\n", which is undone at the end.
 *
 * `merged`    `text` is proved to be the union of what both sides did
 * `conflict`  `text` has markers around the units in conflict, named by them; all else is merged
 * `refused`   nothing is known or nothing could be proved: what git says stands. `reason` is a clause
 */
export type Merged =
  | { did: "merged"; text: string; pieces: readonly Piece[]; decisions: readonly Decision[] }
  | { did: "conflict"; text: string; conflicts: readonly MergeConflict[]; decisions: readonly Decision[] }
  | { did: "refused"; reason: string };

/** What a side is called in the markers of a conflict. */
export type SideNames = Readonly<Record<Side, string>>;
