import type { Place } from "../../error.ts";
import type { KeyPath } from "../../toml_place.ts";
import { type ContractSource, faultAt } from "./read.ts";

/** Something that a plan states, and what is found instead. Both are null where the statement is no value. */
export type Contradiction = Place & { stated: unknown; actual: unknown };

/** `what`: the sentence after "Cannot state that", with a cure where the place alone is none. */
export type Refuted = { code: string; what: string; stated?: unknown; actual?: unknown };

export function refuted(
  { toml }: ContractSource,
  path: KeyPath,
  { code, what, stated = null, actual = null }: Refuted,
): Contradiction {
  return { ...faultAt(toml, path, { code, message: `Cannot state that ${what}` }), stated, actual };
}

/** As people read it: names in quotation marks, numbers bare, lists with commas. */
export function said(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(said).join(", ");
  return typeof value === "string" ? `"${value}"` : String(value);
}
