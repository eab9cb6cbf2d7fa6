import { z } from "zod";
import { linkRules } from "./linker/rules.ts";
import { mergeRulesSchema } from "./merge/rules.ts";
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
export type LanguageRead = { lineage: string[]; profile: Profile };

/**
 * Reads what folders say of a language. It takes longer than to parse some files, so nobody does it but who makes
 * `languages.json`.
 *
 * @param sections what the profile.json of a folder says
 * @throws ZodError where it says what nobody understands
 */
export function readLanguage(name: string, sections: (folder: string) => Sections): LanguageRead {
  const lineage = lineageOf(name, sections);
  return { lineage, profile: profileSchema.parse(lineage.map(sections).reduce(overlay, {})) };
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
