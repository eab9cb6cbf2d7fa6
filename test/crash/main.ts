/**
 * One run that is disturbed, in a process of its own: built of this file, and started as `disturbed FAULT SELF` in the
 * repository, with the fault and the words that start dgov as JSON.
 */
import { dirname } from "node:path";
import { failureOf } from "../../packages/cli/src/print.ts";
import { disturb } from "./disturb.ts";
import { NOT_REACHED, play, REACHED } from "./play.ts";

const root = process.cwd();
const [fault, self] = process.argv.slice(2).map((words) => JSON.parse(words));
const place = { root, self, folder: dirname(root), env: { ...(process.env as Record<string, string>) } };
const disturbed = disturb(fault, place);
try {
  await play(place, disturbed.notify);
} catch (error) {
  const { stack } = failureOf(error);
  if (stack !== null) throw error; // a bug; what a person can mend is an end like others
}
process.exit(disturbed.reached() ? REACHED : NOT_REACHED);
