// The JSON Schemas in docs/schemas: written anew, or with --check compared with what dgov reads by.
// Usage: bun scripts/schemas.ts [--check]

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SCHEMA_NAMES, schemaText } from "../packages/governor/src/schema.ts";

const FOLDER = join(import.meta.dir, "../docs/schemas");
const stale = SCHEMA_NAMES.map((name) => ({
  path: join(FOLDER, `${name}.schema.json`),
  text: schemaText(name),
})).filter(({ path, text }) => !existsSync(path) || readFileSync(path, "utf8") !== text);
if (process.argv.includes("--check")) {
  if (stale.length > 0)
    console.log('docs/schemas is not what dgov reads by: write it anew with "bun scripts/schemas.ts"');
  process.exit(stale.length > 0 ? 1 : 0);
}
mkdirSync(FOLDER, { recursive: true });
for (const { path, text } of stale) writeFileSync(path, text);
