import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EventOf } from "../packages/kernel/src/index.ts";
import { dgov, eventsOf, git, type Place, readIn, startDgov } from "./repo.ts";
import { bash, type Call, done, edit, layTasks, write } from "./scripted.ts";

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

type Turns = readonly { calls?: readonly Call[]; hang?: true }[];

/** One task that edits `src/a.txt`, and a review by `oak` and `elm`. `play` says what the seats do, in a file outside. */
function lay(): { place: Place; play(reviews: Record<string, Turns>): void } {
  const folder = mkdtempSync(join(tmpdir(), "dgov-review-"));
  const script = join(folder, "script.json");
  const worker = [edit("src/a.txt", "alpha", "alpha, changed"), done].map((call) => ({ calls: [call] }));
  const play = (reviews: Record<string, Turns>) => {
    const seats = Object.entries(reviews).map(([seat, turns]) => [seat, { turns }]);
    writeFileSync(
      script,
      JSON.stringify({ version: 1, tasks: { "tasks/main.a": { turns: worker } }, reviews: Object.fromEntries(seats) }),
    );
  };
  play({});
  const seat = (name: string) =>
    `[review.seats.${name}]\nprovider = "scripted"\nagent = "${name}-1"\nfamily = "${name}"\n`;
  const tables = `[providers.scripted]\nscript = "${script}"\n${seat("oak")}${seat("elm")}`;
  const place = layTasks({ a: { attempts: [[]] } }, { tables });
  open.push(place.stop, () => rmSync(folder, { recursive: true, force: true }));
  return { place, play };
}

const votes = (place: Place) =>
  eventsOf(place).flatMap((event) => (event.kind === "seat_voted" ? [`${event.seat} ${event.vote} ${event.why}`] : []));
const treeAsked = (place: Place) =>
  eventsOf(place).findLast((event): event is EventOf<"review_opened"> => event.kind === "review_opened")?.tree;
const calls = (place: Place, model: string) =>
  eventsOf(place).filter((event) => event.kind === "call_reserved" && event.caller?.model === model).length;
const voting = (vote: string, tree: string | undefined, findings: object[] = []): Turns => [
  { calls: [{ tool: "submit_review", args: { tree, vote, summary: "I looked", findings } }] },
];

test("a run lands what its reviewers approve, and a killed one pays for no vote twice", async () => {
  const { place, play } = lay();
  expect(dgov(place, "run", ".dgov/plans/p").status).toBe(1);
  expect(votes(place).sort()).toEqual(["elm none empty", "oak none empty"]);
  const tree = treeAsked(place);

  play({ oak: voting("approve", tree), elm: [{ hang: true }] });
  const run = startDgov(place, "run", ".dgov/plans/p", "--continue");
  for (let tries = 0; !votes(place).includes("oak approve null"); tries++) {
    if (tries > 3_000) throw new Error("No vote within a minute");
    await Bun.sleep(20);
  }
  run.kill("SIGKILL");
  await run.exited;
  const paid = calls(place, "scripted/oak-1");

  play({ oak: voting("reject", tree), elm: voting("approve", tree) });
  const again = dgov(place, "run", ".dgov/plans/p");
  expect({ status: again.status, said: again.stderr }).toMatchObject({ status: 0 });
  expect(calls(place, "scripted/oak-1")).toBe(paid);
  expect(readIn(place, "src/a.txt")).toBe("alpha, changed\n");
  expect(git(place, "rev-parse", "main^{tree}").trim()).toBe(tree ?? "");
  const id = /\br\d{8}T\d{6}-[0-9a-f]{4}\b/.exec(dgov(place, "cost").stdout)?.[0] ?? "";
  const replayed = dgov(place, "replay", id);
  expect({ status: replayed.status, said: replayed.stderr }).toMatchObject({ status: 0 });
}, 180_000);

test("a reviewer looks with tools that change nothing, and what it finds rejects the work", () => {
  const { place, play } = lay();
  dgov(place, "run", ".dgov/plans/p");
  const tree = treeAsked(place);
  const blocker = { severity: "blocker", path: "src/a.txt", line: 1, message: "nobody asked for that" };
  const tries: Turns = [
    {
      calls: [{ tool: "read_file", args: { path: "src/a.txt" } }, write("src/a.txt", "mine"), write("src/x.txt", "x")],
    },
    { calls: [{ tool: "git_diff", args: {} }, bash("echo mine > src/a.txt")] },
  ];
  play({ oak: [...tries, ...voting("reject", tree, [blocker])], elm: voting("approve", tree) });
  expect(dgov(place, "run", ".dgov/plans/p", "--continue").status).toBe(1);
  const events = eventsOf(place);
  const told = events.filter((event) => event.kind === "tool_called" && event.seat === "oak" && event.attempt === 1);
  const of = (tool: string) =>
    told.flatMap((event) => (event.kind === "tool_called" && event.tool === tool ? [event] : []));
  expect(of("read_file")[0]?.text).toContain("alpha, changed");
  expect(of("write_file").map(({ ok, refused_by }) => [ok, refused_by])).toEqual([
    [false, "role"],
    [false, "role"],
  ]);
  expect(of("git_diff")[0]?.text).toContain("+alpha, changed");
  expect(of("run_bash").map(({ refused_by }) => refused_by)).toEqual(["role"]);
  const rejected = events.findLast((event) => event.kind === "candidate_rejected" && event.attempt === 1);
  expect(rejected).toMatchObject({ cause: "review", gate: "review", blame: "task" });
  expect(readIn(place, "src/a.txt")).toBe("alpha\n");
  const cost = JSON.parse(dgov(place, "cost", "--by", "role", "--json").stdout);
  expect(cost.cost.rows.map(({ key }: { key: string }) => key).sort()).toEqual(["reviewer", "worker"]);
}, 180_000);
