import { expect, test } from "bun:test";
import { parseProject } from "./config.ts";

const read = (text: string) => parseProject("/r", new TextEncoder().encode(text));

test("the ladder is in the order of the file, and a rung may name a provider", () => {
  const text = `
[providers.big]
base_url = "https://api.example/v1"
api_key_env = "KEY"
[[tiers.escalation]]
agent = "fast"
[[tiers.escalation]]
agent = "model-10"
provider = "big"
`;
  expect(read(text).project?.limits.escalation).toEqual([
    { agent: "fast", provider: null },
    { agent: "model-10", provider: "big" },
  ]);
});

test.each<[string, string, number]>([
  ["agent = 'a'\nprovider = 'gone'", "provider_unknown", 3],
  ["agent = ' '", "value_invalid", 2],
  ["provider = 'scripted'", "key_missing", 1],
  ["agent = 'a'\nattempts = 2", "key_unknown", 3],
])("a rung that cannot be used is told at its place: %s", (keys, code, line) => {
  const { project, places } = read(`[[tiers.escalation]]\n${keys}`);
  expect(project).toBeNull();
  expect(places.map((place) => [place.code, place.line])).toEqual([[code, line]]);
});
