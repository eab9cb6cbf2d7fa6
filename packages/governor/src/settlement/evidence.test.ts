import { expect, test } from "bun:test";
import { asksEvidence, evidenceGate, type Shown } from "./evidence.ts";
import { projectWith } from "./testing/parts.ts";

const projectThat = (keys: { unwatched_tests?: "refuse"; unverified_statements?: "refuse" }) =>
  projectWith("/r", {
    rules: { evidence: { flake_runs: 1, unwatched_tests: "tell", unverified_statements: "tell", ...keys } },
  });
const watched = (verdict: NonNullable<Shown["watched"]>["verdict"]): Shown => ({
  stated: [],
  watched: { verdict, why: null, call: verdict === "watched" ? { attempt: 1, n: 2 } : null },
});
const stated = (standing: Shown["stated"][number]["standing"]): Shown => ({
  stated: [{ check: "tests", command: "", outcome: "passed", standing, why: null, call: null }],
  watched: null,
});
const REFUSE = { unwatched_tests: "refuse" as const };
const BARE = { unverified_statements: "refuse" as const };

test.each<[string, Parameters<typeof projectThat>[0], Shown, string]>([
  ["D24 tests that were seen to fail", REFUSE, watched("watched"), "pass"],
  ["D24 work that began before", REFUSE, watched("edited_first"), "unwatched tests_unwatched"],
  ["D24 tests that never ran", REFUSE, watched("never_ran"), "unwatched tests_unwatched"],
  ["D24 what nobody knows is no evidence", REFUSE, watched("unknown"), "unwatched tests_unwatched"],
  ["D24 a task without tests of its own", REFUSE, { stated: [], watched: null }, "pass"],
  ["D24 advisory: it is told, and lands", BARE, watched("never_ran"), "pass"],
  ["G9 a statement that is verified", BARE, stated("verified"), "pass"],
  ["G9 a statement that nothing shows", BARE, stated("unverified"), "gate statement_unverified"],
  ["G9 a statement that its calls contradict", BARE, stated("contradicted"), "gate statement_contradicted"],
  ["G9 whoever states nothing", BARE, { stated: [], watched: null }, "pass"],
  ["G9 advisory: it is told, and lands", REFUSE, stated("contradicted"), "pass"],
])("%s", async (_, keys, shown, expected) => {
  const { verdict, cause, findings } = await evidenceGate.check({ project: projectThat(keys), shown });
  expect(verdict === "pass" ? "pass" : `${cause} ${findings.map(({ code }) => code).join()}`).toBe(expected);
});

test("a project that only wants to be told has no such gate", () => {
  expect([{}, REFUSE, BARE].map((keys) => asksEvidence(projectThat(keys)))).toEqual([false, true, true]);
});
