import { describe, expect, test } from "bun:test";
import type { RecordOf } from "./records.ts";
import { foldWork, type Item, nextItem, type WorkSaid, wouldCircle } from "./work.ts";

/** Items by letter; what they say of each other is by letter too. */
const id = (letter: string) => `W-${letter.repeat(8)}`;
const added = (letter: string, priority = 2, at_ms = letter.charCodeAt(0)): RecordOf<WorkSaid> => ({
  ...{ id: letter.repeat(64), at_ms, after: [] },
  said: { kind: "item_added", title: letter, priority, criteria: ["it is"] },
});
const say = (said: WorkSaid, at_ms = 500): RecordOf<WorkSaid> => ({
  id: `${at_ms}`.padEnd(64, "0"),
  at_ms,
  after: [],
  said,
});
const blocked = (letter: string, by: string) =>
  say({ kind: "item_linked", item: id(letter), link: { to: "blocked_by", item: id(by) } });
const freed = (letter: string, by: string) =>
  say({ kind: "item_unlinked", item: id(letter), link: { to: "blocked_by", item: id(by) } });
const done = (letter: string) =>
  say({ kind: "item_done", item: id(letter), met: [{ criterion: 1, evidence: "E-00000000", hash: "0" }] });
const dropped = (letter: string) => say({ kind: "item_dropped", item: id(letter), why: "no" });

describe("G2 a blocked item is never selected", () => {
  test.each<[what: string, next: string | null, records: RecordOf<WorkSaid>[]]>([
    ["nothing", null, []],
    ["the oldest", "a", [added("b"), added("a")]],
    ["the most urgent", "b", [added("a"), added("b", 0)]],
    ["of one age, by name", "a", [added("b", 2, 7), added("a", 2, 7)]],
    ["not what is blocked, however urgent", "a", [added("a", 4), added("b", 0), blocked("b", "a")]],
    ["what it waited for is done", "b", [added("a"), added("b", 0), blocked("b", "a"), done("a")]],
    ["what it waited for is dropped", "b", [added("a"), added("b", 0), blocked("b", "a"), dropped("a")]],
    ["it was untied", "b", [added("a"), added("b", 0), blocked("b", "a"), freed("b", "a")]],
    [
      "one of two is done",
      "c",
      [added("a", 0), added("b", 0), added("c"), blocked("a", "b"), blocked("a", "c"), blocked("b", "c")],
    ],
    ["what it waits for is not there", null, [added("a"), blocked("a", "f")]],
    ["a circle of two branches", "c", [added("a", 0), added("b", 0), added("c"), blocked("a", "b"), blocked("b", "a")]],
    ["itself", null, [added("a"), blocked("a", "a")]],
    [
      "what waits for a circle",
      null,
      [added("a"), added("b"), added("c"), blocked("a", "b"), blocked("b", "a"), blocked("c", "a")],
    ],
    ["all is done", null, [added("a"), done("a")]],
  ])("%s", (_, next, records) => {
    expect(nextItem(foldWork(records))?.id ?? null).toBe(next === null ? null : id(next));
  });

  test("a circle is told of those in it, and of nobody who waits for it", () => {
    const records = [added("a"), added("b"), added("c"), blocked("a", "b"), blocked("b", "a"), blocked("c", "a")];
    expect(foldWork(records).map(({ circle }) => circle)).toEqual([true, true, false]);
  });

  test("what would make a circle is known before", () => {
    const items = foldWork([added("a"), added("b"), added("c"), blocked("b", "a"), blocked("c", "b")]);
    const would = (item: string, by: string) => wouldCircle(items, id(item), id(by));
    expect([would("a", "c"), would("a", "a"), would("c", "a"), would("a", "b")]).toEqual([true, true, false, true]);
  });

  test("what was closed stays as it was, whatever another branch has said", () => {
    const [item] = foldWork([added("a"), done("a"), dropped("a"), blocked("a", "b")]) as [Item];
    expect(item).toMatchObject({ state: "done", why: "", links: [] });
  });
});
