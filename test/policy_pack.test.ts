import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readProject } from "../packages/governor/src/config.ts";
import { compileFolder, staleness, writeCompiled } from "../packages/governor/src/plan/store.ts";
import type { Place } from "./repo.ts";
import { done, edit, layTasks } from "./scripted.ts";

setDefaultTimeout(120_000); // the machine may be busy
const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const DIR = ".dgov/plans/p";
const one = { attempts: [[edit("src/a.txt", "alpha", "ALPHA"), done]] };

function lay(...args: Parameters<typeof layTasks>): Place {
  const place = layTasks(...args);
  open.push(place);
  return place;
}

async function compiled(place: Place) {
  const { plan, places } = await compileFolder(readProject(place.root), DIR);
  return { plan, codes: places.filter(({ severity }) => severity === "error").map(({ code }) => code), places };
}

const SOP = readFileSync(join(import.meta.dir, "../packages/governor/src/scaffold/sops/testing.md"), "utf8");
const FIELDS = ["name", "title", "summary", "applies_to", "priority"];
const SECTIONS = ["When", "Do", "Do Not", "Verify", "Escalate"];

/** The SOP without one field, or without one section. */
const without = (what: string): string =>
  FIELDS.includes(what)
    ? SOP.replace(new RegExp(`^${what}:.*\n`, "m"), "")
    : SOP.replace(new RegExp(`^## ${what}\n(?:(?!## )[^\n]*\n)*`, "m"), "");

test("A10 an SOP without any one of its fields or sections stops the compile, and a whole one does not", async () => {
  const place = lay({ one });
  mkdirSync(join(place.root, ".dgov/sops"));
  const file = join(place.root, ".dgov/sops/testing.md");
  writeFileSync(file, SOP);
  expect((await compiled(place)).codes).toEqual([]);
  for (const what of [...FIELDS, ...SECTIONS]) {
    expect(without(what), what).not.toBe(SOP);
    writeFileSync(file, without(what));
    const { plan, codes } = await compiled(place);
    expect({ what, plan, codes: [...new Set(codes)] }).toEqual({ what, plan: null, codes: ["sop_invalid"] });
  }
});

test("A10 the same SOPs are the same bundle, and a word in one makes a compiled plan stale", async () => {
  const place = lay({ one });
  cpSync(join(import.meta.dir, "../packages/governor/src/scaffold/sops"), join(place.root, ".dgov/sops"), {
    recursive: true,
  });
  const project = readProject(place.root);
  const [first, again] = [(await compiled(place)).plan!, (await compiled(place)).plan!];
  expect(again).toEqual(first);
  expect(first.hashes.sops).toMatch(/^[0-9a-f]{64}$/);
  writeCompiled(place.root, first);
  expect(staleness(project.root, DIR)).toBeNull();
  writeFileSync(join(place.root, ".dgov/sops/testing.md"), SOP.replace(/^- (.*)$/m, "- $1, always"));
  expect(staleness(project.root, DIR)).toBe("sops");
  expect((await compiled(place)).plan?.hashes.sops).not.toBe(first.hashes.sops);
});

test("A9 the charter is a part of what a run was begun with", async () => {
  const place = lay({ one });
  writeFileSync(join(place.root, ".dgov/governor.md"), "Two spaces.\n");
  const first = (await compiled(place)).plan!;
  writeFileSync(join(place.root, ".dgov/governor.md"), "Four spaces.\n");
  const second = (await compiled(place)).plan!;
  expect(second.hashes.charter).not.toBe(first.hashes.charter);
  expect(second.hash).not.toBe(first.hash); // the hash that run_started has
});

test("A14 a path of a department is claimed only by a task whose summary names the department", async () => {
  const owned = { tables: '[departments]\nBilling = ["src/a*"]\n' };
  const place = lay({ one }, owned);
  const { codes, places } = await compiled(place);
  expect(codes).toEqual(["department_violation"]);
  expect(places[0]?.message).toContain('"Billing"');
  const file = join(place.root, DIR, "tasks/main.toml");
  writeFileSync(file, readFileSync(file, "utf8").replace("Do one", "Do one for Billing"));
  expect((await compiled(place)).codes).toEqual([]);
  const other = lay({ two: { claims: 'files.edit = ["src/b.txt"]', attempts: [[done]] } }, owned);
  expect((await compiled(other)).codes).toEqual([]);
});
