import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import type { EventOf } from "@dgov/kernel";
import { openSymbols } from "../semantic/symbols.ts";
import { eventsIn, openSite, workOf } from "../testing/site.ts";
import { judge } from "./judge.ts";

setDefaultTimeout(120_000); // many processes each, and the machine may be busy

const open: { repo: { remove(): void } }[] = [];
afterEach(() => {
  for (const { repo } of open.splice(0)) repo.remove();
});

const LIB = "def price(item):\n    return item * 2\n\n\ndef label(item):\n    return str(item)\n";
const APP = "from lib import price\n\n\ndef bill(items):\n    return len(items)\n";
const BASE = { "lib.py": LIB, "app.py": APP, "notes.md": "one\n\ntwo\n\nthree\n\nfour\n" };
type Work = Parameters<typeof workOf>[1];

async function lay(work: Work, landed: Work | null) {
  const files = { create: [], edit: Object.keys(BASE), delete: [], read: [], touch: [] };
  const place = await openSite({ files: BASE, unit: { files } });
  open.push(place);
  await workOf(place, work);
  if (landed) await place.repo.commit(landed, "Change it\n\nDgov-Task: core/main.other");
  return place;
}

async function ask(place: Awaited<ReturnType<typeof lay>>) {
  await judge(place.site, { do: "judge", task: place.task, attempt: 1 }, new AbortController().signal);
  await place.site.pool.close();
  place.site.symbols.close();
  const events = eventsIn(place.log);
  const scored = events.filter(
    (event): event is EventOf<"integration_risk_scored"> => event.kind === "integration_risk_scored",
  );
  return { events, scored };
}

const lib = (from: string, to: string): Work => ({ "lib.py": LIB.replace(from, to) });
const app = (from: string, to: string): Work => ({ "app.py": APP.replace(from, to) });
const calls = app("len(items)", "price(items)");

test.each<[what: string, work: Work, landed: Work, level: string, overlaps: string[]]>([
  ["files that know nothing of each other", app("len", "max"), lib("item * 2", "item * 3"), "none", []],
  [
    "one file",
    lib("str(item)", "repr(item)"),
    lib("item * 2", "item * 3"),
    "low",
    ['same_file lib.py changes the file / changes the file on the target (landed by "core/main.other")'],
  ],
  [
    "a call of what does something else",
    calls,
    lib("item * 2", "item * 3"),
    "medium",
    ['reference lib.py::price uses it in bill of "app.py" / edited (body) on the target (landed by "core/main.other")'],
  ],
  [
    "a changed call",
    lib("(item)", "(item, rate=1)"),
    calls,
    "high",
    [
      'signature lib.py::price edited (signature) / uses it in bill of "app.py" on the target (landed by "core/main.other")',
    ],
  ],
  [
    "one symbol",
    lib("item * 2", "item * 4"),
    lib("item * 2", "item * 3"),
    "high",
    ['same_symbol lib.py::price edited (body) / edited (body) on the target (landed by "core/main.other")'],
  ],
  [
    "one symbol that is gone",
    lib("str(item)", "repr(item)"),
    { "lib.py": LIB.slice(0, LIB.indexOf("\n\n\ndef label")) },
    "critical",
    ['same_symbol lib.py::label edited (body) / removed on the target (landed by "core/main.other")'],
  ],
])("D12 before a merge it is written down how near both sides are: %s", async (_, work, landed, level, overlaps) => {
  const { events, scored } = await ask(await lay(work, landed));
  expect(scored.map((one) => one.level)).toEqual([level as "none"]);
  const told = scored[0]?.overlaps.map(
    ({ kind, path, symbol, ours, theirs }) => `${kind} ${path}${symbol && `::${symbol}`} ${ours} / ${theirs}`,
  );
  expect(told).toEqual(overlaps);
  const kinds = events.map(({ kind }) => kind);
  const merged = kinds.findIndex(
    (kind) => kind === "merged_by_symbol" || kind === "candidate_rejected" || kind === "candidate_passed",
  );
  expect(kinds.indexOf("integration_risk_scored")).toBeLessThan(merged);
});

test("where nothing has landed there is nothing to score", async () => {
  expect((await ask(await lay(calls, null))).scored).toEqual([]);
});

test("each head is scored once", async () => {
  const place = await lay(calls, lib("item * 2", "item * 3"));
  await ask(place);
  const again = (head: string) => {
    place.site.session.record({ kind: "candidate_stale", task: place.task, attempt: 1, head });
    return ask(place);
  };
  expect((await again(place.head)).scored).toHaveLength(1);
  const head = await place.repo.commit(lib("str(item)", "repr(item)"), "more");
  expect((await again(head)).scored.map((one) => one.head)[1]).toBe(head);
});

test("where nothing can look at symbols no risk is made up, and the merge is not passed", async () => {
  const place = await lay(calls, lib("item * 2", "item * 3"));
  const self = [process.execPath, "-e", "process.exit(1)"];
  place.site.symbols.close();
  place.site.symbols = openSymbols({ git: place.repo.git, self, now_ms: () => 0 });
  const { events, scored } = await ask(place);
  expect(scored).toEqual([]);
  expect(events.at(-2)).toMatchObject({ kind: "gate_judged", gate: "semantic", verdict: "broken" });
});

const notes = (events: readonly { kind: string }[]) =>
  (events as EventOf<"gate_judged">[]).flatMap((event) =>
    event.kind === "gate_judged" && event.gate === "semantic" ? event.findings.map(({ path }) => path) : [],
  );

test("a note says which files were merged by lines alone, and none is made of a text that one side changed", async () => {
  const one = await ask(await lay(calls, { "notes.md": "1\n\ntwo\n\nthree\n\nfour\n" }));
  expect(notes(one.events)).toEqual([]);
  const both = await lay(
    { ...calls, "notes.md": "one\n\ntwo\n\nthree\n\n4\n" },
    { "notes.md": "1\n\ntwo\n\nthree\n\nfour\n" },
  );
  expect(notes((await ask(both)).events)).toEqual(["notes.md"]);
  const broken = await ask(await lay({ ...calls, "lib.py": "\u0000" }, { "notes.md": "1\n" }));
  expect(notes(broken.events)).toEqual(["lib.py"]);
});
