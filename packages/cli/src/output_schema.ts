import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DgovError } from "@dgov/governor/error";
import { nearest } from "@dgov/governor/nearest";

/** In the executable the folder is an asset (scripts/build.ts), from source it is the repository's. */
const FOLDER = Bun.isStandaloneExecutable
  ? join(import.meta.dir, "output")
  : resolve(import.meta.dir, "../../../docs/schemas/output");
const ENDING = ".schema.json";

/**
 * The JSON Schema of what a command prints with --json, by its words ("plan review", or "plan-review"); `error`: of what any
 * command prints that fails.
 *
 * @throws DgovError `usage` where no document of that name is printed
 */
export function outputSchema(command: string): Readonly<Record<string, unknown>> {
  const known = readdirSync(FOLDER).flatMap((file) => (file.endsWith(ENDING) ? file.slice(0, -ENDING.length) : []));
  const name = command.trim().replace(/\s+/g, "-");
  if (known.includes(name)) return JSON.parse(readFileSync(join(FOLDER, `${name}${ENDING}`), "utf8"));
  const close = nearest(name, known);
  throw new DgovError("usage", `Cannot print the schema of "${command}": it is no command that prints a document`, {
    hint: close === null ? 'See the commands with "dgov help"' : `Did you mean "${close}"?`,
  });
}
