// More seeds of the simulation than `bun test` has time for: `bun scripts/sim.ts [minutes] [first seed]`.
// Ends with status 1 at the first seed that breaks a promise, and says how to repeat it.
import { Sim } from "../test/sim/sim.ts";

const minutes = Number(process.argv[2] ?? 5);
const first = Number(process.argv[3] ?? 20_000); // what comes before is in `bun test`
if (!(minutes > 0) || !Number.isSafeInteger(first)) {
  console.error("Usage: bun scripts/sim.ts [minutes] [first seed]");
  process.exit(2);
}

const until_ms = performance.now() + minutes * 60_000;
let seed = first;
let events = 0;
for (; performance.now() < until_ms; seed++)
  try {
    events += new Sim(seed, seed % 50 === 0).play().length;
  } catch (error) {
    console.error(error);
    console.error(`Repeat it with SEED=${seed} bun test test/sim`);
    process.exit(1);
  }
console.log(`${seed - first} seeds from ${first}, ${events} events, no promise broken`);
