import { accessSync, constants, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Check, OK } from "./doctor_check.ts";
import { machineWords } from "./machine_words.ts";
import { sharedGitFolder } from "./shared_git_folder.ts";

/** Whether this user may write where each run does: in `.dgov`, or where it would be made, and in the folder of git. */
export function writingCheck(root: string): Check {
  const name = "writing";
  const own = join(root, ".dgov");
  const shared = sharedGitFolder(root);
  for (const folder of [existsSync(own) ? own : root, ...(shared === null ? [] : [shared])]) {
    try {
      accessSync(folder, constants.W_OK | constants.X_OK);
    } catch (error) {
      const detail = `Cannot write in "${folder}": ${machineWords(error)}`;
      return { name, state: "fault", code: "machine_refused", detail, cure: cureOf(folder) };
    }
  }
  return { ...OK, name, detail: "this user may write where a run does" };
}

/** Who owns it can let himself in; else somebody who may give it away. */
function cureOf(folder: string): string {
  const quoted = `'${folder.replaceAll("'", "'\\''")}'`;
  const is_own = statSync(folder, { throwIfNoEntry: false })?.uid === process.getuid?.();
  return is_own ? `chmod -R u+rwX ${quoted}` : `sudo chown -R "$(id -un)" ${quoted}`;
}
