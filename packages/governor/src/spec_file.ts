import { z } from "zod";
import type { Place } from "./error.ts";
import { nearest } from "./nearest.ts";
import type { Toml } from "./toml.ts";

/** Documents that say what is to be, and the gate that knows whether it is so. `required`: without it a change is refused. */
export type Spec = { paths: readonly string[]; gate: string; required: boolean };

const pattern = z.string().refine((value) => value.trim() !== "", { error: "it is blank" });

/** `[specs.NAME]`: documents that say what is to be. */
export const SpecTable = z.strictObject({
  paths: z.array(pattern).min(1).describe("Patterns of the documents, as in [scope]"),
  gate: z.string().default("tests").describe("The gate that has to run when one of them changes"),
  required: z.boolean().default(false).describe("A change without that gate is refused, and not only told"),
});

type Tables = { specs: Readonly<Record<string, Spec>>; gates: Readonly<Record<string, unknown>> };

/** A gate that is none would never run, and nobody would be told. */
export function specPlaces({ specs, gates }: Tables, toml: Toml): Place[] {
  const known = [..."hooks lint format types generated tests coverage structure api".split(" "), ...Object.keys(gates)];
  return Object.entries(specs).flatMap(([name, { gate }]): Place[] => {
    if (known.includes(gate)) return [];
    const close = nearest(gate, known);
    const message = `Cannot use the gate "${gate}" in [specs.${name}]: there is none of this name${close ? `; the nearest is "${close}"` : ""}`;
    return [
      { severity: "error", code: "gate_unknown", message, file: toml.file, ...toml.at(["specs", name]), unit: null },
    ];
  });
}
