import { afterEach, expect, test } from "bun:test";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readProject } from "../packages/governor/src/config.ts";
import { compileFolder, staleness, writeCompiled } from "../packages/governor/src/plan/store.ts";

// The rows of the table of planning that say what a plan is, on plans of two tasks that nothing else is wrong with. Every other
// mistake has a case in fixtures/plan.
const DIR = ".dgov/plans/p";
const open: string[] = [];
afterEach(() => {
  for (const folder of open.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const taskOf = (slug: string, lines: string): string =>
  `[tasks.${slug}]\nsummary = "Work"\nprompt = "Orient: read.\\nEdit: change.\\nVerify: look."\n${lines}\n`;

/** A repository with `src/a.txt`, `src/B.txt`, a link `alias` to `src`, and a plan of these claims, a task each. */
function lay(...claims: string[]): string {
  const root = mkdtempSync(join(tmpdir(), "dgov-rows-"));
  open.push(root);
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write("src/a.txt", "a\n");
  write("src/B.txt", "b\n");
  symlinkSync("src", join(root, "alias"));
  write(".dgov/project.toml", '[project]\nprovider = "scripted"\n');
  write(`${DIR}/_root.toml`, '[plan]\nname = "p"\nsections = ["tasks"]\n');
  write(`${DIR}/tasks/_example.toml`, "this is no TOML, and nobody reads it");
  write(`${DIR}/tasks/main.toml`, claims.map((lines, at) => taskOf(`t${at}`, lines)).join("\n"));
  return root;
}

const compiled = (root: string) => compileFolder(readProject(root), DIR);
const errorsOf = async (...claims: string[]) =>
  (await compiled(lay(...claims))).places.flatMap(({ severity, code }) => (severity === "error" ? [code] : []));

test("B1 a plan compiles to the same bytes wherever it lies, and is stale once a source is touched", async () => {
  const texts: string[] = [];
  for (let time = 0; time < 2; time++) {
    const root = lay('files.edit = ["src/a.txt"]', 'depends_on = ["t0"]\nfiles.edit = ["src/a.txt"]');
    const { plan } = await compiled(root);
    expect(plan?.tasks.map(({ id }) => String(id))).toEqual(["tasks/main.t0", "tasks/main.t1"]);
    texts.push(readFileSync(join(root, writeCompiled(root, plan!)), "utf8"));
    expect(staleness(root, DIR)).toBeNull();
    appendFileSync(join(root, DIR, "tasks/main.toml"), "\n");
    expect(staleness(root, DIR)).toBe("source");
  }
  expect(texts[0]).toBe(texts[1]!);
});

test.each([
  ["what is created is not there", 'files.create = ["src/a.txt"]', "claim_exists"],
  ["what is edited is there", 'files.edit = ["src/new.txt"]', "claim_missing"],
  ["what is deleted is there", 'files.delete = ["src/new.txt"]', "claim_missing"],
  ["what is read is there", 'files.edit = ["src/a.txt"]\nfiles.read = ["src/new.txt"]', "claim_missing"],
  ["what goes is not edited", 'files.edit = ["src/a.txt"]\nfiles.delete = ["src/a.txt"]', "claim_contradiction"],
])("B3 %s", async (_, claims, code) => {
  expect(await errorsOf(claims)).toEqual([code]);
});

test("B3 each kind of claim is good where it fits", async () => {
  const claims = 'files = { create = ["src/n.txt"], edit = ["src/a.txt"], read = ["src/"], touch = ["docs/x.txt"] }';
  expect(await errorsOf(claims, 'files.delete = ["src/B.txt"]')).toEqual([]);
});

test.each([
  ["a folder and what is in it", 'files.edit = ["src/"]', 'files.edit = ["src/a.txt"]', "claims_clash"],
  ["another way to write it", 'files.edit = ["./src//a.txt"]', 'files.edit = ["src/a.txt"]', "claims_clash"],
  ["a glob and a file", 'files.touch = ["src/*.txt"]', 'files.edit = ["src/a.txt"]', "claims_clash"],
  ["another case", 'files.create = ["src/b.txt"]', 'files.edit = ["src/a.txt"]', "claim_case"],
  ["another case between tasks", 'files.create = ["src/N.txt"]', 'files.create = ["src/n.txt"]', "claim_case"],
  ["a link to a folder", 'files.edit = ["alias/a.txt"]', 'files.edit = ["src/B.txt"]', "claim_link"],
  ["an absolute path", 'files.edit = ["/src/a.txt"]', 'files.edit = ["src/a.txt"]', "claim_invalid"],
  ["a path that leaves", 'files.edit = ["src/../../a.txt"]', 'files.edit = ["src/a.txt"]', "claim_invalid"],
])("B4 two tasks that may run at once do not share a file: %s", async (_, first, second, code) => {
  expect(await errorsOf(first, second)).toContain(code);
});

test("B4 tasks share a file one after the other, and other files at once", async () => {
  expect(await errorsOf('files.edit = ["src/a.txt"]', 'files.edit = ["src/B.txt"]')).toEqual([]);
  expect(await errorsOf('files.edit = ["src/"]', 'depends_on = ["t0"]\nfiles.edit = ["src/a.txt"]')).toEqual([]);
});
