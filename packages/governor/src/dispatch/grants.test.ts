import { expect, test } from "bun:test";
import { parseClaim } from "@dgov/sandbox";
import { grantsOf } from "./grants.ts";

const there: Record<string, "file" | "directory"> = { src: "directory", "src/a.ts": "file", "src/api": "directory" };
const exists = (path: string) => there[path] ?? null;
const grants = (...claims: string[]) => grantsOf({ edit: claims.map(parseClaim), remake: [] }, exists);

test("a file that exists is granted alone", () => {
  expect(grants("src/a.ts", "src/a.ts::total")).toEqual({ grants: [{ kind: "file", path: "src/a.ts" }], folders: [] });
});

test("a file to come is granted through its folder, which says what in it is claimed", () => {
  const { grants: found, folders } = grants("src/new/b.ts");
  expect(folders).toEqual(["src/new"]);
  const [grant] = found;
  if (grant?.kind !== "directory") throw new Error("expected a folder");
  expect(grant.path).toBe("src/new");
  const claimed = (path: string) => grant.only?.some((pattern) => new RegExp(pattern, "u").test(path));
  expect([claimed("src/new/b.ts"), claimed("src/new/c.ts")]).toEqual([true, false]);
});

test("a claimed folder is granted whole, also one that is only written as a path", () => {
  expect(grants("src/api/", "src/api/x.ts").grants).toEqual([{ kind: "directory", path: "src/api", only: null }]);
  expect(grants("src/api").grants).toEqual([{ kind: "directory", path: "src/api", only: null }]);
});

test("a glob is granted through the folder before its first wild segment", () => {
  expect(grants("src/**/*.ts").folders).toEqual(["src"]);
  expect(grants("*.md").grants.map((grant) => grant.path)).toEqual(["."]);
});

test("a file that may be deleted is granted through its folder, and so is what lies beside it", () => {
  const edit = [parseClaim("src/a.ts")];
  const remake = [parseClaim("src/b.ts")];
  expect(grantsOf({ edit, remake: [] }, exists).grants).toEqual([{ kind: "file", path: "src/a.ts" }]);
  expect(grantsOf({ edit: [], remake: edit }, exists).grants.map((grant) => [grant.kind, grant.path])).toEqual([
    ["directory", "src"],
  ]);
  expect(grantsOf({ edit, remake }, exists).grants.map((grant) => [grant.kind, grant.path])).toEqual([
    ["directory", "src"],
  ]);
});
