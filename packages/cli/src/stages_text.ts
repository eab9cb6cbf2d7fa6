import type { StagesView } from "@dgov/governor/tests_first";
import { plain } from "./ansi.ts";
import { columns } from "./print.ts";

/** How far a plan by tests-first has come, and the one thing to do next. */
export function renderStages(view: StagesView): string {
  const { plan, spec, tests, approved, missing, places } = view;
  const by = (one: { by: string; name: string; at: string } | null) =>
    one === null ? "not approved" : `approved by ${one.by} (${plain(one.name)}) at ${one.at}`;
  const rows = tests.map(({ task, path, frozen, intact, red }) => [
    intact && red?.is === "red" ? "✔" : "·",
    plain(task),
    plain(path),
    frozen === null ? "not frozen" : intact ? `frozen ${frozen.slice(0, 12)}` : "frozen, and not so any more",
    red === null ? "" : red.is === "red" ? `red: ${red.failed} of ${red.failed + red.passed} fail` : red.code,
  ]);
  return [
    `Plan: ${plain(plan)}, by tests-first`,
    `Spec: ${spec === null ? "none" : `${spec.hash.slice(0, 12)}, ${by(spec.approved)}`}`,
    ...(rows.length === 0 ? [] : [columns(rows, "  ")]),
    `Plan: ${by(approved)}`,
    ...places.map(
      ({ file, line, message }) => `  ${plain(file ?? "")}${line === null ? "" : `:${line}`} ${plain(message)}`,
    ),
    missing === null ? "It can be run" : `Missing: ${plain(missing)}`,
    `Next: ${nextOf(view)}`,
  ].join("\n");
}

function nextOf({ next, why, dir, drafts }: StagesView): string {
  const at = plain(dir);
  switch (next) {
    case "spec":
      return `write ${at}/_spec.md`;
    case "approve_spec":
      return `read ${at}/_spec.md, then: dgov plan approve ${at} spec`;
    case "plan":
      return drafts ? `dgov plan continue ${at}` : `mend the plan: dgov compile ${at}`;
    case "tests":
      return `write and commit the tests, or name [tiers] test_author, then: dgov plan continue ${at}`;
    case "red":
      return `${MENDS[why ?? ""] ?? "mend the tests"}, commit them, then: dgov plan continue ${at}`;
    case "approve_plan":
      return `read the plan and its tests, then: dgov plan approve ${at} plan`;
    case "run":
      return `dgov run ${at}`;
  }
}

/** What is to be done where tests are not red, by why not. */
const MENDS: Readonly<Record<string, string>> = {
  green: "have the tests ask for what is not there yet",
  unknown:
    "let test_cmd call pytest, vitest, jest, bun test, node --test, go test or cargo test, whose tests can be told apart",
};

/** Whoever waits for a person has done all that it could. */
export const exitOf = ({ next }: StagesView): number => (WAITING.includes(next) ? 0 : 1);

const WAITING: readonly StagesView["next"][] = ["approve_spec", "approve_plan", "run"];
