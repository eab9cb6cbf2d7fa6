import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { type EventOf, taskOf } from "@dgov/kernel";
import { withWritable } from "../ledger_file.ts";
import { openSite, WORKER, workOf } from "../testing/site.ts";
import { orderOf } from "./order.ts";
import { scopeOf } from "./scope.ts";

setDefaultTimeout(60_000); // many processes each, and the machine may be busy

const open: { repo: { remove(): void } }[] = [];
afterEach(() => {
  for (const { repo } of open.splice(0)) repo.remove();
});

async function lay(test_cmd: string) {
  const place = await openSite({ files: { "a.txt": "1\n", "src/x.py": "", "tests/t.py": "" }, unit: { test_cmd } });
  open.push(place);
  return place;
}
type Place = Awaited<ReturnType<typeof lay>>;

async function order({ site, head }: Place, attempt: number, carried = false) {
  const [unit] = site.plan.tasks;
  if (!unit) throw new Error("No task");
  const { failed } = taskOf(site.session.run, unit.id);
  const made = await orderOf(site, {
    unit,
    attempt,
    scope: scopeOf(site.project, unit, head),
    failed,
    carried,
    program: null,
  });
  return { ...made, text: made.messages.map(({ text }) => text).join("\n") };
}

/** Attempt 1 is rejected for a red test, and the policy asks for another. */
async function rejected(place: Place, blame: EventOf<"candidate_rejected">["blame"] = "task"): Promise<void> {
  const of = { task: place.task, attempt: 1 };
  const findings = [{ code: "test_failure", message: "the test is red" }];
  const output = { head: "", tail: "E   assert 1 == 2", omitted_bytes: 0, log: null };
  await workOf(place, { "a.txt": "2\n" });
  const { session } = place.site;
  const judged = {
    ...of,
    gate: "tests",
    verdict: "reject",
    findings,
    took_ms: 1,
    command: "make",
    exit: 1,
    output,
  } as const;
  session.record({ kind: "gate_judged", ...judged });
  session.record({ kind: "candidate_rejected", ...of, cause: "gate", gate: "tests", findings, blame });
  session.record({ kind: "task_retried", ...of, by: "policy", tier: 0, carry: true });
}

test("a first order names claims, files and limits, and nothing of an attempt before", async () => {
  const { text, required, limits } = await order(await lay("make check"), 1);
  for (const fact of ["a.txt", "src/x.py", "run_tests", "do one", "600 seconds", "8192 MB of memory, 1024 processes"])
    expect(text).toContain(fact);
  expect(text).not.toContain("Previous attempt");
  expect([required, limits.turns]).toEqual([null, 50]);
});

test("the next order says when the gate refuses the head too, and nothing of it when the work is to blame", async () => {
  const [red, own] = [await lay("make check"), await lay("make check")];
  await rejected(red, "base");
  await rejected(own);
  const [of_red, of_own] = [await order(red, 2), await order(own, 2)];
  expect(of_red.text).toContain("- The target's head fails this gate too, without your work");
  expect(of_own.text).not.toContain("blame_");
  expect([of_red.required, of_own.required?.recipe]).toEqual([null, "test"]); // nobody is made to mend what is not theirs
});

test("what the project's own rules refuse is told before it is tried", async () => {
  const place = await lay("make check");
  const rule = { name: "k8s", deny: ["kubectl delete"], allow: ["kubectl delete pod"], why: "ask first" };
  const own = { ...rule, matches: ["kubectl delete x"], passes: ["kubectl get x"] };
  const { rules } = place.site.project;
  const tool_policy = { ...rules.tool_policy, restrict_run_bash: true, rules: [own] };
  const site = { ...place.site, project: { ...place.site.project, rules: { ...rules, tool_policy } } };
  const { text } = await order({ ...place, site }, 1);
  expect(text).toContain("Refused in run_bash: kubectl delete, but for kubectl delete pod (ask first)");
});

test("C11 what the ledger knows of its files is told at the first attempt, and what it knows of others is not", async () => {
  const place = await lay("make check");
  withWritable(place.site.project.root, (ledger) => {
    const add = (content: string, path: string) =>
      ledger.add({ category: "bug", content, paths: [path], found: null }, 1);
    add("the last line has no end", "a.txt");
    add("another matter", "b.txt");
  });
  const { text } = await order(place, 1);
  expect(text).toContain("## Known here");
  expect(text).toContain("- bug: the last line has no end (a.txt)");
  expect(text).not.toContain("another matter");
});

test("C11 after a rejection the findings, the end of the output and what must pass are in it", async () => {
  const place = await lay("make check");
  await rejected(place);
  const { text, required } = await order(place, 2, true);
  for (const fact of [
    'gate "tests"',
    "the test is red",
    "E   assert 1 == 2",
    "It said of itself: did it",
    "Go on from them",
  ])
    expect(text).toContain(fact);
  expect(required).toEqual({ label: "make check", recipe: "test" });
});

test("they stand when the attempt that was to mend them was lost", async () => {
  const place = await lay("make check");
  await rejected(place);
  const { session } = place.site;
  const of = { task: place.task, attempt: 2 };
  session.record({ kind: "task_dispatched", ...of, base: place.head, ...WORKER, carried_from: null });
  session.record({
    kind: "attempt_failed",
    ...of,
    cause: "lost",
    detail: "The process that ran it is gone",
    kept: null,
  });
  const { text, required } = await order(place, 3, true);
  for (const fact of [
    "Attempt 2 was cut off",
    "Findings of attempt 1, which still stand",
    "the test is red",
    "assert 1 == 2",
  ])
    expect(text).toContain(fact);
  expect(text).not.toContain("It said of itself");
  expect(required?.recipe).toBe("test");
});

test("a test that the worker cannot run is not required of it", async () => {
  const place = await lay("pytest {test_dir}");
  await rejected(place);
  expect((await order(place, 2)).required).toBeNull();
});

test("E7 a worker is told what its reviewers judge one by one, and of nothing where nothing is stated", async () => {
  const place = await lay("make check");
  expect((await order(place, 1)).text).not.toContain("judged by itself");
  place.site.plan.tasks[0]!.review.criteria = ["it says two"];
  expect((await order(place, 1)).text).toContain("is judged by itself:\n- it says two");
});
