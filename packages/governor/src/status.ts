import { newestRun } from "./find_run.ts";
import { repositoryHolder } from "./lock.ts";
import { openReadable } from "./log.ts";
import { findRoot } from "./root.ts";
import { sharedGitFolder } from "./shared_git_folder.ts";
import { STATUS_KINDS, type Status, viewStatus } from "./view/status.ts";

export { openWritable } from "./log.ts";
export type { Status };

/** The last run of the repository that holds `cwd`. Reads the log and the lock alone, so that it is there at once. */
export function readStatus(cwd: string, { all }: { all: boolean }): Status {
  const root = findRoot(cwd);
  const log = openReadable(root);
  try {
    const last = newestRun(log);
    const events = last ? [...log.read({ run: last.run, kinds: STATUS_KINDS, after: last.first_seq - 1 })] : [];
    return viewStatus(events, { process: processOf(root), all });
  } finally {
    log.close();
  }
}

/** Whether anyone is running dgov here. The lock dies with its process, so this is what tells a killed run from a live one. */
export function processOf(root: string): "alive" | "gone" | "unknown" {
  const common = sharedGitFolder(root);
  if (common === null) return "unknown";
  return repositoryHolder(common) ? "alive" : "gone";
}
