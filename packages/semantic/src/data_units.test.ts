import { describe, expect, test } from "bun:test";
import { unitsIn } from "./testing/units_in.ts";
import type { Unit } from "./unit.ts";

const keysOf = (units: readonly Unit[]): string[] =>
  units.flatMap(({ kind, key, children }) => [...(kind === "key" ? [key] : []), ...keysOf(children)]);

const textsOf = (text: string, units: readonly Unit[]): Record<string, [gap: string, span: string]> =>
  Object.fromEntries(
    units.flatMap((unit) => [
      [unit.key, [text.slice(...unit.gap), text.slice(...unit.span)]],
      ...Object.entries(textsOf(text, unit.children)),
    ]),
  );

describe("keys of JSON", () => {
  const text = '{\n  // on top\n  "a": {"b": 1, "c": [{"no": 1}]}, // behind\n  "d": "x"\n}\n';

  test("are units wherever an object holds them, and not in lists", () => {
    expect(keysOf(unitsIn("json", text))).toEqual(["a", "a.b", "a.c", "d"]);
    expect(keysOf(unitsIn("json", "[1, 2]"))).toEqual([]);
  });

  test("commas are in the gap of what follows, and comments are kept", () => {
    const texts = textsOf(text, unitsIn("json", text));
    expect(texts.a).toEqual(["\n  // on top\n  ", '"a": {"b": 1, "c": [{"no": 1}]}']);
    expect(texts.d).toEqual([", // behind\n  ", '"d": "x"']);
  });
});

describe("keys of TOML", () => {
  const text =
    'a.b = 1 # one\n\n# about t\n[t]\nx = { y = 1, z = 2 }\n\n# about bin\n[[bin]]\nname = "q"\n\n[[o]]\nk = 1\n';

  test("are tables and what is in them; of a list of tables those with a name", () => {
    expect(keysOf(unitsIn("toml", text))).toEqual(["a.b", "t", "t.x", "t.x.y", "t.x.z", "bin, q", "bin, q.name"]);
  });

  test("a comment in front of a table is its own", () => {
    const texts = textsOf(text, unitsIn("toml", text));
    expect(texts["a.b"]).toEqual(["", "a.b = 1 # one"]);
    expect(texts.t).toEqual(["\n\n# about t\n", "[t]\nx = { y = 1, z = 2 }"]);
    expect(texts["bin, q"]?.[0]).toBe("\n\n# about bin\n");
  });
});

describe("keys of YAML", () => {
  const text = "# top\na: # first\n  # about b\n  b: [1, 2]\n  # below\n\nd: {e: 1, f: 2}\n---\na: 2\n";

  test("are units in mappings, in each document by itself", () => {
    expect(unitsIn("yaml", text).map(({ key }) => key)).toEqual(["document", "document#2"]);
    expect(keysOf(unitsIn("yaml", text))).toEqual(["a", "a.b", "d", "d.e", "d.f", "a#2"]);
  });

  test("a comment below what it is not indented with belongs to what follows", () => {
    const texts = textsOf(text, unitsIn("yaml", text));
    expect(texts["a.b"]).toEqual(["\n  # about b\n  ", "b: [1, 2]"]);
    expect(texts.d?.[0]).toBe("\n  # below\n\n");
  });
});

test("documentation right below what stands above it has an end", () => {
  const [, unit] = unitsIn("rust", "mod a;\n/// one\n/// two\nmod b;\n");
  expect(unit?.parts.doc).toEqual([7, 22]);
});
