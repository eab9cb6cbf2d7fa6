import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { dgov, eventsOf, git, type Place } from "./repo.ts";
import { bash, done, layTasks, write } from "./scripted.ts";

setDefaultTimeout(300_000); // many processes each, and the machine may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const SLUGS = ["a", "b", "c", "d"];

test("D13 what is finished while others are judged is judged together, and the one that is red is told alone", () => {
  const tasks = SLUGS.map((slug) => [
    slug,
    {
      claims: `files.create = ["src/${slug}_new.txt"]`,
      attempts: [
        [
          bash(`until [ "$(git worktree list | wc -l)" -gt ${SLUGS.length} ]; do sleep 0.1; done`), // all are at work
          write(`src/${slug}_new.txt`, slug === "c" ? "bad\n" : "good\n"),
          done,
        ],
      ],
    },
  ]);
  const place = layTasks(Object.fromEntries(tasks), {
    project: { test_cmd: "sleep 3; ! grep -qs bad src/*_new.txt" },
    tables: "[settlement]\nbatch = 8\n[limits]\nsettlement_retries = 0\n",
  });
  open.push(place);
  const { status, stdout } = dgov(place, "run", ".dgov/plans/p", "--jobs", "4");
  const events = eventsOf(place);
  expect(status).toBe(1);
  expect(events.some(({ kind }) => kind === "batch_judged")).toBe(true);
  const landed = git(place, "log", "--format=%(trailers:key=Dgov-Task,valueonly,separator=%x20)", "main").split("\n");
  expect(landed.filter(Boolean).toSorted()).toEqual(["tasks/main.a", "tasks/main.b", "tasks/main.d"]);
  expect(git(place, "status", "--porcelain")).toBe("");
  const rejected = events.flatMap((event) =>
    event.kind === "candidate_rejected" ? [`${event.task} ${event.blame}`] : [],
  );
  expect(rejected).toEqual(["tasks/main.c task"]);
  expect(stdout).toContain("tasks/main.c");
  expect(dgov(place, "replay", "r").stdout).toStartWith("agrees:");
  expect(dgov(place, "status")).toMatchObject({
    status: 0,
    stdout: expect.stringContaining("the last run is partial"),
  });
  const review = JSON.parse(dgov(place, "plan", "review", ".dgov/plans/p", "--json").stdout);
  const phases = review.units.map((unit: { phase_timings: { phase: string; status: string }[] }) =>
    unit.phase_timings.filter(({ phase }) => phase === "tests").map(({ status: said }) => said),
  );
  expect(phases).toEqual([["passed"], ["passed"], ["failed"], ["passed"]]);
});
