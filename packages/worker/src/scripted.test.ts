import { expect, test } from "bun:test";
import { z } from "zod";
import example from "../../../test/fixtures/scripts/example.json";
import { work } from "./loop.ts";
import type { Outcome, ToolResult } from "./order.ts";
import { parseScript, Script, ScriptError, scriptCovers, scriptedModel } from "./scripted.ts";

const script = (tasks: unknown, rest: Record<string, unknown> = {}): Script =>
  parseScript(JSON.stringify({ version: 1, tasks, ...rest }), "script.json");
const noSleep = async (): Promise<void> => {};

/** Plays one attempt through the real loop; every tool answers, and `done` ends. */
async function play(from: Script, task: string, attempt = 1): Promise<{ outcome: Outcome; ran: string[] }> {
  const ran: string[] = [];
  const call = async ({ tool, input }: { tool: string; input: string }): Promise<ToolResult> => {
    ran.push(`${tool} ${input}`);
    return tool === "done"
      ? { ok: true, text: "", ended: { outcome: "done", summary: input } }
      : { ok: true, text: "ran" };
  };
  const outcome = await work(
    { messages: [], ending: "done", limits: { turns: 9, warn_at: 6, time_ms: 20 } },
    {
      model: scriptedModel(from, { task, attempt, sleep_ms: noSleep }),
      tools: { specs: [], call },
      meter: { reserve: async () => ({ max_output: null }), settle: () => {} },
      now_ms: () => 0,
      signal: new AbortController().signal,
    },
  );
  return { outcome, ran };
}

const done = { calls: [{ tool: "done", args: { summary: "x" } }] };

test("turns are played in order, with arguments or as raw text", async () => {
  const turns = [
    { say: "first", calls: [{ tool: "a", args: { n: 1 } }, { tool: "b", raw: "{oops" }, { tool: "c" }] },
    done,
  ];
  expect(await play(script({ "m/a.b": { turns } }), "m/a.b")).toEqual({
    outcome: { ended: "done", summary: '{"summary":"x"}' },
    ran: ['a {"n":1}', "b {oops", "c {}", 'done {"summary":"x"}'],
  });
});

// biome-ignore format: a table reads by its columns
test.each<[string, unknown[], Outcome]>([
  ["the turns run out", [{ calls: [{ tool: "a" }] }],             { ended: "stuck", after_turns: 4 }],
  ["no turns at all",   [],                                       { ended: "stuck", after_turns: 3 }],
  ["hangs",             [{ hang: true }],                         { ended: "timeout", after_ms: 0 }],
  ["waits, then ends",  [{ delay_ms: 5, ...done }],               { ended: "done", summary: '{"summary":"x"}' }],
  ["fails",             [{ fail: { cause: "rate_limit", retry_after_ms: 7 } }],
    { ended: "provider", cause: "rate_limit", retry_after_ms: 7, detail: 'Cannot complete the call: the script says "rate_limit"' }],
])("an attempt of a script: %s", async (_name, turns, outcome) => {
  expect((await play(script({ t: { turns } }), "t")).outcome).toEqual(outcome);
});

test("attempts beyond the list repeat the last, and unlisted tasks play the default", async () => {
  const attempts = ["one", "two"].map((tool) => ({ turns: [{ calls: [{ tool }] }, done] }));
  const from = script({ t: { attempts } }, { default: { turns: [done] } });
  const first = async (task: string, attempt: number) => (await play(from, task, attempt)).ran[0];
  expect([await first("t", 1), await first("t", 2), await first("t", 3)]).toEqual(["one {}", "two {}", "two {}"]);
  expect(await first("other", 1)).toStartWith("done");
});

test("a task without turns is told from one with", async () => {
  const from = script({ t: { turns: [done] } });
  expect([scriptCovers(from, "t"), scriptCovers(from, "u"), scriptCovers(from, "toString")]).toEqual([
    true,
    false,
    false,
  ]);
  expect((await play(from, "toString")).outcome.ended).toBe("stuck");
});

test("tokens are those of the script", async () => {
  const model = scriptedModel(script({ t: { turns: [{ usage: { input: 9, output: 4 } }, {}] } }), {
    task: "t",
    attempt: 1,
    sleep_ms: noSleep,
  });
  const ask = { messages: [], tools: [], max_output: null, must_call: null, signal: new AbortController().signal };
  expect(await model.complete(ask)).toMatchObject({ tokens: { input: 9, output: 4, estimated: false } });
  expect(await model.complete(ask)).toMatchObject({ tokens: { input: 0, output: 0, estimated: true } });
});

// biome-ignore format: a table reads by its columns
test.each<[string, string, ScriptError["code"], string]>([
  ["empty",          "",                                              "script_syntax", "1:1: expected a value"],
  ["comma",          '{\n  "version": 1,\n}',                         "script_syntax", "3:1: expected a key in double quotes"],
  ["cut off",        '{"version": 1, "tasks": {',                     "script_syntax", '1:26: expected a key in double quotes'],
  ["raw line break", '{"a": "x\ny"}',                                 "script_syntax", "1:7: this string does not end or holds a raw line break"],
  ["bad escape",     '{"a": "\\x"}',                                  "script_syntax", "1:7: this string has an unknown escape"],
  ["raw control",    `{"a": "x\u0001y"}`,                             "script_syntax", "1:7: this string holds a raw control character"],
  ["after the end",  "{} {}",                                         "script_syntax", "1:4: expected nothing after the value"],
  ["key twice",      '{"version": 1,\n "version": 1}',                "script_syntax", '2:2: the key "version" stands twice'],
  ["nested",         "[".repeat(100),                                 "script_syntax", "1:66: nested deeper than 64"],
  ["version",        '{"version": 2, "tasks": {}}',                   "script_schema", '1:13: "version": '],
  ["unknown key",    '{"version": 1, "tasks": {},\n "extra": 1}',     "script_schema", '2:11: unknown key "extra"'],
  ["both",           '{"version": 1, "tasks": {"t": {"turns": [], "attempts": [{"turns": []}]}}}', "script_schema", '1:31: "tasks.t": wants either'],
  ["neither",        '{"version": 1, "tasks": {"t": {}}}',            "script_schema", '1:31: "tasks.t": wants either'],
  ["args and raw",   '{"version": 1, "tasks": {"t": {"turns": [{"calls": [{"tool": "a", "args": {}, "raw": ""}]}]}}}', "script_schema", '1:53: "tasks.t.turns.0.calls.0": has both'],
  ["not a cause",    '{"version": 1, "tasks": {"t": {"turns": [\n{"fail": {"cause": "bored"}}]}}}', "script_schema", '2:20: "tasks.t.turns.0.fail.cause": '],
])("a script is refused with its place: %s", (_name, text, code, message) => {
  try {
    parseScript(text, "s.json");
  } catch (error) {
    expect(error).toBeInstanceOf(ScriptError);
    if (!(error instanceof ScriptError)) return;
    expect(error.code).toBe(code);
    expect(error.message).toContain(`Cannot read the script "s.json":\ns.json:${message}`);
    return;
  }
  expect.unreachable();
});

test("all errors of a script are told at once", () => {
  const text = '{"version": 1, "tasks": {"t": {"turns": [{"sya": ""}, {"delay_ms": -1}]}}, "x": 0}';
  expect(() => parseScript(text, "s.json")).toThrow(/unknown key "sya".*delay_ms.*unknown key "x"/s);
});

test("strings, numbers and literals read as JSON reads them", () => {
  const args = { text: 'é "q" \\ \n \u2028 \u0001', n: -1.5e3, list: [true, false, null, {}], __proto__x: 1 };
  const from = script({ t: { turns: [{ calls: [{ tool: "a", args }] }] } });
  expect(from.tasks.t?.turns?.[0]?.calls?.[0]?.args).toEqual(args);
});

test("a long string reads", () => {
  const raw = `${"x\\n".repeat(500_000)}`;
  const from = script({ t: { turns: [{ calls: [{ tool: "a", raw }] }] } });
  expect(from.tasks.t?.turns?.[0]?.calls?.[0]?.raw).toBe(raw);
});

test("the schema can be written down for editors", () => {
  expect(z.toJSONSchema(Script)).toMatchObject({
    type: "object",
    additionalProperties: false,
    required: ["version", "tasks"],
  });
});

test("the example of the documentation plays", async () => {
  const from = parseScript(JSON.stringify(example), "example.json");
  expect((await play(from, "core/greeting.greet")).outcome.ended).toBe("done");
  expect((await play(from, "core/greeting.second_try", 1)).outcome).toMatchObject({ cause: "rate_limit" });
  expect((await play(from, "core/greeting.second_try", 2)).outcome.ended).toBe("done");
});
