import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dgov, eventsOf, git, layOut, type Place } from "./repo.ts";

setDefaultTimeout(120_000); // each starts the program several times, on whatever else the machine does
const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const RUN = ["run", ".dgov/plans/p", "--jobs", "1"] as const;

test("C22 a run of a paused checkout dispatches nothing, says so in the log, and goes on when it is unpaused", () => {
  const place = layOut(join(import.meta.dir, "fixtures/crash/three_tasks"));
  open.push(place);
  const base = git(place, "rev-parse", "main");
  const paused = dgov(place, "pause", "a person looks", "--json");
  expect(JSON.parse(paused.stdout)).toEqual({ file: ".dgov/runtime/pause", reason: "a person looks" });
  const stopped = dgov(place, ...RUN);
  expect(stopped.status).toBe(130);
  expect(stopped.stdout).toContain("dgov unpause && dgov run .dgov/plans/p");
  const kinds = eventsOf(place).map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === "task_dispatched")).toEqual([]);
  expect(eventsOf(place).find(({ kind }) => kind === "run_paused")).toEqual({
    kind: "run_paused",
    reason: "a person looks",
  });
  expect(git(place, "rev-parse", "main")).toBe(base);
  expect(dgov(place, "unpause").stdout).toContain("it was: a person looks");
  expect(dgov(place, "unpause").stdout).toContain("Nothing was paused");
  expect(existsSync(join(place.root, ".dgov/runtime/pause"))).toBe(false);
  expect(dgov(place, ...RUN).status).toBe(0);
  expect(git(place, "status", "--porcelain")).toBe("");
  expect(readFileSync(join(place.root, "src/new.txt"), "utf8")).not.toBe("");
  expect(dgov(place, "log", "verify").status).toBe(0);
  expect(dgov(place, "replay", JSON.parse(dgov(place, "status", "--json").stdout).run.run).status).toBe(0);
});
