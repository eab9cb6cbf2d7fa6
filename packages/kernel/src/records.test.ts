import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { lastOf, readRecords, recordFile } from "./records.ts";

const Said = z.strictObject({ n: z.int() });

/** A folder of records: each is written after those that are the last in the files it is given. */
function write(files: ReadonlyMap<string, string>, n: number, at_ms = n): Map<string, string> {
  const { records } = readRecords("s", Said, files);
  const { name, text } = recordFile("s", { at_ms, after: lastOf(records), said: { n } });
  return new Map([...files, [name, text]]);
}
const three = write(write(write(new Map(), 1), 2), 3);
const read = (files: ReadonlyMap<string, string>) => readRecords("s", Said, files);
const order = (files: ReadonlyMap<string, string>) => read(files).records.map(({ said }) => said.n);
const nameOf = (n: number) => [...three].find(([, text]) => text.includes(`"n":${n}`))?.[0] ?? "";
const change = (edit: (files: Map<string, string>) => void) => {
  const files = new Map(three);
  edit(files);
  return read(files).faults.map(({ why }) => why);
};

describe("G2 records are named by what they say, and cite those before them", () => {
  test("they are read in the order in which they were written, also where the clock went back", () => {
    expect({ order: order(three), faults: read(three).faults }).toEqual({ order: [1, 2, 3], faults: [] });
    expect(order(write(write(three, 4, 0), 5, 1))).toEqual([1, 2, 3, 4, 5]);
  });

  test("what two branches add is merged by having both, in one order on both sides", () => {
    const [ours, theirs] = [write(write(three, 10), 12), write(three, 11)];
    const one = new Map([...ours, ...theirs]);
    const other = new Map([...theirs, ...ours]);
    expect({ one: order(one), other: order(other) }).toEqual({
      one: [1, 2, 3, 10, 11, 12],
      other: [1, 2, 3, 10, 11, 12],
    });
    const { records } = read(write(one, 13));
    expect(records.at(-1)?.after).toHaveLength(2);
    expect(lastOf(records)).toEqual([records.at(-1)?.id ?? ""]);
  });

  test.each<[what: string, faults: string[], edit: (files: Map<string, string>) => void]>([
    ["nothing", [], () => {}],
    ["the other end of a line", [], (files) => files.set(nameOf(2), files.get(nameOf(2))?.replace("\n", "\r\n") ?? "")],
    ["a flip", ["name", "missing"], (files) => files.set(nameOf(2), files.get(nameOf(2))?.replace(":2", ":7") ?? "")],
    ["one dropped", ["missing"], (files) => files.delete(nameOf(2))],
    [
      "two change places",
      ["name", "name", "missing"],
      (files) => {
        const [one, two] = [files.get(nameOf(1)) ?? "", files.get(nameOf(2)) ?? ""];
        files.set(nameOf(1), two).set(nameOf(2), one);
      },
    ],
    ["no JSON", ["name", "missing"], (files) => files.set(nameOf(2), "{")],
    [
      "a record of another stream",
      ["schema"],
      (files) => {
        const { name, text } = recordFile("other", { at_ms: 1, after: [], said: { n: 1 } });
        files.set(name, text);
      },
    ],
    [
      "a record that says something else",
      ["schema"],
      (files) => {
        const { name, text } = recordFile("s", { at_ms: 1, after: [], said: { n: "1" } });
        files.set(name, text);
      },
    ],
  ])("%s", (_, faults, edit) => {
    expect<string[]>(change(edit).sort()).toEqual(faults.sort());
  });
});
