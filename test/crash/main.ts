/** One run that is disturbed, in a process of its own: `bun main.ts FAULT` in the repository, with the fault as JSON. */
import { dirname } from "node:path";
import { failureOf } from "../../packages/cli/src/print.ts";
import { disturb } from "./disturb.ts";
import { NOT_REACHED, play, REACHED } from "./play.ts";

const root = process.cwd();
const place = { root, folder: dirname(root), env: { ...(process.env as Record<string, string>) } };
const disturbed = disturb(JSON.parse(process.argv[2] ?? "null"), place);
try {
  await play(place, disturbed.notify);
} catch (error) {
  const { stack } = failureOf(error);
  if (stack !== null) throw error; // a bug; what a person can mend is an end like others
}
process.exit(disturbed.reached() ? REACHED : NOT_REACHED);
