import { SCHEMA_NAMES, schemaOf } from "@dgov/governor/schema";
import { z } from "zod";
import { defineCommand } from "../command.ts";

export const schema = defineCommand({
  name: "schema",
  summary: "Print the JSON Schema of a file that people write for dgov",
  details:
    "project: .dgov/project.toml; root and tasks: a plan; user: ~/.config/dgov/config.toml; script: the scripted provider's. With or without --json it is the schema itself.",
  examples: ["dgov schema project", "dgov schema user"],
  args: z.strictObject({ name: z.enum(SCHEMA_NAMES) }),
  flags: z.strictObject({}),
  run: async ({ name }) => schemaOf(name),
  text: (view) => JSON.stringify(view, null, 2),
});
