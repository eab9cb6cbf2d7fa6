import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { symbolFinder } from "../packages/governor/src/claimable.ts";
import { readProject } from "../packages/governor/src/config.ts";
import { compileFolder } from "../packages/governor/src/plan/store.ts";
import type { FindSymbols } from "../packages/governor/src/plan/symbols.ts";
import { DIR, layOut, removeLaidOut } from "./plan_case.ts";
import { DGOV } from "./repo.ts";

setDefaultTimeout(120_000);
afterAll(removeLaidOut);

// The plan of the case `good.contract` states much of itself, and all of it is so. Each row makes one thing of it false, and
// names the code that must be told, and with it only what cannot be so then. A row's file is `_contract.toml` unless it says so.
type Row = {
  code: string;
  from: string | RegExp;
  to: string;
  in?: string;
  with?: string[];
  stated?: unknown;
  actual?: unknown;
};
const TASKS = `${DIR}/tasks/main.toml`;
const id = (slug: string) => `tasks/main.${slug}`;

const MUTANTS: Readonly<Record<string, readonly Row[]>> = {
  "B14 numbers, entries, leaves, widths, layers and inverse edges are derived again": [
    { code: "stated_tasks", from: "tasks = 4", to: "tasks = 5", stated: 5, actual: 4 },
    { code: "stated_edges", from: "edges = 4", to: "edges = 3", stated: 3, actual: 4 },
    { code: "stated_lines", from: "lines = 75", to: "lines = 74", stated: 74, actual: 75 },
    { code: "stated_minutes", from: "minutes = 40", to: "minutes = 4", stated: 4, actual: 40 },
    { code: "stated_entries", from: 'entries = ["tasks/main.config"]', to: "entries = []", actual: [id("config")] },
    { code: "stated_leaves", from: 'leaves = ["tasks/main.report"]', to: 'leaves = ["tasks/main.shop"]' },
    { code: "stated_widths", from: "widths = [1, 2, 1]", to: "widths = [1, 1, 2]", actual: [1, 2, 1] },
    { code: "stated_shared", from: '"src/shop.ts" = ["tasks/main.shop"]', to: '"src/shop.ts" = ["tasks/main.cart"]' },
    { code: "stated_layer", from: "layer = 2", to: "layer = 3", stated: 3, actual: 2 },
    {
      code: "stated_blocks",
      from: 'blocks = ["tasks/main.shop", "tasks/main.cart"]',
      to: 'blocks = ["tasks/main.shop"]',
    },
    {
      code: "stated_blocks",
      from: 'blocks = ["tasks/main.shop", "tasks/main.cart"]',
      to: 'blocks = ["tasks/main.shop", "tasks/main.shop"]',
    },
    { code: "task_not_in_plan", from: '[tasks."tasks/main.report"]', to: '[tasks."tasks/main.repot"]' },
  ],
  "B15 the critical path is a chain of the plan, whole, and none is heavier": [
    {
      code: "critical_path_lighter",
      from: '"tasks/main.cart", "tasks/main.report"]',
      to: '"tasks/main.shop", "tasks/main.report"]',
    },
    { code: "critical_path_edge", from: '"tasks/main.cart", "tasks/main.report"]', to: '"tasks/main.report"]' },
    { code: "critical_path_begin", from: 'path = ["tasks/main.config", ', to: "path = [" },
    { code: "critical_path_end", from: ', "tasks/main.report"]\nshared', to: "]\nshared" },
    { code: "critical_path_begin", from: /path = .*\nshared/, to: "path = []\nshared" },
    { code: "critical_path_unknown", from: 'path = ["tasks/main.config"', to: 'path = ["tasks/main.conf"' },
  ],
  "B16 each thing has one maker, and who builds upon it waits for that one": [
    {
      code: "artifact_made_twice",
      in: TASKS,
      from: 'produces = ["OUT:totals"]',
      to: 'produces = ["OUT:totals", "ART:config"]',
    },
    { code: "artifact_unmade", in: TASKS, from: 'consumes = ["ART:config"]', to: 'consumes = ["ART:settings"]' },
    {
      code: "artifact_not_upstream",
      in: TASKS,
      from: "estimate = { lines = 10",
      to: 'consumes = ["OUT:totals"]\nestimate = { lines = 10',
    },
    { code: "value_invalid", in: TASKS, from: "ART:config", to: "THING:config" },
  ],
  "B17 a requirement names what brings it about, what verifies it, and what its prompts must say": [
    { code: "value_invalid", from: 'verified_by = ["verify:unit"]', to: "verified_by = []" },
    { code: "verifier_unknown", from: 'verified_by = ["verify:unit"]', to: 'verified_by = ["verify:units"]' },
    { code: "verifier_unknown", from: '"gate:tests"', to: '"gate:test"' },
    { code: "verifier_unknown", from: '"task:tasks/main.cart"', to: '"task:tasks/main.carts"' },
    { code: "verifier_unknown", from: "checks = [", to: 'checks = ["gate:nothing", ' },
    {
      code: "task_not_in_plan",
      from: 'tasks = ["tasks/main.config", ',
      to: 'tasks = ["tasks/main.table", "tasks/main.config", ',
    },
    { code: "name_unspoken", from: 'must_name = ["CURRENCY"]', to: 'must_name = ["CURRENCIES"]' },
  ],
  "B18 a contract has no prompt in it, and is bound to the prompts by their hash": [
    {
      code: "prompt_in_contract",
      from: 'constraints = ["No float anywhere"]',
      to: 'constraints = ["Write the table CURRENCY, so that every total can be given in it without a float."]',
    },
    { code: "key_unknown", from: "must_name =", to: 'prompt = "Write it"\nmust_name =' },
    {
      code: "dispatch_changed",
      in: TASKS,
      from: "Read src/cart.py::Cart.total.",
      to: "Read src/cart.py::Cart.total first.",
    },
  ],
  "B19 every test verifies a requirement that is there": [
    { code: "value_invalid", from: 'verifies = ["R1"]', to: "verifies = []" },
    { code: "requirement_unknown", from: 'verifies = ["R1"]', to: 'verifies = ["R3"]' },
    { code: "code_unknown", from: "test_cart.py::test_total", to: "test_cart.py::test_sum" },
    { code: "value_invalid", from: 'by = "verify:unit"', to: 'by = "test:T1"' },
  ],
  "B20 code that is spoken of is there, or a task makes it: Python, TypeScript, Go and Rust": [
    { code: "code_unknown", in: "src/cart.py", from: "def total", to: "def sum" },
    { code: "code_unknown", in: "src/shop.ts", from: "function price", to: "function cost" },
    { code: "code_unknown", in: "src/shop.go", from: "func Price", to: "func Cost" },
    { code: "code_unknown", in: "src/shop.rs", from: "fn price", to: "fn cost" },
    { code: "code_unknown", from: '"src/config.py::CURRENCY"', to: '"src/configs.py::CURRENCY"' },
    { code: "code_unknown", from: '"src/shop.ts::price"', to: '"../shop.ts"' },
  ],
  "B21 what must be there before the plan is ready is there, and linked": [
    { code: "document_missing", from: 'documents = ["docs/design.md", ', to: 'documents = ["docs/plan.md", ' },
    { code: "link_missing", from: 'to = "docs/threats.md"', to: 'to = "docs/design.md"' },
  ],
  "B22 a plan that may have to be taken back says when": [
    { code: "value_invalid", from: 'triggers = ["More than one refund an hour"]', to: "triggers = []" },
    { code: "key_missing", from: /triggers = .*\n/, to: "" },
    { code: "key_missing", from: 'mitigation = "Integers only"', to: "" },
  ],
  "B23 a byte of a source is changed, and what rests on it is refuted": [
    { code: "source_changed", in: "docs/design.md", from: "# Design", to: "# Desihn" },
  ],
  "B24 a source is known by path, length and hash": [
    { code: "source_changed", in: "docs/design.md", from: /\nSee.*\n/, to: "", with: ["link_missing"] },
    { code: "source_changed", from: 'path = "docs/design.md"', to: 'path = "docs/../docs/desing.md"' },
    { code: "source_changed", from: /bytes = \d+/, to: "bytes = 1" },
  ],
  "B25 what workers are given is named, and what is not named is denied": [
    { code: "capability_undeclared", from: 'setup_network = ["all"]', to: "", stated: [], actual: ["all"] },
    { code: "capability_undeclared", from: 'providers = ["scripted"]', to: "" },
    {
      code: "capability_undeclared",
      in: ".dgov/project.toml",
      from: "[verify.unit]",
      to: '[sandbox]\nhosts = ["pypi.org"]\n\n[verify.unit]',
      actual: ["pypi.org"],
    },
  ],
  "B26 a newer version, a placeholder, and a profile that goes in a circle or asks for more": [
    { code: "contract_version", from: "version = 1", to: "version = 2" },
    { code: "value_invalid", from: 'text = "A total is off by a cent"', to: 'text = "<what can go wrong>"' },
    { code: "value_invalid", from: 'text = "A total is off by a cent"', to: 'text = "TODO: think"' },
    {
      code: "profile_cycle",
      from: "[profiles.base]\nrequires",
      to: '[profiles.base]\nextends = ["release"]\nrequires',
    },
    { code: "profile_unknown", from: 'extends = ["base"]', to: 'extends = ["basis"]' },
    { code: "profile_unknown", from: 'profile = "release"', to: 'profile = "releases"' },
    { code: "profile_unmet", from: /dispatch = .*\n/, to: "" },
    { code: "profile_unmet", from: /\[sources[^[]*/, to: "" },
  ],
};

for (const [name, rows] of Object.entries(MUTANTS))
  test(name, async () => {
    for (const row of rows) {
      const root = layOut("good.contract");
      const file = join(root, row.in ?? `${DIR}/_contract.toml`);
      const text = readFileSync(file, "utf8");
      const mutant = text.replace(row.from, row.to);
      expect(mutant).not.toBe(text);
      writeFileSync(file, mutant);
      const wrong = await errorsOf(root);
      const own = wrong.filter(({ code }) => code === row.code);
      expect({ row, codes: codesOf(wrong, row) }).toEqual({ row, codes: [row.code] });
      for (const { file: at, line, column } of own) expect([at, line, column]).not.toContain(null);
      if (row.stated !== undefined) expect(own[0]).toMatchObject({ stated: row.stated });
      if (row.actual !== undefined) expect(own[0]).toMatchObject({ actual: row.actual });
    }
  });

/** The codes told, without those that must be false as well. */
const codesOf = (wrong: readonly { code: string }[], { with: also = [] }: Row): string[] =>
  [...new Set(wrong.map(({ code }) => code))].filter((code) => !also.includes(code));

test("B15 of equally heavy chains each is a critical path", async () => {
  const root = layOut("good.contract");
  edit(root, TASKS, "minutes = 20, difficulty", "minutes = 10, difficulty");
  edit(root, `${DIR}/_contract.toml`, "minutes = 40", "minutes = 30");
  expect(await errorsOf(root)).toEqual([]);
  edit(
    root,
    `${DIR}/_contract.toml`,
    '"tasks/main.cart", "tasks/main.report"]',
    '"tasks/main.shop", "tasks/main.report"]',
  );
  expect(await errorsOf(root)).toEqual([]);
});

test("B18 other prompts leave a contract's hash as it is", async () => {
  const root = layOut("good.contract");
  const before = await compiled(root);
  edit(root, TASKS, "Read src/cart.py::Cart.total.", "Read src/cart.py::Cart.total with care.");
  edit(root, `${DIR}/_contract.toml`, /dispatch = .*\n/, "");
  edit(root, `${DIR}/_contract.toml`, '"dispatch", ', "");
  const changed = await compiled(root);
  expect(changed.plan?.hashes.contract).toBeString();
  edit(root, `${DIR}/_contract.toml`, "version = 1", `version = 1\ndispatch = "${changed.dispatch}"`);
  const after = await compiled(root);
  expect(after.places).toEqual([]);
  expect(after.plan?.hashes.contract).toBe(changed.plan!.hashes.contract!);
  expect(after.dispatch).not.toBe(before.dispatch);
  expect(after.plan?.hash).not.toBe(before.plan!.hash);
});

test("B23 and B25: what a contract rests on and what it allows is a part of its hash", async () => {
  const root = layOut("good.contract");
  const before = (await compiled(root)).plan!.hashes.contract;
  edit(root, `${DIR}/_contract.toml`, 'providers = ["scripted"]', 'providers = ["scripted", "other"]');
  const wider = (await compiled(root)).plan!.hashes.contract;
  expect(wider).toBeString();
  expect(wider).not.toBe(before!);
});

test("every code of a contradiction has a mutant", () => {
  const home = join(import.meta.dir, "../packages/governor/src/plan");
  const files = readdirSync(join(home, "contract"));
  const source = files.map((file) => readFileSync(join(home, "contract", file), "utf8")).join("\n");
  const codes = [...source.matchAll(/(?:code: |wrong\()"([a-z]+_[a-z_]+)"/g)].map(([, code = ""]) => code);
  const tried = new Set(Object.values(MUTANTS).flatMap((rows) => rows.map(({ code }) => code)));
  expect(codes.length).toBeGreaterThan(15);
  expect([...new Set(codes)].filter((code) => !tried.has(code))).toEqual([]);
});

function edit(root: string, file: string, from: string | RegExp, to: string): void {
  const text = readFileSync(join(root, file), "utf8");
  expect(text.replace(from, to)).not.toBe(text);
  writeFileSync(join(root, file), text.replace(from, to));
}

const errorsOf = async (root: string) => (await compiled(root)).places.filter(({ severity }) => severity === "error");

const compiled = (root: string) => compileFolder(readProject(root), DIR, { find: remembered });

/** Looks at each text once: all but a few of these repositories hold the same. */
const known = new Map<string, ReturnType<FindSymbols>>();
const remembered: FindSymbols = (root, paths) => {
  const key = paths.map((path) => `${path}\0${textAt(join(root, path))}`).join("\0");
  const found = known.get(key) ?? symbolFinder(DGOV)(root, paths);
  known.set(key, found);
  return found;
};

function textAt(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
