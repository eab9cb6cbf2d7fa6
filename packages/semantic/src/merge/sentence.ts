import type { FindingKind } from "../finding.ts";

const SENTENCES: Partial<Record<FindingKind, string>> = {
  same_symbol: "both sides changed the same lines of it",
  ast_neutral: "both sides changed the same comment",
  modify_delete: "one side changed what the other removed",
  rename_rename: "each side gave it another name",
  duplicate_definition: "both sides added it, each with another body",
  key_collision: "both sides added one key with another value",
  value_collision: "both sides added a member with one value",
  import_break: "one side took an export away beside one that the other added",
  ordering: "both sides changed what stands there, and the order has a meaning",
};

/** Why a unit cannot be merged, for a person. */
export const conflictSentence = (key: string, kind: FindingKind): string =>
  `Cannot merge ${key === "" ? "the file's own order" : `"${key}"`}: ${SENTENCES[kind] ?? "both sides changed it"}; decide which is meant`;
