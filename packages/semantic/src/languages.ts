import { digest, type GrammarFiles, openGrammarFiles } from "./grammar_files.ts";
import { overlay, type Profile, profileSchema, readProfile } from "./profile.ts";

/** Counts up when the same files give other units, hashes or references than before. */
export const ALGORITHM = 7;

/**
 * What is known of all languages without a parser: who only asks which language a file has, or reads what was worked out
 * elsewhere, needs no more. A profile is read when it is first asked for.
 *
 * `version` is a digest of all grammars: what was computed by any under one says nothing under another.
 */
export type Languages = {
  version: string;
  names: readonly string[];
  /** Which files are in a language; read without the rest of its profile. */
  files(name: string): Profile["files"];
  profile(name: string): Profile;
};

/** @throws Error when a file is not what the manifest says */
export function openLanguages(files: GrammarFiles = openGrammarFiles()): Languages {
  const names = Object.keys(files.manifest.grammars).filter((name) => files.manifest.grammars[name]?.package !== null);
  return {
    version: digest(JSON.stringify([ALGORITHM, files.manifest])).slice(0, 32),
    names,
    files: kept((name) => profileSchema.shape.files.parse(sectionsOf(files, name).files)),
    profile: kept((name) => readProfile(sectionsOf(files, name))),
  };
}

function kept<Value>(read: (name: string) => Value): (name: string) => Value {
  const known = new Map<string, Value>();
  return (name) => {
    const value = known.get(name) ?? read(name);
    known.set(name, value);
    return value;
  };
}

const sectionsOf = (files: GrammarFiles, name: string): Record<string, unknown> =>
  lineage(files, name)
    .map((one) => own(files, one))
    .reduce(overlay, {});

/** The names of all that a grammar inherits, the farthest first, and of itself. */
export function lineage(files: GrammarFiles, name: string): string[] {
  const above = own(files, name).inherits;
  return [...(Array.isArray(above) ? above.flatMap((one) => lineage(files, String(one))) : []), name];
}

const own = (files: GrammarFiles, name: string): Record<string, unknown> =>
  JSON.parse(textOf(files.read(name, "profile.json")) || "{}") as Record<string, unknown>;

export const textOf = (bytes: Uint8Array | null): string => (bytes === null ? "" : new TextDecoder().decode(bytes));
