import { expect, test } from "bun:test";
import type { StagesView } from "@dgov/governor/tests_first";
import { renderStages } from "./stages_text.ts";

test.each<[why: StagesView["why"], next: string]>([
  ["wrong", "mend the tests, commit them"],
  ["green", "have the tests ask for what is not there yet, commit them"],
  ["unknown", "let test_cmd call pytest"],
])("what is to be done with tests that are not red (%p) is what would make them so", (why, next) => {
  const view: StagesView = {
    ...{ plan: "p", dir: ".dgov/plans/p", next: "red", why, drafts: false, missing: "red" },
    ...{ spec: null, tests: [], approved: null, places: [] },
  };
  const said = renderStages(view).split("\n").at(-1);
  expect(said).toStartWith(`Next: ${next}`);
  expect(said).toEndWith("then: dgov plan continue .dgov/plans/p");
});
