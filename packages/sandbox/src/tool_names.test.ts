import { expect, test } from "bun:test";
import { toolsOf } from "./registry.ts";
import { TOOL_NAMES } from "./tool_names.ts";

test("the list has every tool of every role, once, and no other", () => {
  const roles = ["worker", "researcher", "reviewer", "planner"] as const;
  const names = new Set(roles.flatMap((role) => toolsOf(role).map(({ name }) => name)));
  expect([...TOOL_NAMES].sort()).toEqual([...names].sort());
});
