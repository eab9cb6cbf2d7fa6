import { KINDS, LEVELS, type Overrides } from "@dgov/semantic/api_rules";
import { z } from "zod";

/**
 * An interface that a document describes, compared with what the target says of it. `every`: each change needs a raised
 * version, not only breaking ones. `semver`: it must go so far as the change needs; else another one will do.
 */
export type Api = { document: string; every: boolean; semver: boolean; rules: Overrides };

const document = z
  .string()
  .refine((path) => /^[^/~\\][^\\]*\.(ya?ml|json)$/i.test(path) && !/(^|\/)\.\.(\/|$)/.test(path), {
    error: "it must be a .yaml, .yml or .json file in the repository",
  });

/** `[api.NAME]`: an interface that an OpenAPI document describes. */
export const ApiTable = z.strictObject({
  document: document.describe("The OpenAPI document, 3.0 or 3.1, relative to the repository's root"),
  needs: z
    .enum(["breaking", "every"])
    .default("breaking")
    .describe("Which changes need a raised version: breaking ones, or every change"),
  versions: z
    .enum(["semver", "any"])
    .default("semver")
    .describe("semver: as far as the change needs; any: another one will do, as a date"),
  rules: z
    .partialRecord(z.enum(KINDS), z.enum(LEVELS))
    .default({})
    .describe("What a kind of change means here, where that is not what docs/api.md says"),
});

export const apisOf = (tables: Readonly<Record<string, z.infer<typeof ApiTable>>>): Record<string, Api> =>
  Object.fromEntries(
    Object.entries(tables).map(([name, { document: path, needs, versions, rules }]) => [
      name,
      { document: path, every: needs === "every", semver: versions === "semver", rules },
    ]),
  );
