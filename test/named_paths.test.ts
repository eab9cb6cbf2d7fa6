import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { dgov, makeRepository, type Place, writeIn } from "./repo.ts";

setDefaultTimeout(60_000);

let place: Place;
beforeAll(() => {
  place = makeRepository({ "a.txt": "alpha\n", "docs/asks.md": "It MUST hold.\n", ".dgov/project.toml": "" });
});
afterAll(() => place.stop());

test.each<[args: readonly string[], status: number, says: string]>([
  [["sentrux", "check", "a.txt"], 2, "it is no folder"],
  [["sentrux", "gate", "not-there"], 2, "it is not there"],
  [["sentrux", "gate-save", "a.txt/x"], 2, "a part of its path is no folder"],
  [["sentrux", "offenders", "not-there"], 2, "it is not there"],
  [["spec", "extract", "docs"], 2, "it is a folder"],
  [["spec", "extract", "not-there.md"], 2, "it is not there"],
  [["agents", "sync", "--skills-dir", "a.txt"], 4, "a part of its path is no folder"],
  [["agents", "sync", "--from", "a.txt/x"], 4, "a part of its path is no folder"],
  [["merge-check", "HEAD", "HEAD", "HEAD", "--write", "a.txt/x"], 4, "a part of its path is no folder"],
])("a path that will not do is no bug of ours: %p", (args, status, says) => {
  const ran = dgov(place, ...args);
  expect(ran.stderr).toContain(says);
  expect(ran.stderr).toMatch(/Hint: \S/);
  expect(ran.stderr).not.toContain("dgov has a bug");
  expect(ran.status).toBe(status);
});

test("the same paths, as they should be, are taken", () => {
  writeIn(place.root, "pack/one/SKILL.md", "# One\n");
  for (const args of [
    ["sentrux", "check", "docs"],
    ["spec", "extract", "docs/asks.md"],
    ["agents", "sync", "--skills-dir", "new/skills"],
    ["merge-check", "HEAD", "HEAD", "HEAD", "--write", "new/tree"],
  ])
    expect(dgov(place, ...args).status, args.join(" ")).toBe(0);
});
