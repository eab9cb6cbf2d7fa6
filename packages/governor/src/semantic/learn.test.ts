import { expect, test } from "bun:test";
import { analyse, openGrammars, type Summary } from "@dgov/semantic";
import type { Analyst, Text } from "./analyst.ts";
import { type Found, type Learning, learn } from "./learn.ts";
import { type Packed, pack, unpack } from "./packed.ts";

const grammars = await openGrammars();
const MODULE = Array.from({ length: 12 }, (_, n) => `def f${n}():\n    return ${n}\n`).join("\n\n");
const edited = MODULE.replace("return 5", "return 55 + 0");
/** Only the whole of it says what it says: the string runs to its end. */
const open_string = MODULE.replace("return 5\n", 'return """\n');
const inProcess = ({ path, text }: Text): Packed => {
  const found = analyse(grammars, path, text, "units");
  return pack("unknown" in found ? found : { summary: found });
};

/** @param answers what is said of a text, and what of it is heard before all is known */
function learning(over: Partial<Learning> = {}, answers: (text: Text) => Packed = inProcess) {
  const rounds: string[][] = [];
  const found = new Map<number, unknown>();
  const views = new Map<string, { text: string; summary: Summary }>();
  const said = (one: Found) => ("packed" in one ? unpack(one.packed) : one);
  const asked: Text[] = [];
  const analyst: Pick<Analyst, "analyse"> = {
    async analyse(texts, _depth, heard = () => {}) {
      rounds.push(texts.map(({ text }) => text));
      const all = texts.map(answers);
      for (const [at, packed] of all.entries()) if (packed.length > 0) heard(at, packed);
      return all;
    },
  };
  const heard = (at: number, one: Found) => {
    found.set(at, said(one));
    const { path, text } = asked[at]!;
    const { summary } = said(one) as { summary?: Summary };
    if (summary) views.set(path, { text, summary });
  };
  const own: Learning = { analyst, depth: "units", earlier: (path) => views.get(path) ?? null, heard, ...over };
  const ask = async (texts: readonly Text[]) => {
    asked.splice(0, asked.length, ...texts);
    await learn(own, texts);
    return texts.map((_, at) => found.get(at));
  };
  return { ask, rounds };
}

const whole = (text: string) => ({ summary: analyse(grammars, "a.py", text, "units") });
const a = (text: string): Text => ({ path: "a.py", text });

test("of what a file was is known, only what was changed is looked at", async () => {
  const { ask, rounds } = learning();
  expect(await ask([a(MODULE)])).toEqual([whole(MODULE)]);
  expect(await ask([a(edited)])).toEqual([whole(edited)]);
  expect(rounds[0]).toEqual([MODULE]);
  expect(rounds[1]?.map((text) => [...text.matchAll(/f\d+/g)].join())).toEqual(["f4,f5,f6"]);
});

test("of two contents of a file the first is looked at first, and others do not wait for it", async () => {
  const { ask, rounds } = learning();
  const other = { path: "b.py", text: edited };
  expect(await ask([a(MODULE), a(edited), other])).toEqual([MODULE, edited, edited].map(whole));
  expect(rounds.map((texts) => texts.length)).toEqual([2, 1]);
  expect(rounds[0]).toEqual([MODULE, edited]);
});

test("where that says too little, the whole is looked at, and the same where the first says nothing", async () => {
  const { ask, rounds } = learning();
  expect(await ask([a(MODULE), a(open_string)])).toEqual([MODULE, open_string].map(whole));
  expect(rounds.map(([text]) => text === open_string)).toEqual([false, false, true]);
  const dark = learning({ earlier: () => null });
  expect(await dark.ask([a(MODULE), a(edited)])).toEqual([MODULE, edited].map(whole));
  expect(dark.rounds).toEqual([[MODULE], [edited]]);
});

test("who wants all that texts say has them looked at as a whole, at once", async () => {
  const { ask, rounds } = learning({ depth: "all" });
  await ask([a(MODULE)]);
  await ask([a(edited), a(open_string)]);
  expect(rounds).toEqual([[MODULE], [edited, open_string]]);
});

test("an answer that did not arrive makes nothing up", async () => {
  const lost = pack({ unknown: "it ends the process that looks at it, or takes too long" });
  const { ask, rounds } = learning({}, (text) => (text.text === MODULE ? inProcess(text) : lost));
  expect(await ask([a(MODULE), a(edited)])).toEqual([whole(MODULE), unpack(lost)]);
  expect(rounds).toHaveLength(3);
});
