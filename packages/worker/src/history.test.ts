import { expect, test } from "bun:test";
import { compact, estimateTokens, sizeChars, squeeze } from "./history.ts";
import type { Message } from "./model.ts";

const turn = (n: number, result: string, input = "{}"): Message[] => [
  { role: "assistant", text: `thought ${n}`, calls: [{ id: `c${n}`, tool: "read_file", input }] },
  { role: "tool", id: `c${n}`, tool: "read_file", text: result },
];
const talk = (turns: number, chars: number, input = "{}"): Message[] => [
  { role: "system", text: "be good" },
  { role: "user", text: "the goal" },
  ...Array.from({ length: turns }, (_, n) => turn(n, String(n % 10).repeat(chars), input)).flat(),
];

test("a history within its limit is the same value", () => {
  const messages = talk(3, 100);
  expect(compact(messages, 100_000)).toBe(messages);
});

test("old results become stubs; what was said and the latest turns stay", () => {
  const messages = talk(20, 1_000);
  const shorter = compact(messages, 20_000);
  expect(shorter.length).toBe(messages.length);
  expect(shorter.slice(0, 3)).toEqual(messages.slice(0, 3));
  expect(shorter[3]).toMatchObject({ role: "tool", id: "c0", text: expect.stringContaining("1000 characters") });
  expect(shorter.slice(-12)).toEqual(messages.slice(-12));
  expect(compact(messages, 20_000)).toEqual(shorter);
});

test("long inputs of old calls go when results are not enough", () => {
  const shorter = compact(talk(20, 1_000, JSON.stringify({ content: "y".repeat(5_000) })), 50_000);
  expect(sizeChars(shorter)).toBeLessThan(25_000);
  for (const message of shorter)
    if (message.role === "assistant") for (const { input } of message.calls) expect(JSON.parse(input)).toBeObject();
});

test("a single huge result keeps both its ends", () => {
  const messages = [...talk(0, 0), ...turn(1, `HEAD${"x".repeat(90_000)}TAIL`)];
  const text = squeeze(messages).at(-1)!.text;
  expect(text.length).toBeLessThanOrEqual(8_000);
  expect(text.startsWith("HEAD") && text.endsWith("TAIL")).toBe(true);
});

test("nothing left to take away is the same value", () => {
  const messages = talk(1, 10);
  expect(squeeze(messages)).toBe(messages);
});

test("tokens are estimated from messages, calls and tools", () => {
  expect(estimateTokens([{ role: "user", text: "12345678" }], [])).toBe(3); // the empty list of tools weighs 2
});
