import { expect, test } from "bun:test";
import { languageFor, parsedUnits, tilingFaults } from "../../packages/semantic/src/testing/units_in.ts";
import { type CorpusFile, pythonLibrary, sampleOf, scripts } from "./corpus.ts";

const library = pythonLibrary();
const COUNT = Number(process.env.FILES ?? 150); // FILES=100000 takes all there are

/** What is wrong with the units of a file; and how many there are. */
function look({ path, text }: CorpusFile): { faults: string[]; count: number } {
  const { units } = parsedUnits(languageFor(path, text)!, text);
  const faults = tilingFaults(units, text.length);
  const joined = units.map(({ gap, span }) => text.slice(gap[0], span[1])).join("");
  if (!text.startsWith(joined)) faults.push("gaps and spans are not the text");
  const tail = text.slice(joined.length);
  if (/^[^\s#/]/m.test(tail) && !tail.includes("/*"))
    faults.push(`behind the last unit stands ${JSON.stringify(tail)}`);
  return { faults: faults.map((fault) => `${path}: ${fault}`), count: units.length };
}

test.skipIf(library === null)(
  "the units of Python's library tile its files",
  () => {
    const seen = sampleOf(library!, COUNT).map(look);
    expect(seen.flatMap(({ faults }) => faults)).toEqual([]);
    expect(seen.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThan(seen.length * 5);
  },
  600_000,
);

test("the units of TypeScript and JavaScript tile their files", () => {
  const seen = sampleOf(scripts(), COUNT).map(look);
  expect(seen.flatMap(({ faults }) => faults)).toEqual([]);
  expect(seen.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThan(seen.length * 3);
}, 600_000);
