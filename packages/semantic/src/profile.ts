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

/**
 * A profile, of which each section is read when it is first asked for: to make the reader of one takes longer than to use
 * it, and few need them all.
 *
 * @throws ZodError for a section that is none; for what is wrong in one, when it is asked for
 */
export function readProfile(sections: Sections): Profile {
  const { shape } = profileSchema;
  const names = profileSchema.keyof().options;
  const [strange] = Object.keys(sections).filter((name) => !names.some((known) => known === name));
  if (strange !== undefined) profileSchema.parse(sections); // which says so
  const profile = {};
  for (const name of names) {
    const read = () => {
      const value = shape[name].parse(sections[name]);
      Object.defineProperty(profile, name, { value, enumerable: true });
      return value;
    };
    Object.defineProperty(profile, name, { get: read, enumerable: true, configurable: true });
  }
  return profile as Profile; // each by its own schema
}

type Sections = Record<string, unknown>;

/** One section over another: what both have as a table is joined, else the upper one counts. */
export function overlay(under: Sections, over: Sections): Sections {
  const both = { ...under };
  for (const [key, value] of Object.entries(over))
    both[key] = isTable(value) && isTable(both[key]) ? overlay(both[key], value) : value;
  return both;
}

const isTable = (value: unknown): value is Sections =>
  typeof value === "object" && value !== null && !Array.isArray(value);
