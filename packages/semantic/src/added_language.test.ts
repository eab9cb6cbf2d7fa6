import { expect, setDefaultTimeout, test } from "bun:test";
import { resolve } from "node:path";
import { analyse } from "./analyse.ts";
import { languageOf } from "./language.ts";
import { mergeSources } from "./merge/merge.ts";
import { grammarsWith } from "./testing/added_language.ts";
import { judgeIn, rulesOf, type Texts, treeOf } from "./testing/texts.ts";
import { importsOf } from "./uses/imported.ts";

setDefaultTimeout(60_000); // a grammar is compiled when it is first used

// A language that dgov does not have: all that is known of it stands in this folder.
const grammars = await grammarsWith(resolve(import.meta.dir, "../../../test/fixtures/semantic/languages/lua"));

const CART = "local M = {}\n\nfunction M.total(items)\n  return #items\nend\n\nfunction M.clear()\nend\n\nreturn M\n";
const APP = 'local cart = require("shop.cart")\n\nprint(cart)\n';
const LIMIT = "local limit = 3\n";

/** What a statement is known by changes with each word of it. */
const HASH = /(?<=statement) [0-9a-f]{8}$/;

const added = (name: string) => `\nfunction ${name}(x)\n  return x\nend\n`;
const findings = async (all: Partial<Record<"base" | "left" | "right" | "merged", Texts>>) => {
  const { findings: found } = await judgeIn(grammars, { ...{ base: {}, left: {}, right: {}, merged: {} }, ...all });
  return found.map(({ kind, subjects }) => `${kind} ${subjects.join(" ")}`.replace(HASH, ""));
};
const merge = (base: string, left: string, right: string) =>
  mergeSources(
    { grammar: grammars.grammar("lua"), summary: (text, depth) => analyse(grammars, "a.lua", text, depth) },
    { base, left, right },
  );

test("a language is there with its folder: files have it, and their symbols and imports are seen", async () => {
  expect(languageOf(grammars, "shop/cart.lua", "")).toBe("lua");
  expect(languageOf(grammars, "bin/shop", "#!/usr/bin/env lua5.4\n")).toBe("lua");
  const summary = analyse(grammars, "cart.lua", `${CART}${LIMIT}`);
  if ("unknown" in summary) throw new Error(summary.unknown);
  expect(summary.units.map(({ key, kind }) => `${kind} ${key}`.replace(HASH, ""))).toEqual([
    "variable M",
    "method M.total",
    "method M.clear",
    "statement statement",
    "variable limit",
  ]);
  const tree = await treeOf({ "lua/shop/cart.lua": CART, "lua/shop/app.lua": APP }, grammars);
  expect(importsOf(tree, await rulesOf(grammars), ["lua/shop/app.lua"])).toEqual([["lua/shop/cart.lua"]]);
});

test("what both sides define under one name is found, and not what one of them does", async () => {
  const twice = {
    base: { "a.lua": LIMIT },
    left: { "a.lua": added("f") + LIMIT },
    right: { "a.lua": LIMIT + added("f") },
  };
  expect(await findings({ ...twice, merged: { "a.lua": added("f") + LIMIT + added("f") } })).toEqual([
    "duplicate_definition a.lua::f",
  ]);
  const apart = { ...twice, right: { "a.lua": LIMIT + added("g") } };
  expect(await findings({ ...apart, merged: { "a.lua": added("f") + LIMIT + added("g") } })).toEqual([]);
  // By its folder a name may be bound as often as one likes.
  const free = { ...twice, left: { "a.lua": `_ = 1\n${LIMIT}` }, right: { "a.lua": `${LIMIT}_ = 2\n` } };
  expect(await findings({ ...free, merged: { "a.lua": `_ = 1\n${LIMIT}_ = 2\n` } })).toEqual([]);
});

test("what one side took away and the other has begun to use is found, in its file and in another one", async () => {
  const base = { "a.lua": added("f") + LIMIT };
  const gone = { base, left: { "a.lua": LIMIT }, right: { "a.lua": `${base["a.lua"]}print(f(1))\n` } };
  expect(await findings({ ...gone, merged: { "a.lua": `${LIMIT}print(f(1))\n` } })).toEqual([
    "removed_referenced a.lua::f a.lua::statement",
  ]);
  const shop = { "lua/shop/cart.lua": CART, "lua/shop/app.lua": APP };
  const app = { "lua/shop/app.lua": `${APP}print(cart.total({}))\n` };
  const without = { "lua/shop/cart.lua": CART.replace(/function M.total[\s\S]*?end\n\n/, "") };
  expect(await findings({ base: shop, left: without, right: app })).toEqual([
    "removed_referenced lua/shop/cart.lua::total lua/shop/app.lua::statement",
  ]);
  const renamed = { "lua/shop/cart.lua": CART.replace("items)", "all)").replace("#items", "#all") };
  expect(await findings({ base: shop, left: renamed, right: app })).toEqual([]);
});

test("what git has in conflict is merged by symbols, with its own comments, and else refused", () => {
  const table = "local t = {\n  a = 1,\n}\n";
  const [one, two] = [`${table}${added("f")}`, `${table}${added("g")}`];
  expect(merge(table, one, two)).toMatchObject({ did: "merged", text: `${table}${added("f")}${added("g")}` });
  const [left, right] = ["  a = 1,\n  b = 2, -- two\n}\n", "  a = 1,\n  c = 3, -- three\n}\n"];
  const both = "local t = {\n  a = 1,\n  b = 2, -- two\n  c = 3, -- three\n}\n";
  expect(merge(table, `local t = {\n${left}`, `local t = {\n${right}`)).toMatchObject({ did: "merged", text: both });
  expect(merge(table, one, one.replace("return x", "return 2 * x")).did).toBe("conflict");
});
