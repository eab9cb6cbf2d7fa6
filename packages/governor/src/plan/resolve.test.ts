import { expect, test } from "bun:test";
import type { Role } from "@dgov/kernel";
import { parseProject } from "../config.ts";
import { chooseProvider } from "./resolve.ts";

const { project } = parseProject("/r", new TextEncoder().encode('[agents.mine]\ncommand = ["mine"]\n'));

test.each<[Role, string]>([
  ["worker", "mine"],
  ["researcher", "mine"],
  ["reviewer", "mine"],
  ["planner", "mine"],
])("whether a program may be a %s: %s", (role, expected) => {
  const silent = { provider: null, default_agent: null, default_provider: null };
  const chosen = chooseProvider({ role, agent: "mine", ...silent }, project!);
  expect(chosen.ok ? chosen.agent : chosen.code).toBe(expected);
});
