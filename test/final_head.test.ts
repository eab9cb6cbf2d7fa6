import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Event, EventOf } from "../packages/kernel/src/index.ts";
import { commitAll, dgov, eventsOf, git, type Place, startDgov } from "./repo.ts";
import { done, edit, hanging, layTasks, newMark, processesWith, untilRunning, write } from "./scripted.ts";

setDefaultTimeout(300_000); // many processes each, and the machine may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

/** A test for each file whose name says so; which of them is run is told apart from what was changed. */
const RUN =
  'for file in {test_dir}; do if [ -d "$file" ]; then for one in "$file"/*.sh; do sh "$one" || exit 1; done; else sh "$file" || exit 1; fi; done';
const WHOLE = "tests/all_test.sh";
const PLAN = ".dgov/plans/p";

type Laid = {
  slugs?: readonly string[];
  bad?: string;
  test?: string;
  project?: Record<string, string>;
  tables?: string;
};

/**
 * Tasks that land one after the other, each in a file of prose that no test is for; a test of all of them is asked only
 * where all tests are. `bad`: the slug of the task whose file it does not let pass.
 */
function lay({
  slugs = ["a", "b", "c"],
  bad = "",
  test = `! grep -qs bad notes/*.md`,
  project = {},
  tables = "",
}: Laid = {}): Place {
  const tasks = slugs.map((slug, at) => {
    const after = at === 0 ? "" : `\ndepends_on = ["tasks/main.${slugs[at - 1]}"]`;
    const claims = `files.create = ["notes/${slug}.md"]${after}`;
    return [slug, { claims, attempts: [[write(`notes/${slug}.md`, slug === bad ? "bad\n" : "good\n"), done]] }];
  });
  const place = layTasks(Object.fromEntries(tasks), {
    project: { test_cmd: RUN, test_dir: "tests", src_dir: "src", ...project },
    tables,
    files: { [WHOLE]: `${test}\n` },
  });
  open.push(place);
  return place;
}

const of = <Kind extends Event["kind"]>(place: Place, kind: Kind): EventOf<Kind>[] =>
  eventsOf(place).filter((event): event is EventOf<Kind> => event.kind === kind);
const landingOf = (place: Place, slug: string): string =>
  of(place, "task_landed").find(({ task }) => task.endsWith(`.${slug}`))?.commit ?? "";

test("D18 what targeted tests let pass is found at the end: the run is red, and the last good head is offered", () => {
  const place = lay({ slugs: ["a", "b", "c", "d"], bad: "c" });
  const { status, stdout } = dgov(place, "run", PLAN, "--json");
  const events = eventsOf(place);
  const [a = "", b = "", c = "", d = ""] = ["a", "b", "c", "d"].map((slug) => landingOf(place, slug));
  const view = JSON.parse(stdout);
  expect({ status, succeeded: view.succeeded.length, run: view.status }).toEqual({
    status: 1,
    succeeded: 4,
    run: "red",
  });
  const ref = `refs/dgov/good/${view.run}`;
  expect(view.whole).toMatchObject({
    head: d,
    verdict: "reject",
    gate: "tests",
    since: { commit: c, task: "tasks/main.c" },
    good: { commit: b, task: "tasks/main.b", ref, cure: `git reset --keep ${ref}` },
  });
  expect(git(place, "rev-parse", ref, "main").trim().split("\n")).toEqual([b, d]); // nobody has moved the branch
  const judged = events.flatMap((event) => (event.kind === "head_judged" ? [`${event.commit} ${event.verdict}`] : []));
  expect(judged).toEqual([`${d} reject`, `${a} pass`, `${b} pass`, `${c} reject`]);
  expect(dgov(place, "replay", view.run).stdout).toStartWith("agrees:");
  expect(dgov(place, "run", PLAN)).toMatchObject({
    status: 1,
    stdout: expect.stringContaining("Take it with: git reset"),
  });
  expect(dgov(place, "status").stdout).toContain(`The last good head is ${b}`);
  expect(dgov(place, "plan", "review", PLAN)).toMatchObject({
    status: 1,
    stdout: expect.stringContaining(`${b}, with`),
  });
  dgov(place, "plan", "review", PLAN, "--html", "../page.html");
  expect(readFileSync(join(place.root, "../page.html"), "utf8")).toContain("All of it together");
  expect(dgov(place, "report").stdout).toContain(`The last good head is ${b}`);
  expect(dgov(place, "diagnose").stdout).toContain("red_together");
  expect(JSON.parse(dgov(place, "plan", "list", "--json").stdout)[0]).toMatchObject({
    status: "degraded",
  });
});

test("D18 the offer is taken with its command, and --continue does the rest anew, which is green then", () => {
  const place = lay({ bad: "c" });
  const { whole } = JSON.parse(dgov(place, "run", PLAN, "--json").stdout);
  git(place, ...whole.good.cure.split(" ").slice(1));
  expect(git(place, "rev-parse", "main").trim()).toBe(landingOf(place, "b"));
  writeFileSync(join(place.root, PLAN, "script.json"), fixed(place));
  commitAll(place, "a better worker");
  const { status, stdout } = dgov(place, "run", PLAN, "--continue", "--json");
  expect({ status, whole: JSON.parse(stdout).whole }).toMatchObject({ status: 0, whole: { verdict: "pass" } });
  expect(
    of(place, "run_started")
      .at(-1)
      ?.tasks.map(({ carried }) => carried === null),
  ).toEqual([false, false, true]);
});

const fixed = (place: Place) => git(place, "show", `main:${PLAN}/script.json`).replaceAll("bad\\n", "good\\n");

test("D18 a head that was mended by hand is judged again with --continue, and nothing is done twice", () => {
  const place = lay({ bad: "b" });
  expect(dgov(place, "run", PLAN).status).toBe(1);
  expect(dgov(place, "run", PLAN)).toMatchObject({ status: 1, stdout: expect.stringContaining("--continue") });
  writeFileSync(join(place.root, "notes/b.md"), "good\n");
  commitAll(place, "mended by hand");
  const again = dgov(place, "run", PLAN, "--continue", "--json");
  expect({ exit: again.status, status: JSON.parse(again.stdout).status }).toEqual({ exit: 0, status: "complete" });
  expect(of(place, "task_landed")).toHaveLength(3);
  const [first, second] = of(place, "run_started");
  expect(second?.final).toEqual({ base: first?.head ?? "" });
  expect(dgov(place, "run", PLAN)).toMatchObject({ status: 0, stdout: expect.stringContaining("Nothing to do") });
});

test("D18 a head on which all is well is green, and what was red before the run is told to be", () => {
  const green = lay({ slugs: ["a"] });
  expect(dgov(green, "run", PLAN).status).toBe(0);
  expect(of(green, "head_judged")).toMatchObject([{ verdict: "pass", gates: [{ gate: "tests" }] }]);
  const place = lay({ slugs: ["a", "b"], test: "false" });
  const { status, stdout } = dgov(place, "run", PLAN);
  expect({ status, stdout }).toMatchObject({
    status: 1,
    stdout: expect.stringContaining("it may have been so before the run"),
  });
  expect(of(place, "head_judged").map(({ commit }) => commit)).toContain(of(place, "run_started")[0]?.head ?? "");
  expect(of(place, "good_head_kept")).toEqual([]);
  expect(dgov(place, "replay", "r").stdout).toStartWith("agrees:");
});

test("D18 a gate that passed on this very tree at the same question is not asked again, and this is said", () => {
  const place = lay({
    project: { test_cmd: "sh tests/all_test.sh", lint_cmd: "true {file}" },
    tables: '[settlement]\nfinal = "always"\n',
  });
  const { stderr, status } = dgov(place, "run", PLAN);
  const [head] = of(place, "head_judged");
  expect(status).toBe(0);
  expect(head?.known).toEqual(["tests"]);
  expect(head?.gates.map(({ gate }) => gate)).toEqual(["lint"]);
  expect(stderr).toContain("tests had passed on this tree already");
});

test("D18 with one task whose judges saw all that there is, nothing is run again; with targeted tests it is", () => {
  const one = (test_cmd: string) => {
    const place = layTasks(
      { a: { attempts: [[edit("src/a.txt", "alpha", "good"), done]] } },
      {
        project: { test_cmd, test_dir: "tests", lint_cmd: "true {file}" },
        tables: '[settlement]\nfinal = "always"\n',
        files: { [WHOLE]: "true\n" },
      },
    );
    open.push(place);
    expect(dgov(place, "run", PLAN).status).toBe(0);
    return of(place, "head_judged").map(({ known, gates }) => ({ known, asked: gates.map(({ gate }) => gate) }));
  };
  expect(one("sh tests/all_test.sh")).toEqual([{ known: ["lint", "tests"], asked: [] }]);
  expect(one(RUN)).toMatchObject([{ known: ["lint", "tests"], asked: [] }]); // a .txt concerns all tests
});

test("D18 it is asked for where tests are targeted, and can be asked for always or never", () => {
  const began = (laid: Laid) => {
    const place = lay({ ...laid, slugs: ["a"] });
    dgov(place, "run", PLAN);
    return of(place, "run_started")[0]?.final !== undefined;
  };
  const untargeted = { test_cmd: "true" };
  expect(began({})).toBe(true);
  expect(began({ project: untargeted })).toBe(false);
  expect(began({ project: untargeted, tables: "[settlement]\nbatch = 2\n" })).toBe(true);
  expect(began({ project: untargeted, tables: '[settlement]\nfinal = "always"\n' })).toBe(true);
  expect(began({ bad: "a", tables: '[settlement]\nfinal = "never"\n' })).toBe(false);
});

test("D18 a check that does not end is ended with all it has started, and the run is not green", () => {
  const mark = newMark();
  const place = lay({ slugs: ["a"], test: hanging(mark), tables: "[settlement]\nfinal_timeout = 1\n" });
  const { status, stdout } = dgov(place, "run", PLAN, "--json");
  const { whole } = JSON.parse(stdout);
  expect({ status, whole }).toMatchObject({ status: 1, whole: { verdict: "broken", gate: "tests", good: null } });
  expect(processesWith(mark)).toEqual([]);
});

test("D18 a kill or a stop while the head is judged loses nothing: the next run goes on with it", async () => {
  const mark = newMark();
  const place = lay({
    bad: "b",
    test: `if [ -e notes/c.md ] && [ ! -e go ]; then ${hanging(mark)}; fi; ! grep -qs bad notes/*.md`,
  });
  for (const signal of ["SIGKILL", "SIGINT"] as const) {
    const run = startDgov(place, "run", PLAN);
    await untilRunning(mark);
    run.kill(signal);
    await run.exited;
    for (let tries = 0; processesWith(mark).length > 0 && tries < 1000; tries++) await Bun.sleep(20);
    expect(processesWith(mark)).toEqual([]);
  }
  expect(of(place, "head_judged")).toEqual([]);
  writeFileSync(join(place.root, "go"), "");
  git(place, "add", "go");
  git(place, "commit", "-q", "-m", "somebody else's, on top");
  const { status, stdout } = dgov(place, "run", PLAN, "--json");
  const view = JSON.parse(stdout);
  expect({ status, did: view.did, run: view.status }).toEqual({ status: 1, did: "resumed", run: "red" });
  expect(of(place, "task_landed")).toHaveLength(3);
  const ref = `refs/dgov/good/${view.run}`; // with others' commits on top, the way back is a branch beside
  expect(view.whole.good).toMatchObject({
    task: "tasks/main.a",
    cure: `git switch --create dgov-good-${view.run} ${ref}`,
  });
  expect(dgov(place, "replay", view.run).stdout).toStartWith("agrees:");
});
