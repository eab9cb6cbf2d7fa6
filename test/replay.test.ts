import { afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Event, openLog, type Stored } from "../packages/kernel/src/index.ts";
import { bareEnvironment, dgov, git, layOut, type Place } from "./repo.ts";

const CASE = join(import.meta.dir, "fixtures/crash/three_tasks");
setDefaultTimeout(120_000); // each starts the program several times, on whatever else the machine does
const open: { stop(): void }[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const first: { place: Place | null; log: Stored[] } = { place: null, log: [] };
beforeAll(() => {
  first.place = layOut(CASE);
  expect(dgov(first.place, "run", ".dgov/plans/p", "--jobs", "2").status).toBe(0);
  first.log = stored(join(first.place.root, ".dgov/state.db"));
  return () => first.place?.stop();
});

function stored(path: string): Stored[] {
  const log = openLog(path, { readonly: true });
  const all = [...log.read()];
  log.close();
  return all;
}

/** A folder with a log of these events and nothing else: no repository, no plan, no project, no key. */
function bare(events: readonly Event[]): Place {
  const folder = mkdtempSync(join(tmpdir(), "dgov-replay-"));
  const root = join(folder, "only_a_log");
  mkdirSync(join(root, ".dgov"), { recursive: true });
  mkdirSync(join(folder, "home"));
  const place = {
    folder,
    root,
    env: bareEnvironment(join(folder, "home")),
    stop: () => rmSync(folder, { recursive: true }),
  };
  open.push(place);
  const run = first.log[0]?.run;
  if (!run) throw new Error("unreachable");
  const log = openLog(join(root, ".dgov/state.db"));
  log.appendAll(run, 0, 1, events);
  log.close();
  return place;
}

const id = () => first.log[0]?.run ?? "";
const facts = () => first.log.map(({ event }) => event);

describe("C14 replay derives every decision of a run again", () => {
  test("from the log alone, in a folder that holds nothing else", () => {
    const place = bare(facts());
    const { status, stdout, stderr } = dgov(place, "replay", id(), "--json");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const view = JSON.parse(stdout);
    expect(view).toMatchObject({
      run: id(),
      events: facts().length,
      state: "complete",
      agrees: true,
      difference: null,
    });
    expect(view.decisions).toMatchObject({ dispatch: 3, retry: 0, skip: 0, end: 1 });
    expect(view.decisions.judge).toBeGreaterThanOrEqual(3);
    expect(view.decisions.spend).toBeGreaterThanOrEqual(3);
    expect(readdirSync(join(place.root, ".dgov"))).not.toContain("state.db-head"); // nothing was written
    const said = dgov(place, "replay", id().slice(0, 6)).stdout;
    expect(said).toContain("decisions come out as recorded");
    expect(said).toContain("The run is complete");
  });

  test("a decision that was forged is named with what was asked for instead", () => {
    const events = facts();
    const at = events.findIndex(({ kind }) => kind === "candidate_passed");
    const passed = events[at];
    if (passed?.kind !== "candidate_passed") throw new Error("unreachable");
    const { task, attempt } = passed;
    const judged = { took_ms: 1, command: null, exit: null, output: null, findings: [] };
    const refused: Event = { kind: "gate_judged", task, attempt, gate: "tests", verdict: "reject", ...judged };
    const place = bare([...events.slice(0, at), refused, ...events.slice(at)]);
    const { status, stdout } = dgov(place, "replay", id(), "--json");
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      agrees: false,
      events: at + 1,
      difference: { seq: at + 2, kind: "candidate_passed", task, why: 'The gate "tests" had said "reject"' },
    });
    const said = dgov(place, "replay", id()).stdout;
    expect(said).toContain(`event ${at + 2} does not`);
    expect(said).toContain(`asked for instead: judge ${task}`);
  });

  test("a run that is not over agrees as far as it goes", () => {
    const place = bare(facts().slice(0, 6));
    const { status, stdout } = dgov(place, "replay", id(), "--json");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ events: 6, state: "running", agrees: true });
  });

  test("an unknown run is refused with the runs there are", () => {
    const place = bare(facts());
    const { status, stderr } = dgov(place, "replay", "r1999");
    expect(status).toBe(3);
    expect(stderr).toContain('Cannot find the run "r1999": the log has no such run');
    expect(stderr).toContain(id());
  });
});

describe("C2 the log is the authority", () => {
  test("without its caches and artifacts a run stands as it stood", () => {
    if (!first.place) throw new Error("unreachable");
    const folder = mkdtempSync(join(tmpdir(), "dgov-cache-"));
    const place = {
      ...first.place,
      folder,
      root: join(folder, "repo"),
      stop: () => rmSync(folder, { recursive: true }),
    };
    open.push(place);
    cpSync(first.place.root, place.root, { recursive: true });
    const views = () => [dgov(place, "status", "--all", "--json").stdout, dgov(place, "replay", id(), "--json").stdout];
    const planned = () => dgov(place, "plan", "status", ".dgov/plans/p", "--json").stdout;
    const before = views();
    const plan = planned();
    const caches = [
      ".dgov/out",
      ".dgov/runtime",
      ".dgov/plans/p/_compiled.toml",
      ".git/dgov-symbols.db",
      ".git/dgov-symbols.db-wal",
      ".git/dgov-symbols.db-shm",
    ];
    expect(caches.filter((path) => existsSync(join(place.root, path))).length).toBeGreaterThan(1);
    for (const path of caches) rmSync(join(place.root, path), { recursive: true, force: true });
    expect(views()).toEqual(before);
    expect(JSON.parse(before[0] ?? "")).toMatchObject({ tasks: 3 });
    expect(dgov(place, "compile", ".dgov/plans/p").status).toBe(0);
    expect(planned()).toBe(plan);
    expect(JSON.parse(plan)).toMatchObject({ deployed: 3 });
    expect(git(place, "status", "--porcelain")).toBe("");
  });

  test("an event that its run cannot take is refused by whoever reads it", () => {
    const events = facts();
    const at = events.findIndex(({ kind }) => kind === "task_landed");
    const twice = events[at];
    if (!twice) throw new Error("unreachable");
    const place = bare([...events.slice(0, at + 1), twice]);
    const { status, stdout } = dgov(place, "replay", id(), "--json");
    expect(status).toBe(1);
    expect(JSON.parse(stdout).difference).toMatchObject({ seq: at + 2, kind: "task_landed" });
    expect(dgov(place, "status").status).toBe(4);
  });
});
