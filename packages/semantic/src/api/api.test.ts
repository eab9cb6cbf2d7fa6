import { expect, setDefaultTimeout, test } from "bun:test";
import { readDocument } from "./document.ts";
import { type ApiDiff, type ApiTexts, diffApis, filesNamedIn, KINDS, type NoDiff, RULES } from "./index.ts";
import { isEnough, type Need, needOf, nextVersion, versionOf } from "./version.ts";

setDefaultTimeout(120_000); // the machine may be busy

const one = (text: string): ApiTexts => ({ root: "api.yaml", files: { "api.yaml": text } });
const compare = (base: string, head: string): ApiDiff | NoDiff => diffApis(one(base), one(head), {});

const HEAD = "openapi: 3.1.0\ninfo: {title: T, version: 1.0.0}\n";
const withSchema = (schema: string, more = "") =>
  `${HEAD}paths: {/a: {post: {requestBody: {content: {application/json: {schema: ${schema}}}}, responses: {}}}}\n${more}`;

function diffOf(base: string, head: string): ApiDiff {
  const diff = compare(base, head);
  if ("unreadable" in diff) throw new Error(diff.unreadable);
  return diff;
}

test.each<[base: string, head: string, need: Need, enough: boolean, next: string]>([
  ["1.4.2", "2.0.0", "major", true, "2.0.0"],
  ["1.4.2", "1.5.0", "major", false, "2.0.0"],
  ["1.4.2", "1.5.0", "minor", true, "1.5.0"],
  ["1.4.2", "1.4.3", "minor", false, "1.5.0"],
  ["1.4.2", "1.4.3", "patch", true, "1.4.3"],
  ["1.4.2", "1.4.2", "none", true, "1.4.2"],
  ["1.4.2", "1.4.1", "none", false, "1.4.2"],
  ["1.4.2", "1.4.2", "patch", false, "1.4.3"],
  ["0.3.1", "0.4.0", "major", true, "0.4.0"],
  ["0.3.1", "0.3.2", "major", false, "0.4.0"],
  ["0.3.1", "0.3.2", "minor", true, "0.3.2"],
  ["0.3.1", "1.0.0", "major", true, "0.4.0"],
  ["2.0.0-rc.1", "2.0.0-rc.2", "major", true, "2.0.0"],
  ["2.0.0-rc.2", "2.0.0-rc.10", "major", true, "2.0.0"],
  ["2.0.0-rc.2", "2.0.0-rc.1", "major", false, "2.0.0"],
  ["2.1.0-rc.1", "2.1.0", "major", false, "3.0.0"],
  ["2.1.0-rc.1", "2.1.0", "minor", true, "2.1.0"],
  ["2.1.1-rc.1", "2.1.1", "minor", false, "2.2.0"],
  ["2.1.1-rc.1", "2.1.1", "patch", true, "2.1.1"],
  ["v1", "2", "major", true, "2.0.0"],
  ["1.0.0+build", "1.0.0+other", "patch", false, "1.0.1"],
])("D20 versions: %s -> %s, where %s is needed", (base, head, need, enough, next) => {
  const [from, to] = [versionOf(base)!, versionOf(head)!];
  expect([isEnough(from, to, need), nextVersion(from, need)]).toEqual([enough, next]);
});

test("D20 what is no version is none, and what is unknown may be breaking", () => {
  for (const text of ["", "2026-11-22", "1.2.3.4", "one", "1.x", "99999999999999999999"])
    expect(versionOf(text)).toBe(null);
  expect(needOf(["compatible", "unknown"])).toBe("major");
  expect(needOf(["documentation", "compatible"])).toBe("minor");
  expect(diffOf(HEAD.replace("1.0.0", "2026-11"), `${HEAD.replace("1.0.0", "2026-11")}paths: {/a: {}}`).enough).toBe(
    null,
  );
});

test("D20 a project may call a kind otherwise than the table", () => {
  const [base, head] = [withSchema("{type: string, enum: [a, b]}"), withSchema("{type: string, enum: [a]}")];
  expect(diffOf(base, head).need).toBe("major");
  const said = diffApis(one(base), one(head), { enum_value_removed: "compatible" });
  expect("need" in said && said.need).toBe("minor");
});

test("D20 the table says for each kind what it means either way, and what to do", () => {
  for (const kind of KINDS) {
    const { means, advice } = RULES[kind];
    expect([kind, /^[a-z]/.test(means), /[.]$/.test(advice)]).toEqual([kind, true, true]);
  }
  // What is sent must not be narrowed, and what is answered must not be widened.
  for (const kind of KINDS.filter((one) => /_(narrowed|imposed)$/.test(one)))
    expect([RULES[kind].request, RULES[kind].response]).toEqual(["breaking", "compatible"]);
  for (const kind of KINDS.filter((one) => /_(widened|lifted)$/.test(one)))
    expect([RULES[kind].request, RULES[kind].response]).toEqual(["compatible", "breaking"]);
});

test("D20 files beside the document are followed, and only these", () => {
  const root = `${HEAD}paths: {/a: {$ref: "paths/a.yaml"}}\n`;
  const path =
    'post:\n  requestBody: {content: {application/json: {schema: {$ref: "../schemas.json#/A"}}}}\n  responses: {}\n';
  const files = (type: string) => ({
    "api/api.yaml": root,
    "api/paths/a.yaml": path,
    "api/schemas.json": `{"A": {"type": "${type}"}}`,
  });
  const said = diffApis(
    { root: "api/api.yaml", files: files("string") },
    { root: "api/api.yaml", files: files("integer") },
    {},
  );
  expect("changes" in said && said.changes.map(({ kind, head }) => [kind, head?.file, head?.line])).toEqual([
    ["type_changed", "api/schemas.json", 1],
  ]);
  expect(filesNamedIn("api/api.yaml", root)).toEqual(["api/paths/a.yaml"]);
  expect(filesNamedIn("api/paths/a.yaml", path)).toEqual(["api/schemas.json"]);
  const strange = [
    "http://example.org/a",
    "//example.org/a",
    "/etc/passwd",
    "../../out",
    "C:\\a",
    "%",
    "#/b",
    "file:///etc/passwd",
  ];
  expect(strange.flatMap((ref) => filesNamedIn("api.yaml", `$ref: '${ref}'`))).toEqual([]);
});

test("D20 a reference that is not there any more is unknown, whatever stands beside it", () => {
  const base = withSchema('{$ref: "#/components/schemas/A"}', "components: {schemas: {A: {type: string}}}");
  const head = withSchema('{$ref: "#/components/schemas/A"}', "components: {schemas: {}}");
  expect(diffOf(base, head).changes.map(({ kind, level }) => [kind, level])).toEqual([
    ["reference_unknown", "unknown"],
  ]);
  expect(diffOf(head, head).changes.map(({ kind }) => kind)).toEqual(["reference_unknown"]);
});

const many = (count: number, text: (at: number) => string, by = "\n") =>
  Array.from({ length: count }, (_, at) => text(at)).join(by);
const BOMB = [
  "a: &a [x,x,x,x,x,x,x,x,x]",
  ...[..."bcdefghij"].map((c, at) => `${c}: &${c} [${many(9, () => `*${"abcdefghi"[at]}`, ",")}]`),
].join("\n");

test.each<[what: string, text: string, why: RegExp]>([
  ["a key twice in YAML", "a: 1\nb: 2\na: 3", /"a" is there twice/],
  ["a key twice in JSON", '{"a": 1, "a": 2}', /"a" is there twice/],
  ["aliases that grow without end", BOMB, /more than 1000000 values/],
  ["an alias in what it names", "a: &a\n  b: *a", /stands in what it names/],
  ["an alias of nothing", "a: *b", /alias/i],
  ["lists in lists in YAML", `a: ${"[".repeat(5000)}${"]".repeat(5000)}`, /deeper/],
  ["lists in lists in JSON", `{"a": ${"[".repeat(100_000)}`, /deeper/],
  ["a tag", "a: !!js/function 'x'", /tag/i],
  ["two documents", "a: 1\n---\nb: 2", /document/],
  ["a table as a key", "? {a: 1}\n: b", /key/],
  ["no JSON", '{"a": tru}', /no value/],
  ["JSON that goes on", "{} {}", /follows the end/],
  ["a text that does not end", '{"a": "b', /does not end/],
  ["YAML that is none", "a: }\n", /./],
])("D20 hostile document: %s", (_what, text, why) => {
  const read = readDocument(text);
  expect("unreadable" in read && read.unreadable).toMatch(why);
});

test("D20 hostile documents are read in time, and their keys are only keys", () => {
  // The library's own look for equal keys takes the square of their number: longer than this test may take.
  const wide = readDocument(many(100_000, (at) => `k${at}: 1`));
  const merged = readDocument(
    `a: &a {x: 1}\n${many(2000, (at) => `b${at}: &b${at}\n  <<: [*a${at ? `, *b${at - 1}` : ""}]\n  k: 1`)}`,
  );
  expect(["value" in wide, "value" in merged]).toEqual([true, true]);
  const proto = readDocument('{"__proto__": {"polluted": 1}, "constructor": 2}');
  expect("value" in proto && Object.keys(proto.value as object)).toEqual(["__proto__", "constructor"]);
  expect(({} as { polluted?: number }).polluted).toBe(undefined);
});

test("D20 schemas that refer to each other without end come to an end", () => {
  const chain = (leaf: string) =>
    withSchema(
      '{$ref: "#/components/schemas/A0"}',
      `components:\n  schemas:\n${many(3000, (at) => `    A${at}: {properties: {next: {$ref: "#/components/schemas/A${at + 1}"}}}`)}\n    A3000: {type: ${leaf}}\n`,
    );
  expect(diffOf(chain("string"), chain("integer")).changes.map(({ kind, operations }) => [kind, operations])).toEqual([
    ["type_changed", ["POST /a"]],
  ]);
  const circle = withSchema(
    '{$ref: "#/components/schemas/A"}',
    'components: {schemas: {A: {$ref: "#/components/schemas/B"}, B: {$ref: "#/components/schemas/A"}}}',
  );
  expect(diffOf(circle, circle).need).toBe("none");
  const knot = 'components: {schemas: {A: {anyOf: [{anyOf: [{$ref: "#/components/schemas/A"}]}]}}}';
  expect(
    diffOf(withSchema('{$ref: "#/components/schemas/A"}', knot), withSchema('{$ref: "#/components/schemas/A"}', knot))
      .need,
  ).toBe("none");
  const dense = (more: string) =>
    withSchema(
      '{$ref: "#/components/schemas/A0"}',
      `components:\n  schemas:\n${many(400, (at) => `    A${at}: {allOf: [${many(400, (to) => `{$ref: "#/components/schemas/A${to}"}`, ", ")}], properties: {p${at}: {$ref: "#/components/schemas/A${(at + 1) % 400}"}}${more}}`)}\n`,
    );
  const said = compare(dense(""), dense(", minimum: 1"));
  expect("unreadable" in said ? said.unreadable : said.need).toMatch(/too large|major/);
});

test.each<[text: string, why: string]>([
  ["swagger: '2.0'\ninfo: {version: 1.0.0}", "it is Swagger, and OpenAPI 3.0 and 3.1 are known"],
  ["openapi: 3.2.0", "it is OpenAPI 3.2.0, and OpenAPI 3.0 and 3.1 are known"],
  ["openapi: 3.10.0", "it is OpenAPI 3.10.0, and OpenAPI 3.0 and 3.1 are known"],
  ["a: 1", "it is no OpenAPI document, and OpenAPI 3.0 and 3.1 are known"],
  ["- a", "it is no table"],
  ["", "it is no table"],
])("D20 what is no document of a known kind is not compared: %s", (text, why) => {
  expect(compare(HEAD, text)).toMatchObject({ side: "head", unreadable: why });
  expect(compare(text, HEAD)).toMatchObject({ side: "base", unreadable: why });
});

test("D20 lines are those of the file, in JSON and in YAML", () => {
  const json = (type: string) =>
    `{"openapi": "3.0.0", "info": {"version": "1.0.0"},\n "paths": {"/a": {\n  "get": {"parameters": [\n   {"name": "q", "in": "query",\n    "schema": {"type": "${type}"}}], "responses": {}}}}}`;
  expect(diffOf(json("string"), json("integer")).changes.map(({ head }) => [head?.line, head?.pointer])).toEqual([
    [5, "/paths/~1a/get/parameters/0/schema"],
  ]);
});
