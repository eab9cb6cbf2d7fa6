export { analyse, analyseHeads, type Depth } from "./analyse.ts";
export { analyseChanged, type Became, type Contents } from "./analyse_changed.ts";
export type { Edited, SymbolChange, UnitPlace } from "./change.ts";
export type { Conflict, FileChange, Merge, Trees } from "./check/trees.ts";
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
export { type Grammars, openGrammars } from "./grammar.ts";
export { type Judgement, judge } from "./judge.ts";
export { languageOf, mayHaveLanguage, NO_GRAMMAR } from "./language.ts";
export { type Languages, openLanguages } from "./languages.ts";
export type { RulesOf } from "./linker/rules.ts";
export type { Summary } from "./summary.ts";
export type { FileView, TreeView } from "./tree_view.ts";
export type { Span, Unit } from "./unit.ts";
