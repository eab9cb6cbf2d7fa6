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

const CART = `import os


class Cart:
    rate = 1

    def total(self, xs):
        return sum(xs) * self.rate


def first(a):
    return a + 1


def second(a):
    return a + 2
`;
const BASE = { "cart.py": CART, "notes.md": "one\n", "other.py": "X = 1\n" };
type Work = Parameters<typeof workOf>[1];

/** Judges one attempt. @returns the place, and what was said of it: the cause with the codes and places, or "passed" */
async function ask(edit: readonly string[], work: Work, ignore: readonly string[] = []) {
  const scope = {
    ignore: [...ignore],
    allow: [],
    deny: [],
    diff_max_files: 100,
    allow_binary: true,
    mirrors: [],
    policy: { mode: "enforce" as const, rules: [] },
  };
  const files = { create: [], edit: [...edit], delete: [], read: [], touch: [] };
  const place = await openSite({ files: BASE, unit: { files }, rules: { scope } });
  open.push(place);
  await workOf(place, work);
  await judge(place.site, { do: "judge", task: place.task, attempt: 1 }, new AbortController().signal);
  await place.site.pool.close();
  place.site.symbols.close();
  const events = eventsIn(place.log);
  const refused = events.find((event) => event.kind === "candidate_rejected");
  const said = refused
    ? [refused.cause, ...refused.findings.map(({ code, path, line }) => `${code} ${path}${line ? `:${line}` : ""}`)]
    : ["passed"];
  return { place, said, events, findings: refused?.findings ?? [] };
}

const edited = (from: string, to: string) => {
  if (!CART.includes(from)) throw new Error(`Nothing to edit: ${from}`);
  return CART.replace(from, to);
};

test.each<[what: string, edit: readonly string[], work: Work, said: string[]]>([
  ["the claimed symbol", ["cart.py::first"], { "cart.py": edited("a + 1", "a * 1") }, ["passed"]],
  ["a member of the claimed class", ["cart.py::Cart"], { "cart.py": edited("sum(xs)", "max(xs)") }, ["passed"]],
  [
    "a claimed symbol that is new",
    ["cart.py::third"],
    { "cart.py": `${CART}\n\ndef third():\n    pass\n` },
    ["passed"],
  ],
  [
    "all of a file that is claimed, too",
    ["cart.py::first", "cart.py"],
    { "cart.py": edited("a + 2", "a") },
    ["passed"],
  ],
  ["imports that are claimed", ["cart.py::<imports>"], { "cart.py": edited("import os", "import re") }, ["passed"]],
  ["what only looks otherwise", ["cart.py::first"], { "cart.py": edited("a + 2", "( a+2 )") }, ["passed"]],
  [
    "another symbol",
    ["cart.py::first"],
    { "cart.py": edited("a + 2", "a * 2") },
    ["symbol_scope", "unclaimed_symbol cart.py:15"],
  ],
  [
    "another member",
    ["cart.py::Cart.rate"],
    { "cart.py": edited("sum(xs)", "max(xs)") },
    ["symbol_scope", "unclaimed_symbol cart.py:7"],
  ],
  [
    "a helper that nobody claimed",
    ["cart.py::first"],
    { "cart.py": `${edited("a + 1", "help(a)")}\n\ndef help(a):\n    return a\n` },
    ["symbol_scope", "unclaimed_symbol cart.py:19"],
  ],
  [
    "imports",
    ["cart.py::first"],
    { "cart.py": edited("import os", "import os\nimport re") },
    ["symbol_scope", "unclaimed_symbol cart.py:2"],
  ],
  [
    "a statement",
    ["cart.py::first"],
    { "cart.py": `${CART}\nprint(1)\n` },
    ["symbol_scope", "unclaimed_symbol cart.py:18"],
  ],
  [
    "all others, with the file",
    ["cart.py::first"],
    { "cart.py": null },
    ["symbol_scope", "unclaimed_symbol cart.py:1", "unclaimed_symbol cart.py:4", "unclaimed_symbol cart.py:15"],
  ],
  ["what is no code", ["notes.md::first"], { "notes.md": "two\n" }, ["symbol_scope", "symbols_unknown notes.md"]],
  [
    "what does not parse",
    ["cart.py::first"],
    { "cart.py": edited("(a):\n    return a + 1", "(a:\n  return") },
    ["symbol_scope", "symbols_unknown cart.py"],
  ],
  [
    "what is a link now",
    ["other.py::X"],
    { "other.py": { link: "cart.py" } },
    ["symbol_scope", "unclaimed_change other.py"],
  ],
])("with claims on symbols: %s", async (_, edit, work, said) => {
  expect((await ask(edit, work)).said).toEqual(said);
});

test("a refusal names the symbol, what was done to it, and the cure", async () => {
  const { findings } = await ask(["cart.py::first"], { "cart.py": edited("a + 2", "a * 2") });
  expect(findings.map(({ message }) => message)).toEqual([
    '"second" of "cart.py" is edited (body), and the task claims only "first" of it; leave it as it was, or have "cart.py::second" claimed',
  ]);
});

test("the mode of a file belongs to no symbol of it", async () => {
  const run = { run: edited("a + 1", "a * 1") };
  expect((await ask(["cart.py::first"], { "cart.py": run })).said).toEqual([
    "symbol_scope",
    "unclaimed_change cart.py",
  ]);
});

test("what the project ignores is refused for no symbol", async () => {
  const work = { "cart.py": edited("a + 2", "a * 2"), "other.py": "X = 2\n" };
  expect((await ask(["cart.py::first", "other.py"], work, ["cart.py"])).said).toEqual(["passed"]);
});

test("of very many symbols some are told, and how many more there are", async () => {
  const many = Array.from({ length: 30 }, (_, n) => `def f${n}():\n    pass\n`).join("\n\n");
  const { said, findings } = await ask(["other.py::X"], { "other.py": `X = 1\n\n\n${many}` });
  expect(said).toHaveLength(22);
  expect(findings.at(-1)?.message).toBe("10 symbols more are touched, and none of them is claimed");
});

const episodes = (events: readonly { kind: string }[]) =>
  events.filter((event): event is EventOf<"symbols_touched"> => event.kind === "symbols_touched");

test("what an attempt did is written down once, with both trees, whether it passes or not", async () => {
  const work = { "cart.py": edited("a + 2", "a * 2").replace("a + 1", "a"), "notes.md": "two\n" };
  const { place, said, events } = await ask(["cart.py::first", "notes.md"], work);
  expect(said[0]).toBe("symbol_scope");
  const tree = (commit: string) => place.repo.user("rev-parse", `${commit}^{tree}`);
  const frozen = events.find((event) => event.kind === "candidate_frozen");
  expect(episodes(events)).toEqual([
    {
      kind: "symbols_touched",
      task: place.task,
      attempt: 1,
      base: await tree(place.head),
      tree: frozen?.tree ?? "",
      grammars: await place.site.symbols.version(),
      touched: [
        { path: "cart.py", symbol: "first", did: "edited", edited: ["body"], claimed: true },
        { path: "cart.py", symbol: "second", did: "edited", edited: ["body"], claimed: false },
      ],
      unknown: [{ path: "notes.md", why: "there is no grammar for its language" }],
    },
  ] as never);
});

test("of a large change the record has a part, and says how much is left out", async () => {
  const many = Array.from({ length: 250 }, (_, n) => `def f${n}():\n    pass\n`).join("\n\n");
  const texts = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`t${n}.txt`, "1\n"]));
  const { said, events } = await ask(["*.py", "*.txt"], { "other.py": many, ...texts });
  expect(said).toEqual(["passed"]);
  const [episode] = episodes(events);
  expect(episode?.touched).toHaveLength(200);
  expect(episode).toMatchObject({ touched_more: 51, unknown_more: 10 });
});

test("a candidate that is judged again has one record", async () => {
  const { place, events } = await ask(["cart.py"], { "cart.py": edited("a + 2", "a") });
  expect(episodes(events)).toHaveLength(1);
  place.site.session.record({ kind: "candidate_stale", task: place.task, attempt: 1, head: place.head });
  await judge(place.site, { do: "judge", task: place.task, attempt: 1 }, new AbortController().signal);
  place.site.symbols.close();
  expect(episodes(eventsIn(place.log))).toHaveLength(1);
});

test("where nothing can look at symbols, a claim on one is not passed, and one on a file goes on", async () => {
  const blind = async (edit: string) => {
    const place = await openSite({
      files: BASE,
      unit: { files: { create: [], edit: [edit], delete: [], read: [], touch: [] } },
    });
    open.push(place);
    await workOf(place, { "cart.py": edited("a + 1", "a * 1") });
    place.site.symbols = openSymbols({
      git: place.repo.git,
      self: [process.execPath, "-e", "process.exit(1)"],
      now_ms: () => 0,
    });
    await judge(place.site, { do: "judge", task: place.task, attempt: 1 }, new AbortController().signal);
    await place.site.pool.close();
    return eventsIn(place.log).slice(3);
  };
  const [record, gate] = await blind("cart.py::first");
  expect(record).toMatchObject({ touched: [], unknown: [{ path: "cart.py" }] });
  expect(gate).toMatchObject({ kind: "gate_judged", gate: "claims", verdict: "broken" });
  expect((await blind("cart.py")).at(-1)).toMatchObject({ kind: "candidate_passed" });
});
