import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { dgov, eventsOf, git, type Place } from "./repo.ts";
import { bash, done, edit, layTasks } from "./scripted.ts";

setDefaultTimeout(120_000); // many processes each, and the machine may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

/** A worker of two turns, which makes one step in an attempt and then dawdles; `steps` are the words it writes. */
function lay(depth: number, steps: readonly string[]): Place {
  const dawdle = [bash("true"), bash("true")];
  const place = layTasks({
    a: {
      claims: `files.edit = ["src/a.txt"]\niteration_budget = 2\nmax_fork_depth = ${depth}`,
      attempts: [...steps.map((to, at) => [edit("src/a.txt", steps[at - 1] ?? "alpha", to), ...dawdle]), [done]],
    },
  });
  open.push(place);
  return place;
}

/** Of each attempt, from which kept commit it goes on, by the number of the attempt that left it; null: it begins afresh. */
function lineageOf(place: Place): (number | null)[] {
  const events = eventsOf(place);
  const kept = new Map(
    events.flatMap((event) => (event.kind === "attempt_failed" ? [[event.kept, event.attempt] as const] : [])),
  );
  return events.flatMap((event) =>
    event.kind === "task_dispatched" ? [event.carried_from === null ? null : (kept.get(event.carried_from) ?? 0)] : [],
  );
}

test("C18 an attempt that had no turns left is gone on with, with clean context and its work, and what it was is on record", () => {
  const place = lay(2, ["one", "two"]);
  expect(dgov(place, "run", ".dgov/plans/p").status).toBe(0);
  expect(lineageOf(place)).toEqual([null, 1, 2]);
  expect(git(place, "show", "main:src/a.txt")).toBe("two\n");
  const calls = eventsOf(place).flatMap((event) =>
    event.kind === "call_reserved" ? [[event.attempt, event.call]] : [],
  );
  expect(calls.filter(([attempt, call]) => attempt === 3 && call === 1)).toHaveLength(1); // it counts its turns anew
  expect(dgov(place, "replay", "r").stdout).toStartWith("agrees:");
});

test("C18 past its depth it is begun afresh", () => {
  const place = lay(1, ["one", "two"]);
  expect(dgov(place, "run", ".dgov/plans/p").status).toBe(1); // the third finds nothing done, and does nothing
  expect(lineageOf(place).slice(0, 3)).toEqual([null, 1, null]);
  expect(git(place, "show", "main:src/a.txt")).toBe("alpha\n");
});
