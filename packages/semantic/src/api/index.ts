/** Interfaces that OpenAPI documents describe: what became of them from one state to another. Texts in, data out. */
export { type ApiChange, type ApiDiff, type ApiTexts, diffApis, type NoDiff, type Spotted } from "./diff.ts";
export { TEXT_MAX_CHARS } from "./document.ts";
export { filesNamedIn } from "./references.ts";
export { KINDS, type Kind, LEVELS, type Level, type Overrides, RULES } from "./rules.ts";
export { compareVersions, isEnough, type Need, nextVersion, versionOf } from "./version.ts";
