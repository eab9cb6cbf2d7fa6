// How many bytes of memory 10,000 parses and 300 analyses leave behind, in a process with nothing else in its memory.
import { openGrammars } from "../../packages/semantic/src/grammar.ts";
import { analyse } from "../../packages/semantic/src/index.ts";
import { withTree } from "../../packages/semantic/src/parse.ts";

const grammars = await openGrammars();
const python = grammars.grammar("python");
const text = Array.from({ length: 60 }, (_, n) => `def f${n}(a, b=${n}):\n    return a + b\n`).join("");
const work = (parses: number, analyses: number) => {
  for (let n = 0; n < parses; n++)
    withTree(python, `${text}x = ${n}\n`, ({ rootNode }) => ({ faulty: rootNode.hasError }));
  for (let n = 0; n < analyses; n++) analyse(grammars, "a.py", `${text}x = ${n}\n`);
  Bun.gc(true);
  return process.memoryUsage().rss;
};
const before = work(1_000, 200);
console.log(work(10_000, 300) - before);
