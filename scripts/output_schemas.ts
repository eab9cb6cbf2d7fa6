// The JSON Schemas of what commands print with --json, in docs/schemas/output: made of the types of their views.
// Usage: bun scripts/output_schemas.ts [--check]

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildGenerator, getProgramFromFiles, type JsonSchemaGenerator } from "typescript-json-schema";
import { z } from "zod";

const ROOT = resolve(import.meta.dir, "..");
const FOLDER = join(ROOT, "docs/schemas/output");
const Reference = z.looseObject({ $ref: z.string() });
const Table = z.looseObject({
  type: z.literal("object"),
  additionalProperties: z.literal(false),
  properties: z.undefined().optional(),
});

/** Texts with a brand, which the generator takes for objects. */
const BRANDS = ["RunId", "TaskId"];

/** How a command is written in the table of commands. */
const ROW = /^ {2}"?([\w -]+)"?: async \(\) => \(await import\("\.\/(commands\/\w+\.ts)"\)\)\.(\w+),$/gm;

const wanted = schemas();
const there = new Set(readdirSync(FOLDER, { withFileTypes: true }).map(({ name }) => name));
const stale = [...wanted].filter(
  ([name, text]) => !there.has(name) || readFileSync(join(FOLDER, name), "utf8") !== text,
);
const over = [...there].filter((name) => !wanted.has(name));
if (process.argv.includes("--check")) {
  const names = [...stale.map(([name]) => name), ...over];
  if (names.length > 0)
    console.log(`docs/schemas/output is stale: run "bun scripts/output_schemas.ts"\n  ${names.join("\n  ")}`);
  process.exit(names.length > 0 ? 1 : 0);
}
for (const [name, text] of stale) writeFileSync(join(FOLDER, name), text);
for (const name of over) rmSync(join(FOLDER, name));

/** Each file's name and text. A command that prints no document (it streams) has none. */
function schemas(): Map<string, string> {
  const table = readFileSync(join(ROOT, "packages/cli/src/commands.ts"), "utf8");
  const rows = [...table.matchAll(ROW)].map(([, name = "", file = "", value = ""]) => ({ name, file, value }));
  const generator = generatorOf(rows);
  const found = new Map([["error.schema.json", textOf("error", generator.getSchemaForSymbol("Output_error"))]]);
  for (const { name, value } of rows) {
    const schema = generator.getSchemaForSymbol(`Output_${value}`);
    if (schema.properties !== undefined && Object.keys(schema.properties).length === 0)
      throw new Error(`Cannot tell what "dgov ${name}" prints: its view is typed as "object" alone`);
    if (schema.type === "null") continue; // never: it has streamed what it had to say
    found.set(`${name.replaceAll(" ", "-")}.schema.json`, textOf(name, schema));
  }
  return found;
}

/** A module in a private folder names the views, so that no file of ours has to. */
function generatorOf(rows: readonly { file: string; value: string }[]): JsonSchemaGenerator {
  const folder = mkdtempSync(join(tmpdir(), "dgov-schemas-"));
  try {
    const source = join(ROOT, "packages/cli/src");
    const lines = rows.map(({ file, value }) => {
      const view = `Exclude<(typeof import(${JSON.stringify(join(source, file))}))["${value}"]["view"], undefined>`;
      return `export type Output_${value} = [${view}] extends [never] ? null : ${view};`;
    });
    lines.push(`export type Output_error = import(${JSON.stringify(join(source, "print.ts"))}).Failed;`);
    writeFileSync(join(folder, "views.ts"), lines.join("\n"));
    const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, "tsconfig.json"), "utf8"));
    const files = [join(folder, "views.ts"), join(source, "text.d.ts")];
    const program = getProgramFromFiles(files, { ...compilerOptions, types: [] }, ROOT);
    const generator = buildGenerator(program, {
      noExtraProps: true,
      required: true,
      strictNullChecks: true,
      ignoreErrors: true,
      ref: false,
    });
    if (generator === null) throw new Error("Cannot make schemas: the types cannot be read");
    for (const name of BRANDS) generator.setSchemaOverride(name, { type: "string" });
    return generator;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function textOf(name: string, schema: object): string {
  const title = name === "error" ? "dgov: any command with --json that fails" : `dgov: ${name} --json`;
  const whole = { $schema: "http://json-schema.org/draft-07/schema#", title, ...schema };
  return `${JSON.stringify(whole, (_key, part) => opened(part), 2)}\n`;
}

/**
 * A table by names (`Readonly<Record<string, …>>`) comes out as an object without a key, which nothing would ever fit, and what
 * holds itself (any JSON) as a reference to nowhere.
 */
function opened(part: unknown): unknown {
  if (Reference.safeParse(part).success) return {};
  const table = Table.safeParse(part);
  return table.success ? { ...table.data, additionalProperties: true } : part;
}
