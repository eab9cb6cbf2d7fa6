import { expect, test } from "bun:test";
import { HeadTail } from "./truncate.ts";

test.each([
  ["nothing", [], "", "", 0],
  ["what fits", ["abc", "defg"], "abcdefg", "", 0],
  ["exactly twice the clip", ["abcdefgh"], "abcdefgh", "", 0],
  ["one byte more", ["abcdefghi"], "abcd", "fghi", 1],
  ["many small pieces", [..."abcdefghijkl"], "abcd", "ijkl", 4],
  ["a character cut at the head", ["abcé------wxyz"], "abc", "wxyz", 8],
  ["a character cut at the tail", ["abcd------éyzz"], "abcd", "yzz", 8],
])("keeps head and tail of %s", (_, chunks, head, tail, omitted_bytes) => {
  const kept = new HeadTail(4);
  for (const chunk of chunks) kept.push(Buffer.from(chunk));
  expect(kept.result()).toEqual({ head, tail, omitted_bytes });
});
