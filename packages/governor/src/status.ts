import { join } from "node:path";
import { openLog } from "@dgov/kernel";
import { findRoot } from "./root.ts";
import { STATUS_KINDS, type Status, viewStatus } from "./view/status.ts";

export type { Status };

/** Where the log of a repository is. */
export const logPath = (root: string): string => join(root, ".dgov/state.db");

/** The last run of the repository that holds `cwd`. Reads the log alone, so that it is there at once. */
export function readStatus(cwd: string, { all }: { all: boolean }): Status {
  const log = openLog(logPath(findRoot(cwd)), { readonly: true });
  try {
    const last = log.lastRun();
    const events = last ? [...log.read({ run: last.run, kinds: STATUS_KINDS, after: last.first_seq - 1 })] : [];
    return viewStatus(events, { process: "unknown", all });
  } finally {
    log.close();
  }
}
