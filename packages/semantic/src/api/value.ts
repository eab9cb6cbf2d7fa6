/** What a document holds once it is read. Tables have no prototype, so that every key is a key. */
export type Json = null | boolean | number | string | readonly Json[] | Table;
export type Table = { readonly [key: string]: Json };

export const isTable = (value: Json | undefined): value is Table =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

/** The same text for the same value, whatever the order of its keys. */
export function canonical(value: Json): string {
  if (isList(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isTable(value)) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`).join(",")}}`;
}

/** A value as a person is told it. */
export function told(value: Json): string {
  const text = canonical(value);
  return text.length > TOLD_MAX ? `${text.slice(0, TOLD_MAX)}…` : text;
}
const TOLD_MAX = 60;
