import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { bareEnvironment, commitAll, dgov, git, makeRepository, type Place, writeIn } from "./repo.ts";

setDefaultTimeout(180_000);

const stops: (() => void)[] = [];
afterAll(() => {
  for (const stop of stops) stop();
});

const FILES = {
  "src/util.py": "def helper(n):\n    return n\n\n\ndef old():\n    return 1\n\n\ndef spare():\n    return 3\n",
  "src/app.py": "from util import helper as h, old\n\n\ndef run(cart):\n    cart.helper()\n    return h(1) + old()\n",
  "src/alien.py": "def helper():\n    return 0\n\n\nhelper()\n",
  "notes.txt": "helper\n",
};

const PROJECT = `[project]
language = "python"
src_dir = "src/"
test_dir = "tests/"
test_cmd = ""
lint_cmd = ""
format_cmd = ""
lint_fix_cmd = ""
format_check_cmd = ""
provider = "scripted"
`;

const turn = (tool: string, args: object) => ({ calls: [{ tool, args }] });

/** A repository in which one task has landed, under a claim on a symbol. */
function withRun(): Place {
  const place = makeRepository({
    ...FILES,
    ".dgov/project.toml": PROJECT,
    ".dgov/.gitignore": "state.db*\nout/\nruntime/\nplans/*/_compiled.toml\n",
    ".dgov/plans/p/_root.toml": '[plan]\nname = "p"\nsummary = "one task"\nsections = ["tasks"]\n',
    ".dgov/plans/p/tasks/main.toml":
      '[tasks.one]\nsummary = "one"\nprompt = "do it"\ncommit_message = "helper doubles"\n\n[tasks.one.files]\nedit = ["src/util.py::helper"]\n',
    ".dgov/plans/p/script.json": JSON.stringify({
      version: 1,
      tasks: {
        "tasks/main.one": {
          turns: [
            turn("edit_file", { path: "src/util.py", old_text: "return n", new_text: "return 2 * n" }),
            turn("done", { summary: "It is done" }),
          ],
        },
      },
    }),
  });
  stops.push(place.stop);
  const { status, stdout, stderr } = dgov(place, "run", ".dgov/plans/p");
  if (status !== 0) throw new Error(`The run ended with ${status}: ${stdout}${stderr}`);
  return place;
}

const json = (place: Pick<Place, "root" | "env">, ...args: string[]) => {
  const { status, stdout, stderr } = dgov(place, ...args, "--json");
  if (!stdout.startsWith("{")) throw new Error(`dgov says ${status}: ${stdout}${stderr}`);
  return { status, view: JSON.parse(stdout) };
};

/** Without its format of relative URIs, which zod takes for whole ones. */
function sarifSchema() {
  const text = readFileSync(join(import.meta.dir, "fixtures/sarif/sarif-2.1.0.json"), "utf8");
  return JSON.parse(text, (key, value) => (key === "format" && value === "uri-reference" ? undefined : value));
}

type Symbol_ = { path: string; symbol: string; did: string; uses: { path: string; line: number; sure: string }[] };

describe("scope report", () => {
  let place: Place;
  beforeAll(() => {
    place = makeRepository(FILES);
    stops.push(place.stop);
    writeIn(
      place.root,
      "src/util.py",
      "def helper(n, m):\n    return n + m\n\n\ndef spare():\n    return   3  # the same\n\n\ndef fresh():\n    return 2\n",
    );
    writeIn(place.root, "src/broken.py", "def (:\n");
    commitAll(place, "changed");
  });

  test("says which symbols changed, who refers to them, and how sure that is", () => {
    const { status, view } = json(place, "scope", "report");
    expect(status).toBe(0);
    expect(view.range).toBe("HEAD");
    const told = view.symbols.map(({ did, symbol, uses }: Symbol_) => [
      `${did} ${symbol}`,
      ...uses.map(({ path, line, sure }) => `${path}:${line} ${sure}`),
    ]);
    expect(told).toContainEqual([
      "edited helper",
      "src/app.py:1 resolved",
      "src/app.py:6 resolved",
      "src/app.py:5 name only",
    ]);
    expect(told).toContainEqual(["removed old", "src/app.py:1 resolved", "src/app.py:6 resolved"]);
    expect(told).toContainEqual(["added fresh"]);
    expect(told.flat().join()).not.toContain("spare");
    expect(view.unknown).toEqual([{ path: "src/broken.py", why: "it does not parse" }]);
  });

  test("a range is what is asked for, and one that is none is refused", () => {
    expect(json(place, "scope", "report", "--range", "HEAD..HEAD").view.symbols).toEqual([]);
    expect(json(place, "scope", "report", "--range", "HEAD~1").view.symbols.length).toBeGreaterThan(3);
    const { status, stderr } = dgov(place, "scope", "report", "--range", "nothing");
    expect({ status, said: stderr.split("\n")[0] }).toEqual({
      status: 2,
      said: 'Error: Cannot look at "nothing": there is no such commit',
    });
  });

  test("as SARIF that its schema accepts, with whoever still looks for what is gone as a warning", () => {
    const { status, stdout } = dgov(place, "scope", "report", "--sarif");
    expect(status).toBe(0);
    const sarif = JSON.parse(stdout);
    const checked = z.fromJSONSchema(sarifSchema());
    expect(checked.safeParse(sarif).error).toBeUndefined();
    expect(checked.safeParse({ ...sarif, runs: [{ ...sarif.runs[0], results: [{ level: "bad" }] }] }).success).toBe(
      false,
    );
    const levels = sarif.runs[0].results.map(({ ruleId, level }: Record<string, string>) => `${ruleId} ${level}`);
    expect(levels).toContain("symbol_removed warning");
    expect(levels).toContain("symbol_added note");
    const removed = sarif.runs[0].results.find(({ ruleId }: Record<string, string>) => ruleId === "symbol_removed");
    expect(removed.relatedLocations[0].physicalLocation).toEqual({
      artifactLocation: { uri: "src/app.py", uriBaseId: "ROOT" },
      region: { startLine: 1, endLine: 1 },
    });
  });

  test("as Markdown in which no name can end a cell, and as text", () => {
    writeIn(place.root, "src/a|b`<c>.py", "def f():\n    return 1\n");
    commitAll(place, "a strange name");
    const { stdout } = dgov(place, "scope", "report", "--markdown");
    expect(stdout).toContain("| symbol | change | by | references | risk |");
    expect(stdout).toContain("| `` src/a\\|b`<c>.py::f `` | added | – | 0 | none |");
    const text = dgov(place, "scope", "report", "--range", "HEAD~2..HEAD~1").stdout;
    expect(text).toContain("  - old  removed, line 5\n      src/app.py:1 imports it\n      src/app.py:6 run calls it");
    git(place, "reset", "-q", "--hard", "HEAD~1");
  });

  test("D23 a run says by which task and under which claim", () => {
    const run = withRun();
    const { view } = json(run, "scope", "report");
    expect(view.run).not.toBeNull();
    expect(view.symbols.map(({ symbol, tasks }: { symbol: string; tasks: unknown }) => ({ symbol, tasks }))).toEqual([
      {
        symbol: "helper",
        tasks: [{ run: view.run, task: "tasks/main.one", attempt: 1, claimed: true, claims: ["src/util.py::helper"] }],
      },
    ]);
    expect(dgov(run, "scope", "report").stdout).toContain(
      "~ helper  edited (body), line 1, by tasks/main.one under src/util.py::helper",
    );
  });

  test("outside of a repository it says so", () => {
    const folder = mkdtempSync(join(tmpdir(), "dgov-test-"));
    stops.push(() => rmSync(folder, { recursive: true, force: true }));
    const { status, stderr } = dgov({ root: folder, env: bareEnvironment(folder) }, "scope", "report");
    expect({ status, told: stderr.includes("it is not in a git repository") }).toEqual({ status: 4, told: true });
  });
});
