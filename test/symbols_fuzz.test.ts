import { expect, test } from "bun:test";
import { openGrammars } from "../packages/semantic/src/grammar.ts";
import { analyse } from "../packages/semantic/src/index.ts";
import { withTree } from "../packages/semantic/src/parse.ts";
import { fuzzSymbols } from "./fuzz/symbols.ts";

test("damaged files have an answer, soon, and take no memory with them", async () => {
  const first = await fuzzSymbols(60, 1);
  Bun.gc(true);
  const before = process.memoryUsage().rss;
  const second = await fuzzSymbols(200, 1_000);
  Bun.gc(true);
  expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024);
  expect(Math.max(first.slowest_ms, second.slowest_ms)).toBeGreaterThan(0);
}, 300_000);

test("10,000 parses leave nothing behind", async () => {
  const grammars = await openGrammars();
  const python = grammars.grammar("python");
  const text = Array.from({ length: 60 }, (_, n) => `def f${n}(a, b=${n}):\n    return a + b\n`).join("");
  const parse = (n: number) => withTree(python, `${text}x = ${n}\n`, ({ rootNode }) => ({ faulty: rootNode.hasError }));
  const look = (n: number) => analyse(grammars, "a.py", `${text}x = ${n}\n`);
  const settled = () => {
    Bun.gc(true);
    return process.memoryUsage().rss;
  };
  for (let n = 0; n < 1_000; n++) parse(n);
  for (let n = 0; n < 200; n++) look(n);
  const before = settled();
  for (let n = 0; n < 10_000; n++) parse(n);
  for (let n = 0; n < 300; n++) look(n);
  expect(settled() - before).toBeLessThan(30 * 1024 * 1024);
}, 300_000);
