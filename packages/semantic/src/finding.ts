/**
 * What to do, from the least to the most: take it; take it and mention it; take it and tell the person; refuse it though
 * git is clean; nobody can merge it without a decision.
 */
export const VERDICTS = ["merge", "note", "warn", "block", "conflict"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** How sure it is: by the rules of binding alone; with one assumption, which the sentence names; a mere hint. */
export type Confidence = "certain" | "likely" | "hint";

/** Each is a row of docs/semantic.md, with what it means and its usual verdict. */
// biome-ignore format: one a line says no more
export const FINDING_KINDS = [
  "text_conflict", "same_symbol", "ast_neutral", "modify_delete", "rename_rename", "duplicate_definition",
  "binding_collision", "key_collision", "value_collision", "signature_drift", "default_drift", "decorator_drift",
  "return_shape_drift", "async_drift", "kind_drift", "value_drift", "removed_referenced", "removed_referenced_unknown",
  "import_break", "import_break_guarded", "moved_to", "scope_capture", "interface_drift", "mro_conflict", "slots_drift",
  "ordering", "import_cycle", "syntax", "string_reference", "callee_changed", "behavioural", "pre_existing", "unknown",
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/** Left is what is there already (the target), right what comes (the task). */
export type Side = "left" | "right";

/** Lines are counted from 1, both ends are in. `unit` is a key below the file; "": the module itself. */
export type FilePlace = { path: string; unit: string; lines: readonly [first: number, last: number] };

/** What one side did that matters here. `place` is in that side's tree, for what it removed in the base. */
export type Cause = {
  side: Side;
  did: "added" | "removed" | "changed" | "renamed" | "moved";
  place: FilePlace;
  was: string | null; // in short, as it was written
  is: string | null;
};

/** A mend that needs no thought; it is offered, and never applied by itself. */
export type Fix = { kind: "add_import" | "rename_reference" | "pass_argument" | "drop_duplicate"; sentence: string };

/**
 * One thing that is in the merged tree and in neither of its parents.
 *
 * `subjects`     "path::Outer.inner" or "path", whose fault it is first
 * `place`        where it shows in the merged tree; null: where no tree is
 * `sentence`     for a person: what is wrong and who did what
 * `fingerprint`  the same when lines move: what a baseline or a second run knows it by
 */
export type Finding = {
  kind: FindingKind;
  verdict: Verdict;
  confidence: Confidence;
  subjects: readonly string[];
  place: FilePlace | null;
  causes: readonly Cause[];
  sentence: string;
  fix: Fix | null;
  fingerprint: string;
};
