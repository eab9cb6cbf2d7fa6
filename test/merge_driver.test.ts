import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commitAll, DGOV, dgov, git, makeRepository, type Place, readIn, writeIn } from "./repo.ts";

setDefaultTimeout(180_000);

const places: Place[] = [];
afterEach(() => {
  for (const place of places.splice(0)) place.stop();
});

type Files = Readonly<Record<string, string | Uint8Array>>;

/** Two branches from one commit, in a repository whose Python files are merged by dgov; `ours` is checked out. */
function branches(sides: { base: Files; ours: Files; theirs: Files }, attributes = "*.py merge=dgov\n"): Place {
  const place = makeRepository({ ".gitattributes": attributes });
  places.push(place);
  const quoted = DGOV.map((word) => `"${word}"`).join(" ");
  git(place, "config", "merge.dgov.driver", `${quoted} merge-driver --marker-size %L %O %A %B %P`);
  const commit = (files: Files, message: string) => {
    for (const [path, content] of Object.entries(files)) {
      writeIn(place.root, path, "");
      writeFileSync(join(place.root, path), content);
    }
    commitAll(place, message);
  };
  commit(sides.base, "base files");
  git(place, "branch", "theirs");
  git(place, "checkout", "-qb", "ours");
  commit(sides.ours, "our change");
  git(place, "checkout", "-q", "theirs");
  commit(sides.theirs, "their change");
  git(place, "checkout", "-q", "ours");
  return place;
}

/** Git as a person runs it, whose failure is an answer. */
function tryGit({ root, env }: Place, ...args: string[]): { exit: number; said: string } {
  const who = ["-c", "user.name=Person", "-c", "user.email=person@example.org"];
  const { exitCode, stdout, stderr } = Bun.spawnSync(["git", ...who, ...args], { cwd: root, env });
  return { exit: exitCode, said: `${stdout}${stderr}` };
}

const BASE = "import os\n\n\ndef f():\n    return 1\n";
const A = `${BASE}\n\ndef a():\n    return 1\n`;
const B = `${BASE}\n\ndef b():\n    return 2\n`;
const BOTH = `${A}\n\ndef b():\n    return 2\n`;
const DISJOINT = { base: { "pkg/m.py": BASE }, ours: { "pkg/m.py": A }, theirs: { "pkg/m.py": B } };

test.each<[how: string, args: string[], text: string]>([
  ["merge", ["merge", "--no-edit", "theirs"], BOTH],
  ["rebase", ["rebase", "theirs"], `${B}\n\ndef a():\n    return 1\n`],
  ["cherry-pick", ["cherry-pick", "theirs"], BOTH],
])("git %s takes what the symbols can merge", (_how, args, text) => {
  const place = branches(DISJOINT);
  const { exit, said } = tryGit(place, ...args);
  expect({ exit, said }).toEqual({ exit: 0, said: expect.stringContaining("Merged pkg/m.py by symbols") });
  expect(readIn(place, "pkg/m.py")).toBe(text);
  expect(git(place, "status", "--porcelain")).toBe("");
});

test("where the symbols refuse, git's own markers stand, and the index has all three sides", () => {
  const text = (value: number) => `def f():\n    return ${value}\n\n\ndef g():\n    return 0\n`;
  const place = branches({ base: { "m.py": text(1) }, ours: { "m.py": text(2) }, theirs: { "m.py": text(3) } });
  const { exit, said } = tryGit(place, "merge", "theirs");
  expect({ exit, said }).toEqual({ exit: 1, said: expect.stringContaining("Not merged by symbols: m.py") });
  expect(readIn(place, "m.py")).toBe(
    "def f():\n<<<<<<< ours\n    return 2\n=======\n    return 3\n>>>>>>> theirs\n\n\ndef g():\n    return 0\n",
  );
  expect(git(place, "ls-files", "-u").trim().split("\n").length).toBe(3);
});

test("the user's style and size of markers hold", () => {
  const text = (value: number) => `def f():\n    return ${value}\n`;
  const attributes = "*.py merge=dgov conflict-marker-size=12\n";
  const files = { base: { "m.py": text(1) }, ours: { "m.py": text(2) }, theirs: { "m.py": text(3) } };
  const place = branches(files, attributes);
  git(place, "config", "merge.conflictStyle", "diff3");
  tryGit(place, "merge", "theirs");
  const signs = (sign: string) => sign.repeat(12);
  expect(readIn(place, "m.py")).toBe(
    `def f():\n${signs("<")} ours\n    return 2\n${signs("|")} base\n    return 1\n${signs("=")}\n    return 3\n${signs(">")} theirs\n`,
  );
});

test("what git merges by lines is as git merges it, without a word", () => {
  const lines = (edit: Record<number, string>) =>
    Array.from({ length: 20 }, (_, at) => edit[at] ?? `v${at} = ${at}\n`).join("");
  const sides = {
    base: { "m.py": lines({}) },
    ours: { "m.py": lines({ 2: "two\n" }) },
    theirs: { "m.py": lines({ 15: "x\n" }) },
  };
  const place = branches(sides);
  const { exit, said } = tryGit(place, "merge", "--no-edit", "theirs");
  expect({ exit, by: said.includes("symbols") }).toEqual({ exit: 0, by: false });
  expect(readIn(place, "m.py")).toBe(lines({ 2: "two\n", 15: "x\n" }));
});

test.each<[what: string, files: { base: Files; ours: Files; theirs: Files }]>([
  [
    "binary",
    {
      base: { "m.py": new Uint8Array([0, 1]) },
      ours: { "m.py": new Uint8Array([0, 2]) },
      theirs: { "m.py": new Uint8Array([0, 3]) },
    },
  ],
  [
    "not UTF-8",
    {
      base: { "m.py": Buffer.from([0xe4, 10]) },
      ours: { "m.py": Buffer.from([0xe5, 10]) },
      theirs: { "m.py": Buffer.from([0xe6, 10]) },
    },
  ],
  ["no Python", { base: { "m.py": "def (\n" }, ours: { "m.py": "def ((\n" }, theirs: { "m.py": "def (((\n" } }],
  [
    "a language without a grammar",
    { base: { "m.unheard": "1\n" }, ours: { "m.unheard": "2\n" }, theirs: { "m.unheard": "3\n" } },
  ],
])("%s is a conflict in which both sides are kept", (what, files) => {
  const place = branches(files, "* merge=dgov\n");
  const { exit } = tryGit(place, "merge", "theirs");
  expect(exit).toBe(1);
  const [path = ""] = Object.keys(files.base);
  const at = (stage: number) => {
    const { stdout } = Bun.spawnSync(["git", "cat-file", "blob", `:${stage}:${path}`], {
      cwd: place.root,
      env: place.env,
    });
    return Buffer.from(stdout).equals(Buffer.from([files.base, files.ours, files.theirs][stage - 1]?.[path] ?? ""));
  };
  expect([at(1), at(2), at(3)]).toEqual([true, true, true]);
  if (what !== "binary") expect(readIn(place, path)).toMatch(/^<{7}[\s\S]*={7}[\s\S]*>{7}/);
});

test("by hand, outside of a repository, and with files that are not there", () => {
  const place = makeRepository({});
  places.push(place);
  rmSync(join(place.root, ".git"), { recursive: true });
  writeIn(place.root, "o", BASE);
  writeIn(place.root, "a", A);
  writeIn(place.root, "b", B);
  const { status, stdout } = dgov(place, "merge-driver", "o", "a", "b", "m.py", "--json");
  expect({ status, view: JSON.parse(stdout) }).toEqual({ status: 0, view: { path: "m.py", did: "symbols", why: [] } });
  expect(readIn(place, "a")).toBe(BOTH);
  const missing = dgov(place, "merge-driver", "o", "a", "none", "m.py");
  expect({ status: missing.status, a: readIn(place, "a") }).toEqual({ status: 2, a: BOTH });
  expect(missing.stderr).toContain("Error: Cannot merge");
});

test("git's markers are there before the symbols are tried: what ends in between loses nothing", () => {
  const place = makeRepository({ o: BASE, a: A, b: B });
  places.push(place);
  const self = JSON.stringify([process.execPath, "-e", "process.exit(1)"]); // an analyst that never answers
  const driver = JSON.stringify(join(import.meta.dir, "../packages/governor/src/merge_driver.ts"));
  const script = `
    const { driveMerge } = await import(${driver});
    const labels = { base: null, ours: null, theirs: null };
    const files = { base: "o", ours: "a", theirs: "b", path: "m.py", marker_size: null, labels };
    await driveMerge({ cwd: process.cwd(), self: ${self}, env: process.env }, files);`;
  const { exitCode } = Bun.spawnSync([process.execPath, "-e", script], { cwd: place.root, env: place.env });
  expect(exitCode).not.toBe(0);
  expect(readIn(place, "a")).toContain(">>>>>>> theirs");
  expect(readIn(place, "a")).toContain("def a()");
  expect(readIn(place, "a")).toContain("def b()");
});
