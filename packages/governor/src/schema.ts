import { Script } from "@dgov/worker/scripted";
import { z } from "zod";
import { ProjectFile } from "./config_file.ts";
import { NAME, RootFile, TaskTable } from "./plan/source.ts";

/** The JSON Schemas that editors complete and check plan files with, by file name. Made from the schemas that dgov itself reads with. */
export function schemaFiles(): Readonly<Record<string, string>> {
  const TasksFile = z.strictObject({ tasks: z.record(z.string().regex(NAME), TaskTable).optional() });
  const schemas = {
    project: ["dgov: .dgov/project.toml", ProjectFile],
    root: ["dgov: _root.toml of a plan", RootFile],
    tasks: ["dgov: tasks of a plan", TasksFile],
    script: ["dgov: script.json of the scripted provider", Script],
  } as const;
  return Object.fromEntries(
    Object.entries(schemas).map(([name, [title, schema]]) => [`${name}.schema.json`, schemaText(title, schema)]),
  );
}

function schemaText(title: string, schema: z.ZodType): string {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`;
}
