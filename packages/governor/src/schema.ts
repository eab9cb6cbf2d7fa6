import { Script } from "@dgov/worker/scripted";
import { z } from "zod";
import { ProjectFile } from "./config_file.ts";
import { ContractFile } from "./plan/contract/file.ts";
import { NAME, RootFile, TaskTable } from "./plan/source.ts";
import { UserFile } from "./user_file.ts";

/** What a person writes for dgov, by the name of its schema. */
export const SCHEMA_NAMES = ["project", "root", "tasks", "contract", "script", "user"] as const;
export type SchemaName = (typeof SCHEMA_NAMES)[number];

const TasksFile = z.strictObject({ tasks: z.record(z.string().regex(NAME), TaskTable).optional() });
const SCHEMAS: Readonly<Record<SchemaName, readonly [title: string, schema: z.ZodType]>> = {
  project: ["dgov: .dgov/project.toml", ProjectFile],
  root: ["dgov: _root.toml of a plan", RootFile],
  tasks: ["dgov: tasks of a plan", TasksFile],
  contract: ["dgov: _contract.toml of a plan", ContractFile],
  script: ["dgov: script.json of the scripted provider", Script],
  user: ["dgov: ~/.config/dgov/config.toml", UserFile],
};

/** The JSON Schema (draft 2020-12) that editors complete and check a file with. Made from the schema that dgov itself reads with. */
export function schemaOf(name: SchemaName): Readonly<Record<string, unknown>> {
  const [title, schema] = SCHEMAS[name];
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return { $schema, title, ...rest };
}

export const schemaText = (name: SchemaName): string => `${JSON.stringify(schemaOf(name), null, 2)}\n`;

/** Those of a repository's own files, by file name. */
export const schemaFiles = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    SCHEMA_NAMES.filter((name) => name !== "user").map((name) => [`${name}.schema.json`, schemaText(name)]),
  );
