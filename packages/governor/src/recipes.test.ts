import { expect, test } from "bun:test";
import { setupReads } from "./recipes.ts";

/** @param manifest the text of package.json */
const reads = (manifest: string, ...files: string[]) =>
  setupReads({
    root: "/",
    has: (name) => ["package.json", ...files].includes(name),
    text: (name) => (name === "package.json" ? manifest : null),
  });

test("a setup of packages reads their manifests, the lock file, and what else says how they are installed", () => {
  expect(reads("{}", "package-lock.json")).toEqual(["package.json", "package-lock.json"]);
  expect(reads('{"workspaces": ["packages/*"]}', "yarn.lock", ".yarnrc.yml", ".yarn/")).toEqual([
    ...["**/package.json", "yarn.lock", ".yarnrc.yml", ".yarn/"],
  ]);
  expect(reads("{}", "pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc")).toEqual([
    ...["**/package.json", "pnpm-lock.yaml", ".npmrc", "pnpm-workspace.yaml"],
  ]);
});

test("without a lock file it hangs on the day, and without a manifest there is nothing to install", () => {
  expect(reads("{}", ".npmrc")).toEqual([]);
  expect(reads("not JSON", "bun.lock")).toEqual(["package.json", "bun.lock"]);
  expect(setupReads({ root: "/", has: (name) => name === "yarn.lock", text: () => null })).toEqual([]);
});
