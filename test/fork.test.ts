import { afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLog, type Stored } from "../packages/kernel/src/index.ts";
import { dgov, git, layOut, type Place, readIn, writeIn } from "./repo.ts";

const CASE = join(import.meta.dir, "fixtures/crash/three_tasks");
const PLAN = ".dgov/plans/p";
setDefaultTimeout(120_000); // each starts the program several times, on whatever else the machine does
const open: { stop(): void }[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

/** One run of three tasks to its end; each test has a copy of the repository with its log. */
const first: { place: Place | null; log: Stored[]; tree: string } = { place: null, log: [], tree: "" };
beforeAll(() => {
  first.place = layOut(CASE);
  expect(dgov(first.place, "run", PLAN, "--jobs", "2").status).toBe(0);
  first.log = stored(first.place);
  first.tree = git(first.place, "rev-parse", "main^{tree}");
  return () => first.place?.stop();
});

function copy(): Place {
  if (!first.place) throw new Error("unreachable");
  const folder = mkdtempSync(join(tmpdir(), "dgov-fork-"));
  const place = { ...first.place, folder, root: join(folder, "repo"), stop: () => rmSync(folder, { recursive: true }) };
  cpSync(first.place.root, place.root, { recursive: true });
  open.push(place);
  return place;
}

function stored({ root }: Pick<Place, "root">): Stored[] {
  const log = openLog(join(root, ".dgov/state.db"), { readonly: true });
  const all = [...log.read()];
  log.close();
  return all;
}

const id = () => first.log[0]?.run ?? "";
const seqOf = (kind: string, nth = 0) => first.log.filter(({ event }) => event.kind === kind)[nth]?.seq ?? 0;

/** Puts the branch and its checkout back to where they were before the run. */
const putBack = (place: Place) => git(place, "reset", "-q", "--hard", "main~3");

/** Which runs the landed commits of a range name. */
const landedBy = (place: Place, range: string) =>
  git(place, "log", "--format=%(trailers:key=Dgov-Run,valueonly)", range).split(/\s+/).filter(Boolean);

/** Forks onto a branch at an event, and runs it to its end there. @returns what came of it */
function goneOnFrom(place: Place, at: number) {
  const branch = `fork-${at}`;
  const forked = dgov(place, "fork", id(), "--at", String(at), "--branch", branch, "--json");
  expect({ at, status: forked.status, said: forked.stderr }).toEqual({ at, status: 0, said: "" });
  const view = JSON.parse(forked.stdout);
  git(place, "switch", "-q", branch);
  const ran = dgov(place, "run", PLAN, "--json");
  const replayed = dgov(place, "replay", view.run, "--json");
  return {
    at,
    status: ran.status,
    run: JSON.parse(ran.stdout).run === view.run,
    tree: git(place, "rev-parse", `${branch}^{tree}`),
    runs: landedBy(place, `${view.head}..${branch}`).filter((by) => by !== view.run), // of what landed since the fork
    dirty: git(place, "status", "--porcelain"),
    replayed: replayed.status,
  };
}

describe("C14 fork", () => {
  test("at any event, on a branch of its own, ends with the tree of the run it is from", () => {
    const place = copy();
    const last = seqOf("run_ended");
    const step = Math.ceil(last / 6); // trying every event takes minutes
    const kinds = ["candidate_frozen", "candidate_passed", "landing_started", "task_landed"].map((kind) => seqOf(kind));
    const points = new Set([1, ...kinds, last - 1]);
    for (let at = step; at < last; at += step) points.add(at);
    for (const at of [...points].sort((a, b) => a - b)) {
      const wanted = { at, status: 0, run: true, tree: first.tree, runs: [], dirty: "", replayed: 0 };
      expect(goneOnFrom(place, at)).toEqual(wanted);
      git(place, "switch", "-q", "main");
    }
    expect(dgov(place, "log", "verify").status).toBe(0);
  }, 600_000);

  test("says in the log what it has from where, and copies nothing after it", () => {
    const place = copy();
    const at = seqOf("candidate_frozen");
    const view = JSON.parse(dgov(place, "fork", id(), "--at", String(at), "--branch", "other", "--json").stdout);
    const own = stored(place)
      .filter(({ run }) => run === view.run)
      .map(({ event }) => event);
    const copied = first.log.filter(({ seq }) => seq <= at).map(({ event }) => event);
    const [started, ...rest] = own.slice(0, copied.length);
    expect(started).toEqual({ ...copied[0], target: "refs/heads/other" } as never);
    expect(rest).toEqual(copied.slice(1));
    expect(own[copied.length]).toEqual({ kind: "run_forked", from: id() as never, at, head: view.head });
    expect(own.length).toBe(copied.length + 1);
    expect(view).toMatchObject({ from: id(), at, events: copied.length, target: "refs/heads/other", went_on: null });
    expect(git(place, "rev-parse", "other").trim()).toBe(view.head);
    expect(git(place, "rev-parse", "main^{tree}")).toBe(first.tree);
    const status = JSON.parse(dgov(place, "status", "--json").stdout);
    expect(status.run).toMatchObject({ run: view.run, state: "interrupted" });
  });

  test("on the same branch, where it is where it was, and at once", () => {
    const place = copy();
    putBack(place);
    const { status, stdout } = dgov(
      place,
      "fork",
      id().slice(0, 12),
      "--at",
      String(seqOf("task_dispatched")),
      "--run",
      "--json",
    );
    const view = JSON.parse(stdout);
    expect({ status, state: view.went_on.status, did: view.went_on.did }).toEqual({
      status: 0,
      state: "complete",
      did: "resumed",
    });
    expect(git(place, "rev-parse", "main^{tree}")).toBe(first.tree);
    expect(landedBy(place, "main~3..main")).toEqual([view.run, view.run, view.run]);
  });

  test("its kept work has refs of its own, so that it outlives those of the other run", () => {
    const place = copy();
    const at = seqOf("candidate_frozen");
    const { run } = JSON.parse(dgov(place, "fork", id(), "--at", String(at), "--branch", "x", "--json").stdout);
    expect(git(place, "for-each-ref", "--format=%(refname)", `refs/dgov/attempts/${run}`).trim()).toMatch(/\/1$/);
  });
});

describe("fork is refused", () => {
  const refused = (place: Place, ...argv: string[]) => {
    const before = stored(place).length;
    const { status, stderr } = dgov(place, "fork", ...argv);
    expect(stored(place).length).toBe(before);
    return { status, said: stderr };
  };

  test("where the target has gone on, with the branch as the cure", () => {
    const place = copy();
    const at = String(seqOf("candidate_frozen"));
    const { status, said } = refused(place, id(), "--at", at);
    expect(status).toBe(4);
    expect(said).toMatch(/"main" was at [0-9a-f]{12} by then, and is at [0-9a-f]{12} now/);
    expect(said).toContain(`dgov fork ${id()} --at ${at} --branch NAME`);
  });

  test("at an event that is not there, is of another run, or is the end", () => {
    const place = copy();
    const last = seqOf("run_ended");
    expect(refused(place, id(), "--at", String(last + 1)).said).toContain("it has no such event");
    expect(refused(place, id(), "--at", String(last)).said).toContain("there it is over");
    expect(refused(place, "r1999", "--at", "1").status).toBe(3);
    expect(refused(place, id(), "--at", "0").status).toBe(2);
    const { run } = JSON.parse(dgov(place, "fork", id(), "--at", "3", "--branch", "x", "--json").stdout);
    expect(refused(place, run, "--at", "3").said).toContain("it has no such event");
  });

  test("at an event of another run that stands between its own", () => {
    const place = copy();
    const [begun] = first.log;
    if (!begun) throw new Error("unreachable");
    const log = openLog(join(place.root, ".dgov/state.db"));
    const last = log.lastSeq();
    log.append("r0" as typeof begun.run, last, 1, begun.event);
    log.append(begun.run, last + 1, 1, { kind: "sandbox_chosen", level: "bwrap", detail: "" });
    log.close();
    expect(refused(place, id(), "--at", String(last + 1)).said).toContain("that event is of another run");
  });

  test("on a branch that is there, that git does not take, or that is not checked out", () => {
    const place = copy();
    expect(refused(place, id(), "--at", "3", "--branch", "main").said).toContain('the branch "main" is there already');
    expect(refused(place, id(), "--at", "3", "--branch", "a..b").said).toContain("a name that git does not take");
    expect(refused(place, id(), "--at", "3", "--branch", "x", "--run").status).toBe(2);
    putBack(place);
    git(place, "switch", "-q", "-c", "elsewhere");
    expect(refused(place, id(), "--at", "3", "--run").said).toContain('"main" is not checked out');
  });

  test("where the plan is another by now", () => {
    const place = copy();
    putBack(place);
    const path = `${PLAN}/tasks/main.toml`;
    writeIn(place.root, path, readIn(place, path).replace("Do b", "Do b well"));
    expect(refused(place, id(), "--at", "3").said).toContain("is another by now");
  });

  test("where the work that it would go on with is gone", () => {
    const place = copy();
    for (const ref of git(place, "for-each-ref", "--format=%(refname)", "refs/dgov").split("\n").filter(Boolean))
      git(place, "update-ref", "-d", ref);
    putBack(place);
    git(place, "reflog", "expire", "--expire=now", "--all");
    git(place, "gc", "-q", "--prune=now");
    const at = String(seqOf("candidate_frozen"));
    expect(refused(place, id(), "--at", at, "--branch", "x").said).toMatch(
      /the work of attempt 1 of "tasks\/main\.[ab]" is gone/,
    );
  });
});
