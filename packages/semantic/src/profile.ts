import { z } from "zod";
import { linkRules } from "./linker/rules.ts";
import { mergeRulesSchema } from "./merge/rules.ts";
import { type Pattern, readPatterns } from "./query/pattern.ts";
import { referencesProfile } from "./references/profile.ts";
import { complexityProfile } from "./structure/profile.ts";
import { syntaxProfile, unitsProfile } from "./units/profile.ts";

/**
 * What a language's folder says besides its grammar and its queries. docs/grammars.md has every key. Sections of a
 * profile that is inherited are under those of the one that inherits, key by key.
 */
export const profileSchema = z.strictObject({
  source: z.strictObject({ package: z.string(), wasm: z.string() }).optional(),
  inherits: z.array(z.string()).default([]),
  files: z.strictObject({
    endings: z.array(z.string()),
    names: z.array(z.string()),
    programs: z.array(z.string()), // that a first line may name: #!/usr/bin/env python3
  }),
  syntax: syntaxProfile.prefault({}),
  units: unitsProfile.prefault({}),
  references: referencesProfile.prefault({}),
  complexity: complexityProfile.prefault({}),
  link: linkRules.nullable().default(null),
  merge: mergeRulesSchema.prefault({}),
});
export type Profile = z.infer<typeof profileSchema>;

/** A language as its folders say it. `lineage`: the names of all that it inherits, the farthest first, and of itself. */
export type LanguageRead = { lineage: readonly string[]; profile: Profile };

/** What is known of each language at once: what it inherits, and which files are in it. */
export type LanguageListed = Pick<LanguageRead, "lineage"> & Pick<Profile, "files">;
/** All that its folders say of a language, read beforehand: its profile, and the patterns of `symbols.scm`. */
export type LanguageWhole = { profile: Profile; symbols: readonly Pattern[] };

/**
 * Reads what folders say of a language. It takes longer than to parse some files, so nobody does it but who makes
 * `languages.json` and each `whole.json`.
 *
 * @param sections what the profile.json of a folder says
 * @throws ZodError where it says what nobody understands
 */
export function readLanguage(name: string, sections: (folder: string) => Sections): LanguageRead {
  const lineage = lineageOf(name, sections);
  return { lineage, profile: profileSchema.parse(lineage.map(sections).reduce(overlay, {})) };
}

/**
 * The same in the two parts in which it is kept.
 *
 * @param symbols what the `symbols.scm` of a folder says
 */
export function keptOf(
  { lineage, profile }: LanguageRead,
  symbols: (folder: string) => string,
): { listed: LanguageListed; whole: LanguageWhole } {
  const text = lineage.map(symbols).join("\n"); // what is inherited comes first
  return { listed: { lineage, files: profile.files }, whole: { profile, symbols: readPatterns(text) } };
}

function lineageOf(name: string, sections: (folder: string) => Sections): string[] {
  const above = sections(name).inherits;
  return [...(Array.isArray(above) ? above.flatMap((one) => lineageOf(String(one), sections)) : []), name];
}

export type Sections = Record<string, unknown>;

/** One section over another: what both have as a table is joined, else the upper one counts. */
function overlay(under: Sections, over: Sections): Sections {
  const both = { ...under };
  for (const [key, value] of Object.entries(over))
    both[key] = isTable(value) && isTable(both[key]) ? overlay(both[key], value) : value;
  return both;
}

const isTable = (value: unknown): value is Sections =>
  typeof value === "object" && value !== null && !Array.isArray(value);
