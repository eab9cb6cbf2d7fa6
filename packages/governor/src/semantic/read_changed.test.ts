import { expect, test } from "bun:test";
import { analyse, analyseChanged, analyseHeads, type Contents, type FileView, openGrammars } from "@dgov/semantic";
import type { Git } from "../git/git.ts";
import type { Analyst } from "./analyst.ts";
import { keptOf, packChanged, saidOf } from "./answer.ts";
import { fillCache } from "./fill_cache.ts";
import { type Packed, pack, unpack } from "./packed.ts";
import { createReadChanged } from "./read_changed.ts";
import { keyOf } from "./read_files.ts";
import type { Wanted } from "./tree_views.ts";

const grammars = await openGrammars();
const MODULE = Array.from({ length: 12 }, (_, n) => `def f${n}():\n    return ${n}\n`).join("\n\n");
const TEXTS: Readonly<Record<string, string>> = {
  one: MODULE,
  two: MODULE.replace("return 5", "return 55"),
  three: MODULE.replace("return 5", "return 555").replace("def f9", "def g9"),
  most: MODULE.replaceAll("return", "yield"),
  data: "[a]\nb = 1\n[c]\nd = 2\n",
  moved: "[a]\nb = 1\n[c]\nd = 3\n",
  binary: "\0",
};
const git: Pick<Git, "objects"> = {
  objects: {
    info: async (oids: readonly string[]) => oids.map((oid) => ({ oid, type: "blob", size_bytes: TEXTS[oid]!.length })),
    content: async (oid: string) => Buffer.from(TEXTS[oid]!),
  } as unknown as Git["objects"],
};

/** @param mute contents of which it tells nothing when it is asked what became of them */
function reading(mute: readonly string[] = []) {
  const kept = new Map<string, Packed>();
  const asked: { changed: Contents[]; whole: string[] } = { changed: [], whole: [] };
  const told: string[] = [];
  const analyst = {
    expect: () => {},
    async changed(contents, heard) {
      asked.changed.push(...contents);
      for (const [at, one] of contents.entries()) {
        const [said, was, is] = packChanged(analyseChanged(grammars, one)) as [Packed, Packed, Packed];
        if (!mute.includes(one.is)) heard(at, { said, was, is });
      }
    },
    async analyse(texts, depth, heard = () => {}) {
      asked.whole.push(...texts.map(({ text }) => text));
      const all = texts.map(({ path, text }) =>
        pack(
          depth === "heads" ? keptOf(analyseHeads(grammars, path, text)) : saidOf(analyse(grammars, path, text, depth)),
        ),
      );
      if (all[0]) heard(0, all[0]);
      return all;
    },
  } as Partial<Analyst> as Analyst;
  const cache = {
    get: (key: string) => (kept.has(key) ? unpack(kept.get(key)!) : null),
    has: (key: string) => kept.has(key),
    putAll: (entries: readonly { key: string; packed: Packed }[]) =>
      entries.forEach(({ key, packed }) => void kept.set(key, packed)),
    close: () => {},
  };
  const seen = ({ blob }: Wanted) => void told.push(blob);
  const own = { git, cache, analyst, languages: grammars, seen };
  return { read: createReadChanged(own), keep: own, kept, asked, told };
}

const file = (blob: string, path = "a.py"): Wanted => ({ path, blob });
const keysIn = (views: readonly FileView[]) =>
  views.map((view) => ("unknown" in view ? view.unknown : view.summary.units.map(({ key }) => key).join()));

test("of two contents only the units that differ are in their views, and what stands at their top is kept", async () => {
  const { read, asked, told, kept, keep } = reading();
  expect(keysIn(await read([file("one"), file("two")]))).toEqual(["f5", "f5"]);
  expect(asked.changed.map(({ heads }) => heads)).toEqual([null]);
  expect(keysIn(await read([file("two"), file("three")]))).toEqual(["f5,f9", "f5,g9"]);
  expect(asked.changed[1]?.heads?.heads.flatMap(({ keys }) => keys).join()).toBe(
    Array.from({ length: 12 }, (_, n) => `f${n}`).join(),
  );
  expect(asked.whole).toEqual([]);
  expect(told).toEqual(["one", "two", "two", "three"]);
  const blobs = ["one", "two", "three"].map((blob) => keyOf(keep, file(blob), "heads of "));
  expect([...kept.keys()].sort()).toEqual(blobs.sort());
});

test("what is changed in most places, and what is alone, is looked at as a whole, and that is kept", async () => {
  const { read, asked, kept, keep } = reading();
  const all = keysIn([{ text: "", summary: analyse(grammars, "a.py", MODULE, "units") } as FileView]);
  expect(keysIn(await read([file("one"), file("most"), file("one", "b.py")]))).toEqual([...all, ...all, ...all]);
  expect(asked.whole).toEqual([MODULE]);
  expect([...kept.keys()].sort()).toEqual(
    ["most", "one"].map((blob) => keyOf(keep, file(blob), "units of ")), // b.py is read as a.py is
  );
  expect(keysIn(await read([file("one"), file("most")]))).toEqual([...all, ...all]);
  expect([asked.changed.length, asked.whole.length]).toEqual([1, 1]); // all of both is known
  expect(keysIn(await read([file("one"), file("two")]))).toEqual(["f5", "f5"]);
  expect(asked.changed[1]?.heads?.heads).toHaveLength(12); // by its units
});

test("what was looked at ahead is not looked at again: its top, or its units where stretches of it are not enough", async () => {
  const { read, keep, asked, kept } = reading();
  const ahead = [file("one"), file("data", "a.toml"), file("binary", "b.py")];
  const filling = { depth: "heads", goesOn: () => true } as const;
  expect(await fillCache(keep, ahead, filling)).toEqual({ looked: 2, left: 0 });
  expect([...kept.keys()].sort()).toEqual([
    keyOf(keep, file("one"), "heads of "),
    keyOf(keep, file("data", "a.toml"), "units of "),
  ]);
  asked.whole.splice(0);
  const [was, is, before, after] = await read([
    file("one"),
    file("two"),
    file("data", "a.toml"),
    file("moved", "a.toml"),
  ]);
  expect(keysIn([was!, is!])).toEqual(["f5", "f5"]);
  expect(asked.changed.map(({ path, heads }) => [path, heads?.heads.length])).toEqual([["a.py", 12]]);
  expect(asked.whole).toEqual([TEXTS.moved!]);
  expect(keysIn([before!])).toEqual(keysIn([after!]));
  expect(await fillCache(keep, ahead.slice(0, 2), filling)).toEqual({ looked: 0, left: 0 });
});

test("of what nobody told anything the whole is asked", async () => {
  const { read, asked, told } = reading([TEXTS.two!]);
  const views = await read([file("one"), file("two"), file("one", "b.py"), file("three", "b.py")]);
  expect(keysIn(views).map((keys) => keys.split(",").length)).toEqual([12, 12, 2, 2]);
  expect(asked.whole).toEqual([TEXTS.one!, TEXTS.two!]);
  expect(told.sort()).toEqual(["one", "one", "three", "two"]);
});

test("what is no text, or in no language, is asked of nobody", async () => {
  const { read, asked, told } = reading();
  const views = await read([file("one"), file("binary"), file("one", "a.none"), file("two", "a.none")]);
  const all = Array.from({ length: 12 }, (_, n) => `f${n}`).join();
  const none = "there is no grammar for its language";
  expect(keysIn(views)).toEqual([all, "it is binary", none, none]);
  expect([asked.changed, asked.whole.length, told.length]).toEqual([[], 1, 4]);
});
