import { expect, test } from "bun:test";
import type { Availability, Level } from "@dgov/sandbox";
import { type Rungs, rungsOf } from "./ladder.ts";

const there = (level: Level): Availability => ({ level, available: true, detail: "it works" });
const gone = (level: Level): Availability => ({ level, available: false, why: "it is missing", cure: `get ${level}` });
const AUTO = { min: "landlock", level: "auto" } as const;
const SET = (level: string) => `Set [sandbox] min = "${level}" and level = "auto" in .dgov/project.toml`;

type Row = [
  what: string,
  found: Availability[],
  rules: Parameters<typeof rungsOf>[1],
  in_force: Level | null,
  cures: (string | null)[],
];
test.each<Row>([
  ["the strongest is in force", [there("bwrap"), there("landlock"), there("wasm")], AUTO, "bwrap", [null, null, null]],
  ["a weaker one is missing", [there("bwrap"), gone("landlock"), there("wasm")], AUTO, "bwrap", [null, null, null]],
  [
    "a stronger one is missing",
    [gone("bwrap"), there("landlock"), there("wasm")],
    AUTO,
    "landlock",
    ["get bwrap", null, null],
  ],
  [
    "the project wants the weaker",
    [there("bwrap"), there("landlock"), there("wasm")],
    { min: "landlock", level: "landlock" },
    "landlock",
    [null, null, null],
  ],
  [
    "and the stronger is missing",
    [gone("bwrap"), there("landlock"), there("wasm")],
    { min: "landlock", level: "landlock" },
    "landlock",
    [null, null, null],
  ],
  [
    "none that is accepted is there",
    [gone("bwrap"), gone("landlock"), there("wasm")],
    AUTO,
    null,
    ["get bwrap", "get landlock", SET("wasm")],
  ],
  [
    "the one that is wanted is not there",
    [there("bwrap"), gone("landlock")],
    { min: "landlock", level: "landlock" },
    null,
    [SET("bwrap"), "get landlock"],
  ],
  [
    "without a jail, as it was wanted",
    [gone("bwrap"), gone("landlock"), there("wasm")],
    { min: "wasm", level: "auto" },
    "wasm",
    ["get bwrap", "get landlock", null],
  ],
])("a cure stands where something would be better: %s", (_, found, rules, in_force, cures) => {
  const ladder: Rungs = rungsOf(found, rules);
  expect(ladder.in_force).toBe(in_force);
  expect(ladder.rungs.map(({ cure }) => cure)).toEqual(cures);
  expect(ladder.rungs.map(({ available }) => available)).toEqual(found.map(({ available }) => available));
});
