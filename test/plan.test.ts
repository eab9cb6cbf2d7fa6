import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { symbolFinder } from "../packages/governor/src/claimable.ts";
import { readProject } from "../packages/governor/src/config.ts";
import type { Place } from "../packages/governor/src/error.ts";
import { compileFolder, loadCompiled, staleness, writeCompiled } from "../packages/governor/src/plan/store.ts";
import { CASES, DIR, layOut, removeLaidOut } from "./plan_case.ts";
import { DGOV } from "./repo.ts";

setDefaultTimeout(120_000); // some start a process, and all start at once

// A case is a folder: `plan/`, and where it needs them `repo/`, `sops/`, `project.toml` and `links.txt` (link → target).
// Its name begins with the code that it must yield, or with `good` for a plan that compiles without a word.
// UPDATE=1 rewrites expect.txt.
afterEach(removeLaidOut);

for (const name of readdirSync(CASES).sort())
  test(name, async () => {
    const first = await compiled(layOut(name));
    const again = await compiled(join(layOut(name, "another/and deeper/root")));
    expect(again).toEqual(first);
    judge(name, first);
    const text = [...first.places.map(line), ...(first.toml === null ? [] : ["", first.toml])].join("\n");
    const expected = join(CASES, name, "expect.txt");
    if (process.env.UPDATE) writeFileSync(expected, text);
    expect(text).toBe(existsSync(expected) ? readFileSync(expected, "utf8") : "(no expect.txt: run with UPDATE=1)");
  });

test("B2 every code of a finding has a case, and there are more than thirty", () => {
  const home = join(import.meta.dir, "../packages/governor/src");
  const plan = readdirSync(join(home, "plan")).filter((file) => /(?<!\.test)\.ts$/.test(file)); // contract/: refute.test.ts
  const files = plan.map((file) => `plan/${file}`);
  const source = [...files, "toml.ts", "sops.ts", "sop_file.ts"].map((file) => readFileSync(join(home, file), "utf8"));
  const codes = source.flatMap((text) => [...text.matchAll(/code: "([a-z_]+)"/g)].map(([, code = ""]) => code));
  const cases = new Set(readdirSync(CASES).map((name) => name.split(".")[0]));
  expect([...new Set(codes)].filter((code) => !cases.has(code) && code !== "custom").sort()).toEqual([]);
  expect([...cases].length).toBeGreaterThan(30);
});

type Compiled = { places: Place[]; toml: string | null };

/** Compiles, and where there is a plan writes it, reads it back, and finds it fresh. */
async function compiled(root: string): Promise<Compiled> {
  const bin = join(root, "bin");
  const looks = { path: existsSync(bin) ? bin : null, find: symbolFinder(DGOV) };
  const { plan, places } = await compileFolder(readProject(root), DIR, looks);
  if (!plan) return { places, toml: null };
  writeCompiled(root, plan);
  expect(loadCompiled(root, DIR)).toEqual(plan);
  expect(staleness(root, DIR)).toBeNull();
  return { places, toml: readFileSync(join(root, DIR, "_compiled.toml"), "utf8") };
}

function judge(name: string, { places, toml }: Compiled): void {
  const code = name.split(".")[0];
  const errors = places.filter(({ severity }) => severity === "error");
  expect(toml === null).toBe(errors.length > 0);
  if (code === "good") expect(places).toEqual([]);
  else expect(places.map((place) => place.code)).toContain(code!);
  for (const { file, line: at, column } of errors) expect([file, at, column]).not.toContain(null);
}

function line({ severity, code, message, file, line: at, column, unit }: Place): string {
  return `${severity} ${code} ${file}:${at}:${column} ${unit}\n  ${message}`;
}
