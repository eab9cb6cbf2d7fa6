import { expect, test } from "bun:test";
import { bytesOf, firstSize, mostInput } from "./size.ts";

test("before anybody has counted, two bytes are a token", () => {
  const size = firstSize({ messages: [{ role: "user", text: "x".repeat(1_000) }] }, { tools: { specs: [] } });
  expect(mostInput(size)).toBeGreaterThan(500);
  expect(mostInput(size)).toBeLessThan(550);
});

test("characters of several bytes count as their bytes", () => {
  expect(bytesOf([{ role: "user", text: "界".repeat(100) }])).toBeGreaterThan(300);
});

test("what the provider has counted stands, and what came since is added", () => {
  expect(mostInput({ bytes: 5_000, counted: { tokens: 1_000, bytes: 4_000 } })).toBe(1_500);
});
