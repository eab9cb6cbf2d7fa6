import { openReadable } from "./log.ts";
import { findRoot } from "./root.ts";
import { STATUS_KINDS, type Status, viewStatus } from "./view/status.ts";

export { openWritable } from "./log.ts";
export type { Status };

/** The last run of the repository that holds `cwd`. Reads the log alone, so that it is there at once. */
export function readStatus(cwd: string, { all }: { all: boolean }): Status {
  const log = openReadable(findRoot(cwd));
  try {
    const last = log.lastRun();
    const events = last ? [...log.read({ run: last.run, kinds: STATUS_KINDS, after: last.first_seq - 1 })] : [];
    return viewStatus(events, { process: "unknown", all });
  } finally {
    log.close();
  }
}
