import { afterEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findPlan, findPlanOrArchived, findRoot, HOMES } from "./root.ts";

const open: string[] = [];
afterEach(() => {
  for (const folder of open.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function layOut(folders: readonly string[], files: readonly string[] = []): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "dgov-root-")));
  open.push(root);
  for (const folder of folders) mkdirSync(join(root, folder), { recursive: true });
  for (const file of files) writeFileSync(join(root, file), "");
  return root;
}

test.each<[string, string[], string[], string, string]>([
  ["the folder itself", [".git"], [], ".", "."],
  ["a folder above", [".git", "a/b"], [], "a/b", "."],
  ["the nearest of two", [".git", "a/.dgov", "a/b"], [], "a/b", "a"],
  ["a repository in a repository", [".dgov", "a/.git", "a/b"], [], "a/b", "a"],
  ["a worktree, where .git is a file", [".dgov", "a/b"], ["a/.git"], "a/b", "a"],
  ["inside .dgov", ["a/.dgov/plans/p"], [], "a/.dgov/plans/p", "a"],
  ["a .dgov that is a file is none", [".git", "a/b"], ["a/.dgov"], "a/b", "."],
  ["from a file", [".git", "a"], ["a/f"], "a/f", "."],
])("the root: %s", (_, folders, files, start, root) => {
  const top = layOut(folders, files);
  expect(findRoot(join(top, start))).toBe(join(top, root));
});

test.each([
  ["a folder that is not there", "none/at/all", "it is not there"],
  ["a name that is too long", "x".repeat(5_000), "the name is too long"],
])("the root: %s is refused in words", (_, start, why) => {
  const top = layOut([".git"]);
  expect(() => findRoot(join(top, start))).toThrow(expect.objectContaining({ code: "usage" }));
  expect(() => findRoot(join(top, start))).toThrow(why);
});

const PLAN = [".dgov/plans/p/tasks", "sub"];
const FILES = [".dgov/plans/p/_root.toml", ".dgov/plans/p/_compiled.toml", "README.md"];

test.each([
  ["from the root", ".", ".dgov/plans/p"],
  ["with a slash", ".", "./.dgov/plans/p/"],
  ["from below", "sub", "../.dgov/plans/p"],
  ["by its name", "sub", "p"],
  ["by its root file", ".", ".dgov/plans/p/_root.toml"],
  ["by its compiled file", ".", ".dgov/plans/p/_compiled.toml"],
])("a plan is found %s", (_, cwd, text) => {
  const root = layOut(PLAN, FILES);
  expect(findPlan(root, join(root, cwd), text)).toBe(".dgov/plans/p");
  expect(findPlan(root, join(root, cwd), join(root, ".dgov/plans/p"))).toBe(".dgov/plans/p");
});

test("a bare name is looked up where plans are kept and where they are made, and is never two of them", () => {
  const homes = HOMES.map((home) => `${home}/p`);
  const root = layOut([...homes, `${HOMES[1]}/archive/old`], [`${HOMES[1]}/archive/old/_root.toml`]);
  for (const home of homes) {
    writeFileSync(join(root, home, "_root.toml"), "");
    expect(findPlan(root, root, "p")).toBe(home);
    rmSync(join(root, home, "_root.toml"));
  }
  for (const home of homes) writeFileSync(join(root, home, "_root.toml"), "");
  const message = `Cannot tell which plan "p" is: ${homes.map((home) => `"${home}"`).join(" or ")}`;
  for (const find of [findPlan, findPlanOrArchived])
    expect(() => find(root, root, "p")).toThrow(expect.objectContaining({ code: "usage", message }));
  expect(findPlan(root, join(root, HOMES[2]), "p")).toBe(`${HOMES[2]}/p`);
  expect(findPlan(root, root, `${HOMES[1]}/p`)).toBe(`${HOMES[1]}/p`);
  expect(findPlanOrArchived(root, root, "old")).toBe(`${HOMES[1]}/archive/old`);
  expect(() => findPlan(root, root, "old")).toThrow(expect.objectContaining({ code: "plan_not_found" }));
});

test.each([
  ["nothing is there", "gone", "plan_not_found"],
  ["a path that is not there", ".dgov/plans/q", "plan_not_found"],
  ["a file", "README.md", "not_a_plan"],
  ["a folder without a root file", "sub", "not_a_plan"],
  ["the root itself", ".", "not_a_plan"],
  ["above the root", "..", "not_a_plan"],
  ["through a link", "way", "not_a_plan"],
])("no plan: %s", (_, text, code) => {
  const root = layOut(PLAN, FILES);
  symlinkSync(layOut([], ["_root.toml"]), join(root, "way"));
  expect(() => findPlan(root, root, text)).toThrow(expect.objectContaining({ code }));
});
