import { digest, type GrammarFiles, openGrammarFiles } from "./grammar_files.ts";
import type { LanguageListed, LanguageWhole, Profile } from "./profile.ts";

/** Counts up when the same files give other units, hashes or references than before. */
export const ALGORITHM = 8;

/**
 * What is known of all languages without a parser: who only asks which language a file has, or reads what was worked out
 * elsewhere, needs no more.
 *
 * `version` is a digest of all grammars: what was computed by any under one says nothing under another.
 */
export type Languages = {
  version: string;
  names: readonly string[];
  /** Which files are in a language. */
  files(name: string): Profile["files"];
  profile(name: string): Profile;
  /** It is read when it is first asked for. */
  whole(name: string): LanguageWhole;
  /** The names of all that a language inherits, the farthest first, and of itself. */
  lineage(name: string): readonly string[];
};

/** @throws Error when a file is not what the manifest says */
export function openLanguages(files: GrammarFiles = openGrammarFiles()): Languages {
  const names = Object.keys(files.manifest.grammars).filter((name) => files.manifest.grammars[name]?.package !== null);
  const read = files.languages();
  const listed = (name: string): LanguageListed => {
    const found = read[name];
    if (found === undefined)
      throw new Error(`Cannot read the language ${name}: grammars/languages.json has none of that name`);
    return found;
  };
  const wholes = new Map<string, LanguageWhole>();
  const whole = (name: string): LanguageWhole => {
    const known = wholes.get(name) ?? files.whole(name);
    wholes.set(name, known);
    return known;
  };
  return {
    version: digest(JSON.stringify([ALGORITHM, files.manifest])).slice(0, 32),
    names,
    files: (name) => listed(name).files,
    whole,
    profile: (name) => whole(name).profile,
    lineage: (name) => listed(name).lineage,
  };
}

export const textOf = (bytes: Uint8Array | null): string => (bytes === null ? "" : new TextDecoder().decode(bytes));
