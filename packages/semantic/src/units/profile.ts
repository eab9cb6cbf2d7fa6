import { z } from "zod";

const names = z.array(z.string()).default([]);
const table = <T extends z.ZodType>(value: T) => z.record(z.string(), value).default({});

/** How the text of a leaf is read before it is hashed: `raw` as it stands, `nothing` not at all. docs/grammars.md. */
export const leafReading = z.enum(["raw", "nothing", "number", "quoted", "quoted_string", "string_prefix", "quote"]);
export type LeafReading = z.infer<typeof leafReading>;

/** The `syntax` table of a profile: what in a tree means nothing, so that two texts may differ in it and be the same. */
export const syntaxProfile = z.strictObject({
  trivia: names,
  parentheses: names,
  kept_parentheses: z.strictObject({ in: names, around: names }).default({ in: [], around: [] }),
  same: table(z.string()),
  leaves: table(leafReading),
  idle_tokens: table(z.array(z.string())),
  idle_at_the_end: z.strictObject({ tokens: names, not_in: names }).default({ tokens: [], not_in: [] }),
  last_comma_counts: names,
  idle_when_empty: table(z.array(z.string())),
});
export type SyntaxProfile = z.infer<typeof syntaxProfile>;

const parameterRule = z.strictObject({
  kind: z.enum(["rest", "named_rest"]).optional(),
  optional: z.boolean().default(false),
  separates: z.enum(["placed", "named"]).optional(),
  ignored: z.boolean().default(false),
});

/** The fields in which the parts of a callable and of a parameter stand, each by the first that is there. */
const fields = z.strictObject({
  parameters: names.default(["parameters", "parameter"]),
  returns: names.default(["return_type", "result"]),
  name: names.default(["pattern", "name", "left"]),
  default: names.default(["value", "right"]),
  type: z.string().default("type"),
  body: z.string().default("body"),
});

/** The `units` table of a profile: what stands around definitions, and where their parts are. */
export const unitsProfile = z.strictObject({
  wrappers: names,
  decorators: names,
  decorator_meanings: table(z.strictObject({ kind: z.enum(["property"]).optional(), role: z.string().optional() })),
  blocks: z.strictObject({ statements: names, clauses: names, bodies: names }).default({
    statements: [],
    clauses: [],
    bodies: [],
  }),
  bodies: names,
  through: names,
  separators: names,
  loose_ends: names,
  values: names,
  doc_comments: names,
  fields: fields.prefault({}),
  async: z.string().nullable().default(null),
  parameters: z
    .strictObject({
      kind: z.enum(["either", "placed"]),
      after_rest: z.enum(["named", "placed"]),
      nodes: table(parameterRule),
    })
    .default({ kind: "placed", after_rest: "placed", nodes: {} }),
  generator: z.strictObject({ token: z.string().optional(), holds: names, not_in: names }).default({
    holds: [],
    not_in: [],
  }),
});
export type UnitsProfile = z.infer<typeof unitsProfile>;
