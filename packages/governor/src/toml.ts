import { parse, TomlError } from "smol-toml";
import { z } from "zod";
import type { Place } from "./error.ts";
import { nearest } from "./nearest.ts";
import { type KeyPath, locate, type Spot } from "./toml_place.ts";

/**
 * A TOML document and where its keys stand. `file` is how findings name it: relative to the repository's root. A spot has a
 * file of its own where the key is written in another one.
 */
export type Toml = {
  file: string;
  value: Readonly<Record<string, unknown>>;
  at(path: KeyPath): Spot & { file?: string };
};

/** Reads TOML. `null` with one place when the bytes are not UTF-8 or the text is not TOML. */
export function parseToml(bytes: Uint8Array, file: string): { toml: Toml | null; places: Place[] } {
  const text = decode(bytes);
  if (text === null)
    return { toml: null, places: [place(file, { line: 1, column: 1 }, "not_utf8", "it is not UTF-8 text")] };
  try {
    const value = parse(text);
    return { toml: { file, value, at: locate(text) }, places: [] };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const why = (error.message.split("\n")[0] ?? "").replace("Invalid TOML document: ", "");
    return { toml: null, places: [place(file, error, "toml_syntax", why)] };
  }
}

/** The text of UTF-8 bytes, or null when they are something else. */
export function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

function place(file: string, { line, column }: Spot, code: string, why: string): Place {
  return { severity: "error", code, message: `Cannot read "${file}": ${why}`, file, line, column, unit: null };
}

/** What is checked: a part of a document, by its path, against a schema. */
export type Part = { toml: Toml; path: KeyPath; unit?: string };

/** The part's value as its schema reads it; or null, and everything that is wrong with it at once. */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  { toml, path, unit }: Part,
): { value: z.infer<Schema> | null; places: Place[] } {
  const result = schema.safeParse(path.reduce<unknown>(child, toml.value));
  if (result.success) return { value: result.data, places: [] };
  const places = result.error.issues.flatMap(flatten).flatMap((issue) =>
    complaints(schema, issue).map(({ code, inner, why }): Place => {
      const full = [...path, ...inner];
      const message = `Cannot read "${dotted(full)}": ${why}`;
      return { severity: "error", code, message, file: toml.file, ...toml.at(full), unit: unit ?? null };
    }),
  );
  return { value: null, places: places.sort((a, b) => a.line! - b.line! || a.column! - b.column!) };
}

const child = (value: unknown, key: string | number): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;

export const dotted = (path: KeyPath): string =>
  path.map((part) => (/^[\w-]+$/.test(String(part)) ? String(part) : JSON.stringify(part))).join(".");

/** A union's issue as those of the branch that was meant: the one whose outer type fits. */
function flatten(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union") return [issue];
  const meant = issue.errors.find(
    (branch) => !branch.some(({ path, code }) => path.length === 0 && code === "invalid_type"),
  );
  if (meant) return meant.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })).flatMap(flatten);
  const wanted = issue.errors.flat().map((inner) => (inner.code === "invalid_type" ? inner.expected : inner.code));
  return [{ ...issue, code: "custom", message: `expected ${[...new Set(wanted)].join(" or ")}` }];
}

type Complaint = { code: string; inner: KeyPath; why: string };

function complaints(schema: z.ZodType, issue: z.core.$ZodIssue): Complaint[] {
  const inner = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => {
      const close = nearest(key, knownKeys(schema, inner));
      const why = `there is no such key${close === null ? "" : `; the nearest is "${close}"`}`;
      return { code: "key_unknown", inner: [...inner, key], why };
    });
  if (issue.code === "invalid_key")
    return [{ code: "value_invalid", inner, why: inWordsOfToml(issue.issues[0]?.message ?? issue.message) }];
  const missing = issue.code === "invalid_type" && issue.message.endsWith("received undefined");
  if (missing) return [{ code: "key_missing", inner, why: "it is missing" }];
  return [{ code: "value_invalid", inner, why: inWordsOfToml(issue.message) }];
}

const inWordsOfToml = (message: string): string =>
  message
    .replace(/^Invalid input: /, "")
    .replace(/^./, (letter) => letter.toLowerCase())
    .replace(/\barray\b/g, "list")
    .replace(/\bobject\b/g, "table");

/** The keys that the object at a path may have. */
function knownKeys(schema: unknown, path: KeyPath): string[] {
  const bare = unwrapped(schema);
  if (bare instanceof z.ZodUnion) return bare.options.flatMap((option) => knownKeys(option, path));
  const [key, ...rest] = path;
  if (key === undefined) return bare instanceof z.ZodObject ? Object.keys(bare.shape) : [];
  if (bare instanceof z.ZodObject) return knownKeys(bare.shape[key] ?? bare.def.catchall, rest);
  if (bare instanceof z.ZodRecord) return knownKeys(bare.valueType, rest);
  if (bare instanceof z.ZodArray) return knownKeys(bare.element, rest);
  return [];
}

function unwrapped(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable)
    return unwrapped(schema.def.innerType);
  if (schema instanceof z.ZodPrefault) return unwrapped(schema.def.innerType);
  if (schema instanceof z.ZodPipe) return unwrapped(schema.def.in);
  return schema;
}
