import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import { COMMANDS } from "../packages/cli/src/commands.ts";
import { jsonIn } from "../packages/governor/src/json_text.ts";
import { openShop, perform, type Shop, type Stage, wordsOf } from "./example_shop.ts";

setDefaultTimeout(180_000);

/** Where an example does not work in the shop as it is: from an earlier stage, or after these lines. */
const BEFORE: Readonly<Record<string, { stage?: Stage; lines?: readonly string[]; without?: string }>> = {
  init: { stage: "planned", without: ".dgov" },
  run: { stage: "planned" },
  "attest sign": { without: "RUN.attestation.json" },
  "jobs submit": { stage: "planned" },
  "jobs retry": { lines: ["dgov jobs cancel JOB"] },
  cancel: { stage: "waiting" },
  skip: { stage: "waiting" },
  retry: { stage: "waiting", lines: ["dgov skip publish", "dgov run release --yes"] },
  approve: { stage: "waiting" },
  reject: { stage: "waiting" },
  findings: { stage: "reviewed" },
  answer: { stage: "reviewed" },
  dismiss: { stage: "reviewed" },
  unpause: { lines: ["dgov pause"] },
};

const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
const examples = commands.flatMap(({ name, examples }) => examples.map((line) => [line, name] as const));
let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.stop());

test("each command has an example, which begins with it", () => {
  const strange = commands.filter(
    ({ name, examples }) => examples.length === 0 || examples.some((line) => !`${line} `.startsWith(`dgov ${name} `)),
  );
  expect(strange.map(({ name }) => name)).toEqual([]);
});

test.each(examples)("I1 %s", async (line, name) => {
  const { stage = "worked", lines = [], without } = BEFORE[name] ?? {};
  shop.restore(stage);
  if (without !== undefined) rmSync(join(shop.root, filled(without)), { recursive: true });
  for (const earlier of lines) await perform(shop, filled(earlier));
  const { exit, json, text, out } = await perform(shop, filled(line));
  expect(json === undefined ? out : [...out, JSON.stringify(json)]).toSatisfy(isData);
  const said = json === undefined ? out.join("\n") : text();
  expect({ exit, said }).toEqual({ exit: 0, said: expect.stringMatching(/\S|^$/) });
  if (json === undefined) expect(schemaOf(name)).toBeNull();
  else expect(faultsOf(name, json)).toEqual([]);
});

test("what is not as a schema says is noticed", async () => {
  shop.restore("worked");
  const { json } = await perform(shop, "dgov status");
  expect(faultsOf("status", { ...Object(json), tasks: "two" })).toEqual(["/tasks must be number"]);
  expect(faultsOf("status", { ...Object(json), more: 1 })).toEqual([" must NOT have additional properties"]);
  const error = { code: "usage", message: "Cannot go on", hint: "", places: [], exit: 2 };
  expect(faultsOf("error", { error })).toEqual([]);
  expect(faultsOf("error", { error: { ...error, stack: "" } })).toHaveLength(1);
});

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });

/** The published schema of what a command prints with `--json`; null where it streams. */
function schemaOf(name: string): object | null {
  const path = join(import.meta.dir, `../docs/schemas/output/${name.replaceAll(" ", "-")}.schema.json`);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : null;
}

/** Where a document, as a reader of JSON gets it, is not what the schema of the command says. */
function faultsOf(name: string, json: unknown): string[] {
  const schema = schemaOf(name);
  if (schema === null) return ['there is no schema: run "bun scripts/output_schemas.ts"'];
  const check = ajv.compile(schema);
  check(JSON.parse(JSON.stringify(json)));
  return (check.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** With --json a command says one document, or streams nothing but lines that each are one. */
const isData = (said: string[]): boolean =>
  said
    .join("\n")
    .split("\n")
    .every((line) => line === "" || jsonIn(line) !== undefined);

/** Ids in the place of the words in capitals. */
const filled = (line: string): string =>
  Object.entries(shop.ids).reduce((text, [word, id]) => text.replaceAll(new RegExp(`\\b${word}\\b`, "g"), id), line);

test("an example is read as a shell would read it", () => {
  expect(wordsOf(`dgov a "b c" '{"d":"e f"}' --g=h`)).toEqual(["dgov", "a", "b c", '{"d":"e f"}', "--g=h"]);
});
