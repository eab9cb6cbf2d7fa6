type Json = Readonly<Record<string, unknown>>;

/** Keywords whose value is a table of schemas by names of the author's, and those that hold no schema. */
const TABLES = new Set(["properties", "$defs", "definitions"]);
const VALUES = new Set(["default", "const", "enum", "examples"]);
const DEPTH_MAX = 64;
const STEPS_MAX = 10_000;

/**
 * Refuses a JSON Schema with which the governor could be busy for ever: it reads the schema, and checks by it what a model
 * sends, in its own process. The component can check what is left to it, where its time is limited.
 *
 * @throws Error when it leads back to itself, nests too deep, unfolds to too much, or has regular expressions
 */
export function refuseEndless(root: Json): void {
  let steps = 0;
  const all = (values: unknown, depth: number): void => {
    for (const value of Object.values(isObject(values) ? values : {})) visit(value, depth);
  };
  const visit = (schema: unknown, depth: number): void => {
    if (Array.isArray(schema)) all({ ...schema }, depth);
    if (!isObject(schema)) return;
    if (depth > DEPTH_MAX) throw new Error(`it leads back to itself, or nests deeper than ${DEPTH_MAX} levels`);
    if (++steps > STEPS_MAX) throw new Error(`it unfolds to more than ${STEPS_MAX} parts`);
    if (typeof schema.pattern === "string" || schema.patternProperties !== undefined)
      throw new Error("it has a regular expression, which could take for ever; let the component check it");
    if (typeof schema.$ref === "string") visit(target(root, schema.$ref), depth + 1);
    for (const [key, value] of Object.entries(schema)) {
      if (TABLES.has(key)) all(value, depth + 1);
      else if (!VALUES.has(key)) visit(value, depth + 1);
    }
  };
  visit(root, 0);
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What a reference within the schema means; undefined: nothing, and who reads the schema will say so. */
const target = (root: Json, ref: string): unknown =>
  ref
    .split("/")
    .slice(1)
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), root);
