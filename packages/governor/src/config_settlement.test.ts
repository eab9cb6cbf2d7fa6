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

test("D18 whether the whole is judged at the end is as the file says, and else by what is left out before", () => {
  expect(read("").project?.limits.final).toBe("auto");
  const said = read('[settlement]\nfinal = "never"\nfinal_timeout = 7').project;
  expect([said?.limits.final, said?.timeouts.final_ms]).toEqual(["never", 7_000]);
});

test("a batch is as large as the file says, and 1 without a word", () => {
  expect(read("").project?.limits.batch).toBe(1);
  expect(read("[settlement]\nbatch = 8").project?.limits.batch).toBe(8);
});

const SEAT = "[review.seats.oak]\nprovider = 'scripted'\nagent = 'oak-9'\nfamily = 'oak'\n";
test.each<[string, string, number]>([
  ["[settlement]\nbatch = 0", "value_invalid", 2],
  ['[settlement]\nfinal = "sometimes"', "value_invalid", 2],
  ["[settlement]\nfinal_timeout = 0", "value_invalid", 2],
  ["[settlement]\nbatch = 65", "value_invalid", 2],
])("what cannot be is told at its place: %s", (text, code, line) => {
  expect(read(text).places.map((place) => [place.code, place.line])).toEqual([[code, line]]);
  expect(read(`${SEAT}[settlement]\nbatch = 2`).places).toEqual([]);
});

test.each([
  ["a tool of dgov's", '\n[tools.read_file]\ncomponent = "a.wasm"\ndescription = "x"', "name_taken", 2],
  ["the call that ends the work", '[tools.done]\ncomponent = "a.wasm"\ndescription = "x"', "name_taken", 1],
  ["a gate of dgov's", '[gates.tests]\ncomponent = "a.wasm"', "name_taken", 1],
  ["a name that is none", '[tools.Read-File]\ncomponent = "a.wasm"\ndescription = "x"', "value_invalid", 1],
  ["a path out of the repository", '[gates.a]\ncomponent = "../a.wasm"', "value_invalid", 2],
  ["something else than a component", '[gates.a]\ncomponent = "a.js"', "value_invalid", 2],
])("a component that bears %s is refused with its place", (_, text, code, line) => {
  expect(read(text).places).toEqual([expect.objectContaining({ code, line, column: expect.any(Number) })]);
});

test("a tool may have the name of a gate, and a gate that of a tool", () => {
  expect(
    read('[tools.tests]\ncomponent = "a.wasm"\ndescription = "x"\n[gates.read_file]\ncomponent = "b.wasm"').places,
  ).toEqual([]);
});
