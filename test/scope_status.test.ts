import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, lstatSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dgov, eventsOf, git, makeRepository, type Place, startDgov } from "./repo.ts";
import { bash, done, edit, layTasks, newMark, type Played, untilRunning, write } from "./scripted.ts";

setDefaultTimeout(180_000);

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

/** What `scope status` says of a task. */
function status(place: Place, task: string, ...args: string[]) {
  const { status: exit, stdout, stderr } = dgov(place, "scope", "status", "--task", task, ...args, "--json");
  if (!stdout.startsWith("{")) throw new Error(`dgov says ${exit}: ${stdout}${stderr}`);
  return { exit, view: JSON.parse(stdout) };
}

const UTIL = "def helper(n):\n    return n\n\n\ndef spare():\n    return 3\n";
const TOKEN = `ghp_${"a1B2".repeat(9)}`;

describe("scope status of the checkout", () => {
  let place: Place;
  beforeAll(() => {
    const project = '[project]\nlanguage = "python"\nprovider = "scripted"\n';
    place = makeRepository({
      "a.py": "1\n",
      "b.py": "1\n",
      "t/c.py": "1\n",
      "util.py": UTIL,
      "uv.lock": "1\n",
      "secret/key": "1\n",
      ".dgov/project.toml": `${project}\n[scope]\nignore_files = ["uv.lock"]\ndeny_files = ["secret/*"]\ndiff_max_files = 3\n`,
    });
  });
  afterAll(() => place.stop());

  const change = (...paths: string[]) => {
    git(place, "checkout", "-q", ".");
    git(place, "clean", "-qfd");
    for (const path of paths) appendFileSync(join(place.root, path), path.startsWith(".") ? "# edited\n" : "2\n");
  };

  test.each<[what: string, changed: string[], args: string[], exit: number, verdict: string | null, keys: object]>([
    ["in scope", ["a.py"], ["--claim", "a.py"], 0, null, { claimed_writable: ["a.py"], modified_files: ["a.py"] }],
    ["nothing changed", [], ["--claim", "a.py"], 0, null, { modified_files: [], symbols: [] }],
    ["out of scope", ["a.py", "b.py"], ["--claim", "a.py"], 1, "scope_violation", { unclaimed_actual_paths: ["b.py"] }],
    [
      "a read edit",
      ["t/c.py"],
      ["--claim", "a.py", "--read", "t/"],
      1,
      "read_scope_violation",
      { claimed_readonly: ["t/"], unclaimed_actual_paths: [] },
    ],
    ["ignored", ["uv.lock", "a.py"], ["--claim", "a.py"], 0, null, { ignored_actual_paths: ["uv.lock"] }],
    ["denied", ["secret/key"], ["--claim", "secret/"], 1, "path_policy", { path_policy_denied_paths: ["secret/key"] }],
    ["reserved", [".dgov/project.toml"], ["--claim", "a.py"], 1, "reserved_path", {}],
    ["W40 reserved and claimed", [".dgov/project.toml"], ["--claim", ".dgov/project.toml"], 1, "reserved_path", {}],
    ["W40 too many files", ["a.py", "b.py", "t/c.py", "n.txt"], ["--claim", "**"], 1, "diff_size", {}],
    [
      "W40 a claimed symbol and one that is not",
      ["util.py"],
      ["--claim", "util.py::helper"],
      1,
      "symbol_scope",
      {
        unclaimed_actual_paths: [],
        symbols: [{ path: "util.py", symbol: "<module>", did: "added", edited: [], line: 7, claims: [] }],
        findings: [{ code: "unclaimed_symbol", path: "util.py", line: 7 }],
      },
    ],
    [
      "W40 a symbol that a claim on the file covers",
      ["util.py"],
      ["--claim", "util.py"],
      0,
      null,
      { symbols: [{ path: "util.py", symbol: "<module>", claims: ["util.py"] }] },
    ],
  ])("%s", (_what, changed, args, exit, verdict, keys) => {
    change(...changed);
    const { exit: got, view } = status(place, "x", ...args);
    expect({ got, verdict: view.blocking_failure?.verdict ?? null }).toEqual({ got: exit, verdict });
    expect(view).toMatchObject(keys);
    expect(view.looked_at).toMatchObject({ what: "checkout", where: place.root, run: null });
  });

  test("W40 a secret is refused here as there, in a file that nobody has staged", () => {
    change();
    writeFileSync(join(place.root, "n.txt"), `token = "${TOKEN}"\n`);
    const { exit, view } = status(place, "x", "--claim", "n.txt");
    expect({ exit, findings: view.findings }).toMatchObject({ exit: 1, findings: [{ code: "secret", line: 1 }] });
    expect(git(place, "status", "--porcelain")).toBe("?? n.txt\n");
  });

  test("its lines are those of dgov 0.8, and the symbols stand before the verdict", () => {
    change("a.py", "b.py");
    const { stdout, status: exit } = dgov(place, "scope", "status", "--task", "x", "--claim", "a.py");
    expect({ exit, stdout }).toEqual({
      exit: 1,
      stdout:
        "claimed_writable: a.py\nclaimed_readonly: (none)\nmodified_files: a.py, b.py\nunclaimed_modified: b.py\n" +
        "symbols_touched:\n  a.py:2 <module>  added, claimed by a.py\n  b.py:2 <module>  added, not claimed\n" +
        'blocking: scope_violation\n  "b.py" is changed, and the task does not claim it\n',
    });
  });

  test.each<[args: string[], exit: number]>([
    [["--claim", "a.py"], 2],
    [["--task", "x"], 2],
    [["--task", "x", "--claim", "../a.py"], 2],
    [["--task", "x", "--claim", "a.py", "--plan", "p"], 2],
    [["--task", "x", "--plan", "nowhere"], 3],
  ])("%p is refused", (args, exit) => {
    const { status: got, stderr } = dgov(place, "scope", "status", ...args);
    expect({ got, said: stderr.startsWith("Error: Cannot ") }).toEqual({ got: exit, said: true });
  });
});

describe("scope status of a task", () => {
  const TASK = "tasks/main.one";
  const claims = 'files.edit = ["src/util.py::helper"]';
  const doubles = edit("src/util.py", "return n", "return 2 * n");

  function lay(attempt: Played["attempts"][number], toml = claims): Place {
    const place = layTasks({ one: { claims: toml, attempts: [attempt] } }, { files: { "src/util.py": UTIL } });
    open.push(place);
    return place;
  }

  test("W40 it is what the task has landed that is looked at, and not the checkout", () => {
    const place = lay([doubles, done]);
    expect(dgov(place, "run", "p").status).toBe(0);
    writeFileSync(join(place.root, "src/b.txt"), "a person is at it\n");
    const { exit, view } = status(place, TASK);
    expect({ exit, view }).toMatchObject({
      exit: 0,
      view: {
        looked_at: { what: "kept", attempt: 1 },
        claimed_writable: ["src/util.py::helper"],
        modified_files: ["src/util.py"],
        transient_write_paths: [],
        symbols: [{ symbol: "helper", did: "edited", edited: ["body"], line: 1, claims: ["src/util.py::helper"] }],
      },
    });
    const { view: here, exit: refused } = status(place, TASK, "--checkout");
    expect({ refused, paths: here.unclaimed_actual_paths, wrote: here.transient_write_paths }).toEqual({
      refused: 1,
      paths: ["src/b.txt"],
      wrote: ["src/util.py"],
    });
    expect(dgov(place, "scope", "status", "--task", "tasks/main.none").status).toBe(3);
  });

  test("W40 what settlement has refused is refused here in the same words", () => {
    const place = lay([write("src/n.txt", `token = "${TOKEN}"\n`), done], 'files.create = ["src/n.txt"]');
    expect(dgov(place, "run", "p").status).toBe(1);
    const said = eventsOf(place).findLast((event) => event.kind === "candidate_rejected");
    if (said?.kind !== "candidate_rejected") throw new Error("Settlement has refused nothing");
    const { exit, view } = status(place, TASK);
    expect({ exit, verdict: view.blocking_failure?.verdict, findings: view.findings }).toEqual({
      exit: 1,
      verdict: said.cause,
      findings: said.findings,
    });
  });

  test("W40 a worktree is looked at while its worker is at it, also after a kill, and nothing in it is changed", async () => {
    const mark = newMark();
    const place = lay([doubles, bash(`sleep ${mark}`), done]);
    const run = startDgov(place, "run", "p");
    await untilRunning(`sleep ${mark}`);
    const { view } = status(place, TASK);
    expect(view).toMatchObject({
      looked_at: { what: "worktree", attempt: 1, base: git(place, "rev-parse", "HEAD").trim() },
      modified_files: ["src/util.py"],
      symbols: [{ symbol: "helper", claims: ["src/util.py::helper"] }],
      blocking_failure: null,
    });
    const worktree = view.looked_at.where;
    appendFileSync(join(worktree, "src/util.py"), "\n\ndef another():\n    return 4\n");
    const before = listing(worktree);
    const { stdout } = dgov(place, "scope", "status", "--task", TASK);
    expect(stdout).toContain(`looked_at: worktree ${worktree}, attempt 1, not ended\n`);
    expect(stdout).toContain("  src/util.py:9 another  added, not claimed\nblocking: symbol_scope\n");
    expect(listing(worktree)).toEqual(before);
    run.kill("SIGKILL");
    await run.exited;
    expect(status(place, TASK)).toMatchObject({
      exit: 1,
      view: { looked_at: { what: "worktree" }, blocking_failure: { verdict: "symbol_scope" } },
    });
    expect(readdirSync(join(worktree, "..")).filter((name) => name.startsWith("trash-"))).toEqual([]);
  });
});

/** Everything there with what tells a change: folders change when a file comes or goes. */
const listing = (folder: string): string[] =>
  ["", ...readdirSync(folder, { recursive: true, encoding: "utf8" })].sort().map((name) => {
    const { mode, size, ctimeMs } = lstatSync(join(folder, name));
    return `${name} ${mode} ${size} ${ctimeMs}`;
  });
