import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { broughtBetween } from "./brought.ts";
import { type Repository, repository } from "./testing/repository.ts";

setDefaultTimeout(60_000);

const made: Repository[] = [];
afterEach(() => {
  for (const one of made.splice(0)) one.remove();
});

test("each path has the tasks that changed it, and a commit of a person has none", async () => {
  const repo = await repository({ a: "1\n", "d/é b": "1\n", old: "1\n" });
  made.push(repo);
  const base = await repo.user("rev-parse", "HEAD");
  await repo.commit({ a: "2\n", "d/é b": "2\n" }, "Change it\n\nDgov-Run: r1\nDgov-Task: core/main.a");
  await repo.commit({ a: "3\n", old: null, "commit core/main.z": "1\n" }, "By hand\n\ncommit x");
  const head = await repo.commit({ a: "4\n" }, "Again\n\nDgov-Task: core/main.b");
  const brought = await broughtBetween(repo.git, base, head);
  expect(Object.fromEntries([...brought].map(([path, tasks]) => [path, [...tasks].sort()]))).toEqual({
    a: ["", "core/main.a", "core/main.b"],
    "d/é b": ["core/main.a"],
    "commit core/main.z": [""],
    old: [""],
  });
  expect((await broughtBetween(repo.git, head, head)).size).toBe(0);
});
