export type { Edited, SymbolChange, UnitPlace } from "./change.ts";
export {
  type Cause,
  type Confidence,
  FINDING_KINDS,
  type FilePlace,
  type Finding,
  type FindingKind,
  type Fix,
  type Side,
  VERDICTS,
  type Verdict,
} from "./finding.ts";
export { mergeSources, type Reader } from "./merge/merge.ts";
export type { Decision, MergeConflict, Merged, Rule, SideNames } from "./merge/merged.ts";
export type { Piece, Source, Three } from "./merge/piece.ts";
export type {
  Binding,
  Call,
  ClassShape,
  DottedString,
  Fault,
  Import,
  Member,
  Origin,
  Place,
  Read,
  Summary,
} from "./summary.ts";
export type { FileView, TreeView } from "./tree_view.ts";
export type { Decorator, Hashes, Parameter, Parts, Signature, Span, Unit, UnitKind } from "./unit.ts";
