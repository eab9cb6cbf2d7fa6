import { DgovError } from "@dgov/governor/error";
import { SCHEMA_NAMES, schemaOf } from "@dgov/governor/schema";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { outputSchema } from "../output_schema.ts";

export const schema = defineCommand({
  name: "schema",
  summary: "Print the JSON Schema of a file that people write for dgov, or of what a command prints",
  details:
    "project: .dgov/project.toml; root and tasks: a plan; user: ~/.config/dgov/config.toml; script: the scripted provider's. With or without --json it is the schema itself.",
  examples: ["dgov schema project", "dgov schema --output plan-review"],
  args: z.strictObject({ name: z.enum(SCHEMA_NAMES).optional() }),
  flags: z.strictObject({
    output: z.string().optional().describe("What this command prints with --json; error: what one prints that fails"),
  }),
  async run({ name, output }) {
    if (name !== undefined && output === undefined) return schemaOf(name);
    if (name === undefined && output !== undefined) return outputSchema(output);
    throw new DgovError("usage", "Cannot print a schema: name one file, or a command by --output", {
      hint: `The files: ${SCHEMA_NAMES.join(", ")}`,
    });
  },
  text: (view) => JSON.stringify(view, null, 2),
});
