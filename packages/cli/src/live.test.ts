import { expect, test } from "bun:test";
import { NO_PROGRESS, type Progress } from "@dgov/governor/watching";
import { fit, plain, width, wrap } from "./ansi.ts";
import { clock, lineOf, liveColour, liveView, tableOf } from "./live.ts";

const AT = Date.UTC(2026, 10, 21, 5, 8, 26);
const skipped = { kind: "task_skipped", task: "a/b.two", because: "a/b.one" } as never;
const silent = { kind: "call_reserved", task: "a/b.two", attempt: 1, call: 1, tokens: 0, cost_micros: 0 } as never;
const said = (text: string) =>
  ({
    kind: "call_settled",
    task: "a/b.two",
    attempt: 1,
    call: 1,
    usage: { input_tokens: 1, output_tokens: 1, cost_micros: 0 },
    took_ms: 1,
    said: text,
  }) as never;

test("one event is one line, and some are none", () => {
  expect(lineOf({ at_ms: AT, event: skipped })).toBe(
    '05:08:26  a/b.two  skipped: it needs "a/b.one", which did not land',
  );
  expect(lineOf({ at_ms: AT, event: silent })).toBeNull();
  expect(lineOf({ at_ms: AT, event: said("hello") }, { weight: "milestone" })).toBeNull();
});

test("a model cannot move the cursor, hide text or fill the screen", () => {
  const line = lineOf({ at_ms: AT, event: said(`a\x1b[2J\x1b]0;title\x07b\r\nc\u202Ed${"x".repeat(5000)}`) }) ?? "";
  expect(line).toStartWith("05:08:26  a/b.two  says: ab cdxxx");
  expect(width(line)).toBeLessThan(450);
  expect([...line].every((letter) => letter >= " ")).toBe(true);
  expect(plain("\x1b[31mred\x1b[0m\u0000")).toBe("red");
});

test.each([
  ["abc", 3, "abc"],
  ["abcd", 3, "ab…"],
  ["日本語", 4, "日…"],
])("%s in %d columns is %s", (text, columns, cut) => {
  expect(fit(text, columns)).toBe(cut);
});

test.each<[text: string, columns: number, first: number, indent: number, lines: string]>([
  ["short", 10, 0, 0, "short"],
  ["one two three", 8, 0, 2, "one two\n  three"],
  ["one two three", 8, 4, 0, "one\ntwo\nthree"],
  ["abcdefghij kl", 4, 0, 1, "abcd\n efg\n hij\n kl"],
  ["", 4, 0, 0, ""],
  ["日本語 x", 4, 0, 0, "日本\n語 x"],
  ["ab", 0, 0, 0, "a\nb"],
])("%p in %d columns, the first %d taken and %d before the others", (text, columns, first, indent, lines) => {
  expect(wrap(text, columns, { first, indent })).toBe(lines);
});

test("a line is broken between words and goes on under the task", () => {
  const line = lineOf({ at_ms: AT, event: said("some words that do not fit") }, { columns: 40 });
  expect(line).toBe("05:08:26  a/b.two  says: some words that\n          do not fit");
});

test.each([
  [0, "0s"],
  [59_999, "59s"],
  [67_000, "1m07s"],
  [7_500_000, "2h05m"],
  [-5, "0s"],
])("%d ms is %s", (ms, text) => {
  expect(clock(ms)).toBe(text);
});

function busy(count: number): Progress {
  const task = (at: number) => ({
    task: `a/b.t${at}`,
    state: "working" as const,
    attempt: 1,
    since_ms: AT,
    doing: "read_file",
  });
  const tasks = new Map(Array.from({ length: count }, (_, at) => [`a/b.t${at}`, task(at)]));
  return { ...NO_PROGRESS, plan: "p", started_at_ms: AT, tasks };
}

test("the table shows what is under way, and never more than fits", () => {
  const options = { columns: 60, now_ms: AT + 5000, colour: false };
  expect(tableOf(NO_PROGRESS, options)).toEqual([]);
  expect(tableOf(busy(1), options)).toEqual(["p  0/1 landed · 5s", "  ▶ a/b.t0  working 5s  read_file"]);
  const many = tableOf(busy(300), { ...options, columns: 20 });
  expect(many).toHaveLength(14);
  expect(many.every((line) => width(line) < 20)).toBe(true);
  expect(many.at(-1)).toContain("… and 288 more");
});

test.each<[env: Record<string, string>, colour: boolean]>([
  [{}, true],
  [{ NO_COLOR: "" }, true],
  [{ NO_COLOR: "1" }, false],
])("with %p the live view is coloured: %p", (env, colour) => {
  const written: string[] = [];
  const write = (text: string) => void written.push(text);
  const view = liveView({ write, columns: 80, now_ms: () => AT, colour: liveColour(env) });
  view.event({ seq: 1, run: "r", at_ms: AT, prev: "", hash: "", event: skipped } as never);
  view.end();
  expect(written.join("").includes("\x1b[31m")).toBe(colour);
});

test("the live view leaves the terminal as it was", () => {
  const written: string[] = [];
  const view = liveView({ write: (text) => void written.push(text), columns: 80, now_ms: () => AT, colour: false });
  view.event({ seq: 1, run: "r", at_ms: AT, prev: "", hash: "", event: skipped } as never);
  view.end();
  const all = written.join("");
  expect(all).toStartWith("\x1b[?25l");
  expect(all).toEndWith("\x1b[?25h");
  expect(all).toContain('skipped: it needs "a/b.one"');
});
