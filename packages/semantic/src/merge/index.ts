export { mergeSources, type Reader } from "./merge.ts";
export type { Decision, MergeConflict, Merged, Rule, SideNames } from "./merged.ts";
export type { Piece, Source, Three } from "./piece.ts";
