import { afterEach, expect, test } from "bun:test";
import { join } from "node:path";
import { bareEnvironment, dgov, eventsOf, git, layOut, makeRepository, type Place } from "./repo.ts";

const CASE = join(import.meta.dir, "fixtures/crash/three_tasks");
const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

function place(): Place {
  const made = layOut(CASE);
  open.push(made);
  return made;
}

const landedTree = (where: Place) => git(where, "rev-parse", "main^{tree}");

test("a run killed at any event goes on and ends with the same tree, and nothing twice", () => {
  const whole = place();
  expect(dgov(whole, "run", ".dgov/plans/p", "--jobs", "2").status).toBe(0);
  const events = eventsOf(whole).length;
  expect(events).toBeGreaterThan(20);
  for (let seq = 1; seq <= events; seq++) {
    const killed = place();
    const ran = Bun.spawnSync(
      [process.execPath, join(import.meta.dir, "crash_main.ts"), String(seq), ".dgov/plans/p"],
      {
        cwd: killed.root,
        env: bareEnvironment(killed.folder),
        timeout: 60_000,
      },
    );
    if (ran.exitCode === 0) continue; // this run was quicker to its end: two tasks may race
    expect({ seq, signal: ran.signalCode, said: ran.stderr.toString() }).toMatchObject({ seq, signal: "SIGKILL" });
    const again = dgov(killed, "run", ".dgov/plans/p", "--jobs", "2");
    expect({ seq, status: again.status, said: again.stderr }).toMatchObject({ seq, status: 0 });
    expect({ seq, tree: landedTree(killed) }).toEqual({ seq, tree: landedTree(whole) });
    const landed = eventsOf(killed).filter((event) => event.kind === "task_landed");
    expect({ seq, landed: landed.length }).toEqual({ seq, landed: 3 });
    const tasks = git(killed, "log", "--format=%(trailers:key=Dgov-Task,valueonly,separator=%x20)", "main");
    expect({ seq, commits: tasks.split("\n").filter(Boolean).sort() }).toEqual({
      seq,
      commits: ["tasks/main.a", "tasks/main.b", "tasks/main.c"],
    });
    expect({ seq, status: git(killed, "status", "--porcelain") }).toEqual({ seq, status: "" });
    killed.stop();
  }
}, 300_000);

/** A plan of one task that makes a file. */
function makesAFile(): Place {
  const turns = [
    { calls: [{ tool: "write_file", args: { path: "src/new.txt", content: "new\n" } }] },
    { calls: [{ tool: "done", args: { summary: "It is done" } }] },
  ];
  const none = ["test", "lint", "lint_fix", "format", "format_check"].map((name) => `${name}_cmd = ""\n`);
  const made = makeRepository({
    "src/a.txt": "alpha\n",
    ".dgov/.gitignore": "state.db*\nout/\nruntime/\nplans/*/_compiled.toml\n",
    ".dgov/project.toml": `[project]\nprovider = "scripted"\n${none.join("")}`,
    ".dgov/plans/p/_root.toml": '[plan]\nname = "p"\nsections = ["tasks"]\n',
    ".dgov/plans/p/tasks/main.toml":
      '[tasks.a]\nsummary = "Do it"\nprompt = "Orient\\nEdit\\nVerify"\nfiles.create = ["src/new.txt"]\n',
    ".dgov/plans/p/script.json": JSON.stringify({ version: 1, tasks: {}, default: { turns } }),
  });
  open.push(made);
  return made;
}

test("a run killed right after the branch moved, before it could say so, goes on though the file is there", () => {
  const whole = makesAFile();
  expect(dgov(whole, "run", ".dgov/plans/p").status).toBe(0);
  const seq = 1 + eventsOf(whole).findIndex(({ kind }) => kind === "landing_started");
  const killed = makesAFile();
  Bun.spawnSync([process.execPath, join(import.meta.dir, "crash_main.ts"), String(seq), ".dgov/plans/p"], {
    cwd: killed.root,
    env: bareEnvironment(killed.folder),
    timeout: 60_000,
  });
  const begun = eventsOf(killed).at(-1);
  if (begun?.kind !== "landing_started") throw new Error(`It was killed after "${begun?.kind}"`);
  git(killed, "merge", "-q", "--ff-only", begun.commit);
  expect(dgov(killed, "run", ".dgov/plans/p")).toMatchObject({ status: 0 });
  expect(git(killed, "rev-list", "--count", "main").trim()).toBe("2");
}, 60_000);
