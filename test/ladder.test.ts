import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import type { Event } from "../packages/kernel/src/index.ts";
import { dgov, eventsOf, git, type Place } from "./repo.ts";
import { done, edit, layTasks } from "./scripted.ts";

setDefaultTimeout(120_000); // many processes each, and the machine may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const LADDER = '[limits]\nsettlement_retries = 1\n[[tiers.escalation]]\nagent = "strong"\n';
const poor = (path: string, from: string) => [edit(path, from, "bad"), done];

/** `a` is refused as often as `refused` says and is right then; `b` is right at once. */
function lay(refused: number, tables: string): Place {
  const tries = ["alpha", ...Array.from({ length: refused }, () => "bad")];
  const place = layTasks(
    {
      a: {
        attempts: [
          ...tries.slice(0, refused).map((from, at) => (at === 0 ? poor("src/a.txt", from) : [done])),
          [edit("src/a.txt", tries.at(-1) ?? "", "good"), done],
        ],
      },
      b: { claims: 'files.edit = ["src/b.txt"]', attempts: [[edit("src/b.txt", "beta", "fine"), done]] },
    },
    { project: { lint_cmd: "! grep -q bad src/a.txt", default_agent: "cheap" }, tables },
  );
  open.push(place);
  return place;
}

const agentsOf = (events: readonly Event[], slug: string) =>
  events.flatMap((event) =>
    event.kind === "task_dispatched" && event.task.endsWith(`.${slug}`) ? [`${event.tier} ${event.agent}`] : [],
  );

test("C12 k attempts of the cheap agent, then one of the strong one; a sibling has its own agent once", () => {
  const place = lay(2, LADDER);
  const ran = dgov(place, "run", ".dgov/plans/p", "--jobs", "2");
  const events = eventsOf(place);
  expect(agentsOf(events, "a")).toEqual(["0 cheap", "0 cheap", "1 strong"]);
  expect(agentsOf(events, "b")).toEqual(["0 cheap"]);
  expect({ status: ran.status, text: git(place, "show", "main:src/a.txt") }).toEqual({ status: 0, text: "good\n" });
  expect(dgov(place, "replay", "r").stdout).toStartWith("agrees:");
});

test("C12 when the strong agent is refused as well, the task is given up, and its sibling has landed", () => {
  const place = lay(3, LADDER);
  const ran = dgov(place, "run", ".dgov/plans/p", "--jobs", "2");
  expect(agentsOf(eventsOf(place), "a")).toEqual(["0 cheap", "0 cheap", "1 strong"]);
  expect({
    status: ran.status,
    a: git(place, "show", "main:src/a.txt"),
    b: git(place, "show", "main:src/b.txt"),
  }).toEqual({ status: 1, a: "alpha\n", b: "fine\n" });
});

test("C12 without a ladder there is nothing to climb", () => {
  const place = lay(2, "[limits]\nsettlement_retries = 1\n");
  expect(dgov(place, "run", ".dgov/plans/p").status).toBe(1);
  expect(agentsOf(eventsOf(place), "a")).toEqual(["0 cheap", "0 cheap"]);
});
