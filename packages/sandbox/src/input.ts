import { z } from "zod";
import { ClaimError, normalisePath } from "./claim.ts";
import { nearest } from "./nearest.ts";
import type { Tool } from "./tool.ts";

/** A path that names a file: its one spelling comes out. */
export const FilePath = z.string().transform((text, context) => {
  if (/[^/\s]\/\s*$/.test(text)) return refuse(text, "it ends with a slash, and a file is wanted", context);
  return spell(text, context);
});

/** A path that may also name a directory, also the root itself, which is ".". */
export const AnyPath = z.string().transform((text, context) => {
  return /^\s*(\.?\/?|\.\/\.)\s*$/.test(text) && text.trim() !== "/" ? "." : spell(text, context);
});

/** A text that can stand in a command line or a search. */
export const Line = z.string().refine((text) => !text.includes("\0"), "it has a NUL character");

/** A name as a program has it, with its owner or without: one line, so that it is one pattern. */
export const SymbolName = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .refine((text) => !/[\0\s]/.test(text), "it has white space, and a name has none");

export type Parsed = { ok: true; input: unknown } | { ok: false; text: string };

const INPUT_MAX_CHARS = 4_000_000;

/**
 * Reads the arguments a model sent. Tolerant where models are careless (nothing at all, null for an absent argument,
 * an absolute path inside the root), strict in everything else. Never throws.
 *
 * `root`  absolute path of the worktree, so that absolute spellings of its files are understood; null: none are
 */
export function parseInput(tool: Tool, raw: string, root: string | null): Parsed {
  if (raw.length > INPUT_MAX_CHARS) return bad(tool, `they are longer than ${INPUT_MAX_CHARS} characters`);
  const json = parseJson(raw);
  if (!json.ok) return bad(tool, `arguments contain invalid JSON (${json.why})`);
  const value = json.value ?? {};
  if (typeof value !== "object" || Array.isArray(value)) return bad(tool, "arguments must be a JSON object");
  const parsed = tool.input.safeParse(tidy({ ...value }, root));
  if (parsed.success) return { ok: true, input: parsed.data };
  return bad(tool, parsed.error.issues.map((issue) => explain(tool, issue)).join("; "));
}

/** The JSON Schema that a model is shown. It is made once for a tool: all of them together take as long as a command. */
export function inputSchema(tool: Tool): Readonly<Record<string, unknown>> {
  const known = schemas.get(tool);
  if (known !== undefined) return known;
  const { $schema: _, ...schema } = z.toJSONSchema(tool.input, { io: "input" });
  schemas.set(tool, schema);
  return schema;
}
const schemas = new WeakMap<Tool, Readonly<Record<string, unknown>>>();

const PATH_KEYS = ["path", "file"];

function tidy(value: Record<string, unknown>, root: string | null): Record<string, unknown> {
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(
    entries.map(([key, item]) => {
      if (typeof item !== "string") return [key, item];
      if (root !== null && PATH_KEYS.includes(key) && item === root) return [key, "."];
      if (root !== null && PATH_KEYS.includes(key) && item.startsWith(`${root}/`))
        return [key, item.slice(root.length + 1)];
      return [key, item];
    }),
  );
}

const Properties = z.object({ properties: z.record(z.string(), z.object({ type: z.string().optional() })) });
const propertiesOf = (tool: Tool) => Properties.parse(inputSchema(tool)).properties;

function explain(tool: Tool, issue: z.core.$ZodIssue): string {
  const names = Object.keys(propertiesOf(tool));
  if (issue.code === "unrecognized_keys" && issue.path.length > 0)
    return `unknown ${issue.keys.map((key) => `"${key}"`).join(", ")} in "${issue.path.join(".")}"`;
  if (issue.code === "unrecognized_keys") {
    const takes = names.length === 0 ? "it takes none" : `it takes ${names.join(", ")}`;
    return issue.keys
      .map((key) => {
        const near = nearest(key, names);
        return `unknown argument "${key}"${near === null ? "" : `, did you mean "${near}"?`} (${takes})`;
      })
      .join("; ");
  }
  const where = issue.path.join(".");
  if (issue.code === "invalid_type" && issue.input === undefined && /undefined/.test(issue.message))
    return `argument "${where}" is missing`;
  return `argument "${where}": ${issue.message}`;
}

const bad = (tool: Tool, why: string): Parsed => ({ ok: false, text: `Error: Cannot call "${tool.name}": ${why}` });

function parseJson(raw: string): { ok: true; value: unknown } | { ok: false; why: string } {
  if (raw.trim() === "") return { ok: true, value: {} };
  try {
    return { ok: true, value: JSON.parse(raw) };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : "unreadable" };
  }
}

function spell(text: string, context: z.RefinementCtx): string {
  try {
    return normalisePath(text);
  } catch (error) {
    if (error instanceof ClaimError) return refuse(text, error.why, context);
    throw error;
  }
}

function refuse(text: string, why: string, context: z.RefinementCtx): never {
  const shown = JSON.stringify(text.slice(0, 200));
  const note = text.includes("..") ? " (path traversal)" : "";
  context.addIssue({ code: "custom", message: `the path ${shown} is refused: ${why}${note}` });
  return z.NEVER;
}
