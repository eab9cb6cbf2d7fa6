import { expect, test } from "bun:test";
import { claims, SCOPE } from "../../../test/lab.ts";
import type { Files } from "./host.ts";
import { type CompareSymbols, createSymbolClaims, type Touched } from "./symbol_claims.ts";
import { HostError } from "./tool.ts";

const bytes = (text: string) => Buffer.from(text);

/** A task that may change `f` of a.py, where these contents stand, and a comparison that answers this. */
function task(touched: Touched, content: Map<string, string> = new Map([["a.py", "base"]])) {
  const opened: string[] = [];
  const files: Files = {
    stat: (path) => (content.has(path) ? { kind: "file", size_bytes: 1, mode: 0o644 } : null),
    readBytes: (path) => bytes(content.get(path) ?? ""),
    readText: (path) => content.get(path) ?? "",
    write: (path, text) => void content.set(path, text.toString()),
    remove: (path) => void content.delete(path),
    list: () => ({ entries: [], count: 0 }),
  };
  const compare: CompareSymbols = () => touched;
  const symbols = createSymbolClaims({
    ...{ files, scope: { ...SCOPE, write: claims("a.py::f", "b.py", "c.py::f", "c.py") } },
    base: async () => bytes("base"),
    open: async () => {
      opened.push("once");
      return compare;
    },
  });
  if (symbols === null) throw new Error("There are claims on symbols, and nothing keeps them");
  return { symbols, content, opened };
}

const foreign = { foreign: [{ symbol: "g", line: 3 }] };

test("without a claim on a symbol there is nothing to keep", () => {
  const { files, base } = { files: {} as Files, base: async () => null };
  expect(createSymbolClaims({ scope: { ...SCOPE, write: claims("a.py") }, files, base, open: null })).toBeNull();
  expect(
    createSymbolClaims({ scope: { ...SCOPE, write: claims("a.py", "a.py::f") }, files, base, open: null }),
  ).toBeNull();
});

test("what compares is brought once, and only where symbols alone are claimed and the base is not what is written", async () => {
  const { symbols, opened } = task({ foreign: [] });
  for (const path of ["b.py", "c.py", "d.py"]) await symbols.judge("write", path, bytes("other"));
  await symbols.judge("write", "a.py", bytes("base"));
  expect(opened).toEqual([]);
  await symbols.judge("write", "a.py", bytes("one"));
  await symbols.judge("remove", "a.py", null);
  expect(opened).toEqual(["once"]);
});

test.each<[string, Touched, string | null]>([
  ["nothing else", { foreign: [] }, null],
  ["a text in the making", { unfinished: true }, null],
  ["another symbol", foreign, 'it touches "g" (line 3), and of this file the task may change "f"'],
  ["the same one twice", { foreign: [...foreign.foreign, { symbol: "g", line: 9 }] }, 'it touches "g" (line 3), and'],
  ["what nobody knows", { unknown: "it is binary" }, "it is binary, so what it touches is not known, and of this file"],
  ["many", { foreign: [..."abcdefgh"].map((symbol) => ({ symbol, line: 1 })) }, '"e" (line 1) and 3 more, and of this'],
])("a write that touches %s", async (_, touched, why) => {
  const judged = task(touched)
    .symbols.judge("write", "a.py", bytes("new"))
    .then(
      () => null,
      (error) => error,
    );
  const error = await judged;
  if (why === null) expect(error).toBeNull();
  else {
    expect(error).toBeInstanceOf(HostError);
    expect(error).toMatchObject({ code: "not_claimed", message: expect.stringContaining(why) });
  }
});

test("where nobody can compare, nothing is let through", async () => {
  const alone = createSymbolClaims({
    ...{ scope: { ...SCOPE, write: claims("a.py::f") }, files: {} as Files },
    ...{ base: async () => null, open: null },
  });
  await expect(alone?.judge("write", "a.py", bytes("x"))).rejects.toThrow("its symbols cannot be told apart here");
});

test.each<[string, Touched, string, boolean]>([
  ["beside the claims is undone", foreign, "before", true],
  ["within the claims stays", { foreign: [] }, "after", false],
  ["and does not parse stays", { unfinished: true }, "after", false],
])("what a command wrote %s", async (_, touched, stands, told) => {
  const { symbols, content } = task(touched, new Map([["a.py", "before"]]));
  symbols.remember();
  content.set("a.py", "after");
  content.set("b.py", "its own");
  const breaches = await symbols.putBack();
  expect(breaches.map(({ path, restored }) => [path, restored])).toEqual(told ? [["a.py", true]] : []);
  expect([content.get("a.py"), content.get("b.py")]).toEqual([stands, "its own"]);
});
