import { covers, formatClaim } from "@dgov/sandbox/claim";
import type { Place } from "../error.ts";
import { isTestPath } from "../sops.ts";
import { isWrite } from "./claims.ts";
import type { Method } from "./method.ts";
import { placeOf, type SourceTask } from "./source.ts";

/**
 * What is wrong with the acceptance tests of a plan. A test that a task may write judges nobody, whosever task that is; one
 * that two tasks share is red until the second of them, so that it says nothing of the first.
 */
export function testsPlaces(tasks: readonly SourceTask[], method: Method | null): Place[] {
  return [
    ...tasks.flatMap((task) => [...missingParts(task, method), ...authorClaims(task)]),
    ...claimedTests(tasks),
    ...sharedTests(tasks),
  ];
}

function missingParts(task: SourceTask, method: Method | null): Place[] {
  const { tests, table } = task;
  const fault = (key: string, code: string, why: string) => [
    placeOf(task, [key], { code, message: `Cannot start "${task.id}": ${why}` }),
  ];
  if (method === null && tests.length > 0)
    return fault("tests", "tests_without_method", 'it has frozen tests, and the plan lacks method = "tests-first"');
  if (method === null || table.role !== "worker" || table.tests.length > tests.length) return [];
  if (tests.length === 0) return fault("tests", "tests_missing", "a plan by tests-first names the tests of each task");
  if (table.test_cmd.trim() === "") return fault("test_cmd", "tests_unrun", "no test_cmd runs its tests");
  return [];
}

/** Who writes the tests that others are accepted by writes nothing else: neither what they ask of, nor what they stand on. */
function authorClaims(task: SourceTask): Place[] {
  if (task.table.role !== "test_author") return [];
  const others = task.claims.filter(({ claim, key }) => key !== "read" && !isTestPath(claim.path));
  return others.map(({ claim, path }) => {
    const message = `Cannot let "${task.id}" claim "${formatClaim(claim)}" for writing: a test_author writes tests alone`;
    return placeOf(task, path, { code: "test_author_claims", message });
  });
}

function claimedTests(tasks: readonly SourceTask[]): Place[] {
  return tasks.flatMap((task) =>
    task.claims.filter(isWrite).flatMap(({ claim, path }) =>
      tasks.flatMap((owner) => {
        const test = owner.tests.find((one) => covers({ ...claim, symbol: null }, one));
        if (test === undefined) return [];
        const message = `Cannot let "${task.id}" claim "${formatClaim(claim)}": "${test}" is a frozen test of "${owner.id}"`;
        return [placeOf(task, path, { code: "test_claimed", message })];
      }),
    ),
  );
}

function sharedTests(tasks: readonly SourceTask[]): Place[] {
  const owners = new Map<string, string>();
  return tasks.flatMap((task) =>
    task.tests.flatMap((test) => {
      const owner = owners.get(test.toLowerCase());
      owners.set(test.toLowerCase(), owner ?? task.id);
      if (owner === undefined) return [];
      const message = `Cannot give "${task.id}" the test "${test}": it is one of "${owner}"`;
      return [placeOf(task, ["tests"], { code: "test_shared", message })];
    }),
  );
}
