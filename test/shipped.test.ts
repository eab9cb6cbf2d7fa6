import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { commitAll, dgov, eventsOf, git, type Place, writeIn } from "./repo.ts";
import { done, layTasks, write } from "./scripted.ts";

setDefaultTimeout(300_000); // many processes each, and the machine may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const PLAN = ".dgov/plans/p";
const [A, B] = ["tasks/main.a", "tasks/main.b"];
const play = (slug: string) => ({
  claims: `files.create = ["src/${slug}_new.txt"]`,
  attempts: [
    [write(`src/${slug}_new.txt`, "good\n"), done],
    [write(`src/${slug}_new.txt`, "good\n"), done],
  ],
});

/** A repository in which `a` has landed, and `b` not yet, and the commit with which it did. */
function shipA(): { place: Place; sha: string } {
  const place = layTasks({ a: play("a"), b: play("b") });
  open.push(place);
  expect(dgov(place, "run", PLAN, "--only", A).status).toBe(0);
  return { place, sha: git(place, "rev-parse", "main").trim() };
}

/** The same repository as somebody else has it: no log, no refs but branches. */
function cloneOf({ folder, root, env }: Place): Place {
  const clone = { folder, root: join(folder, "clone"), env, stop: () => undefined };
  git({ root, env }, "clone", "-q", root, clone.root);
  return clone;
}

const refusal = (place: Place, ...flags: string[]) => {
  const { status, stdout } = dgov(place, "run", PLAN, "--json", ...flags);
  return { status, error: JSON.parse(stdout).error };
};

test("C21 in a fresh clone a task that has landed is refused with its commit, and --continue does the rest", () => {
  const { place, sha } = shipA();
  const clone = cloneOf(place);
  const { status, error } = refusal(clone);
  expect({ status, code: error.code }).toEqual({ status: 3, code: "already_shipped" });
  expect(error.places).toMatchObject([{ code: "already_shipped", unit: A, message: expect.stringContaining(sha) }]);
  expect(error.message).toContain(sha);
  expect(error.hint).toContain("--continue");
  expect(refusal(clone, "--dry-run").status).toBe(3);
  expect(refusal(clone, "--only", B, "--dry-run").error).toBeUndefined(); // nobody has shipped that one
  const rest = dgov(clone, "run", PLAN, "--continue", "--json");
  expect({ exit: rest.status, status: JSON.parse(rest.stdout).status }).toEqual({ exit: 0, status: "complete" });
  expect(eventsOf(clone).flatMap((event) => (event.kind === "task_landed" ? [String(event.task)] : []))).toEqual([B]);
  expect(git(clone, "log", "-1", "--format=%(trailers:key=Dgov-Unit,valueonly)").trim()).toMatch(/^[0-9a-f]{64}$/);
});

test("C21 so it is where the log is gone; a task that was edited since is another one", () => {
  const { place, sha } = shipA();
  for (const file of ["state.db", "state.db-wal", "state.db-shm"])
    rmSync(join(place.root, ".dgov", file), { force: true });
  expect(refusal(place).error.message).toContain(sha);
  expect(refusal(place, "--restart", "--dry-run").error).toBeUndefined();
  const tasks = git(place, "show", `HEAD:${PLAN}/tasks/main.toml`);
  writeIn(place.root, `${PLAN}/tasks/main.toml`, tasks.replaceAll("summary = ", "summary = 'Again: '# "));
  expect(tasks).toContain("summary = ");
  git(place, "rm", "-q", "src/a_new.txt");
  commitAll(place, "another plan");
  expect(refusal(place, "--dry-run").error).toBeUndefined();
});

test("C21 a revert makes it unshipped, for whoever has the log and whoever has not", () => {
  const { place, sha } = shipA();
  expect(dgov(place, "run", PLAN, "--only", A).stdout).toContain("Nothing to do"); // by its own log
  git(place, "revert", "--no-edit", sha);
  expect(existsSync(join(place.root, "src/a_new.txt"))).toBe(false);
  const clone = cloneOf(place);
  expect(refusal(clone, "--dry-run").error).toBeUndefined();
  expect(JSON.parse(dgov(place, "plan", "status", PLAN, "--json").stdout)).toMatchObject({ deployed: 0, pending: 2 });
  expect(dgov(place, "run", PLAN, "--only", A).status).toBe(0);
  expect(git(place, "show", "main:src/a_new.txt")).toBe("good\n");
  expect(git(place, "rev-parse", "main").trim()).not.toBe(sha);
});
