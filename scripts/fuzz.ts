// Texts by chance against what judges them.
// Usage: bun scripts/fuzz.ts commands|paths|symbols|pieces|merges COUNT [--seed N] [--real N]
//   commands   the judge of shell texts; --real: so many of the hidden commands are also run by a real bash
//   paths      the resolver of the file host, on a worktree with links, pipes and canaries around it
//   symbols    what looks at texts, on real files that are damaged
//   pieces     a later text of which only what was changed is looked at, on real files that are edited
//   merges     the merge by symbols, of real files that both sides changed by chance

import { parseArgs } from "node:util";
import { fuzzCommands, tryDamaged, tryHidden } from "../test/fuzz/command_judge.ts";
import { fuzzMerges } from "../test/fuzz/merges.ts";
import { fuzzPaths, openPathWorld } from "../test/fuzz/paths.ts";
import { fuzzPieces } from "../test/fuzz/pieces.ts";
import { fuzzSymbols } from "../test/fuzz/symbols.ts";
import { pythonLibrary, scripts } from "../test/semantic/corpus.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: "string" }, real: { type: "string", default: "0" }, as: { type: "string" } },
});
const [word = "", count = ""] = positionals;
const seed = Number(values.seed ?? Date.now() % 2 ** 31);

const FUZZERS: Readonly<Record<string, (runs: number) => Promise<void>>> = {
  async commands(runs) {
    const { slowest_ms } = await fuzzCommands(runs, seed);
    console.log(`slowest: ${slowest_ms.toFixed(1)} ms`);
    const wanted = Number(values.real);
    if (wanted === 0) return;
    const { ran, idle } = await tryHidden(wanted, seed);
    console.log(`run by bash: ${ran} of ${wanted} hidden commands`);
    for (const text of idle.slice(0, 5)) console.log(`not run: ${JSON.stringify(text)}`);
    const as = values.as ? ["setpriv", `--reuid=${values.as}`, `--regid=${values.as}`, "--clear-groups"] : [];
    const { passed, got_through } = await tryDamaged(wanted, seed, as);
    console.log(`run by bash: ${passed} of ${wanted} damaged commands that the judge lets through`);
    for (const text of got_through) console.log(`GOT THROUGH: ${JSON.stringify(text)}`);
    if (got_through.length > 0) process.exit(1);
  },
  async merges(runs) {
    const { slowest_ms, ...did } = await fuzzMerges(runs, seed);
    console.log(`${JSON.stringify(did)}, slowest: ${slowest_ms.toFixed(1)} ms`);
  },
  async paths(runs) {
    const world = openPathWorld();
    try {
      fuzzPaths(world, runs, seed);
    } finally {
      world.remove();
    }
  },
  async pieces(runs) {
    console.log(JSON.stringify(await fuzzPieces([...(pythonLibrary() ?? []), ...scripts()], runs, seed)));
  },
  async symbols(runs) {
    const { slowest_ms, slowest, unknown } = await fuzzSymbols(runs, seed);
    console.log(`slowest: ${slowest_ms.toFixed(0)} ms (${slowest}); ${unknown} of which nothing is known`);
  },
};

const fuzz = FUZZERS[word];
const runs = Number(count);
if (!fuzz || !Number.isInteger(runs) || runs < 1) {
  console.error(`Usage: bun scripts/fuzz.ts ${Object.keys(FUZZERS).join("|")} COUNT [--seed N] [--real N]`);
  process.exit(2);
}
const started = performance.now();
await fuzz(runs);
console.log(`${word}: ${runs} inputs, seed ${seed}, ${((performance.now() - started) / 1000).toFixed(1)} s, no fault`);
