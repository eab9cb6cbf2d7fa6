import { readdirSync, readFileSync } from "node:fs";
import { ownIdentity } from "./lockfile.ts";

const NAME = "DGOV_STARTED_BY";
const markOf = ({ pid, born }: Starter) => `${NAME}=${pid}.${born}`;

/** A process that starts others, told from a later one of the same number. */
export type Starter = { pid: number; born: string };

/** Goes into the environment of each git that is started: it says whose it is for as long as it runs. */
export function startedByUs(): Record<string, string> {
  const { pid, born } = ownIdentity();
  return { [NAME]: `${pid}.${born}` };
}

/**
 * The programs that a process started and that still run. Where there is no /proc none is found.
 *
 * @returns their numbers
 */
export function leftRunning(starter: Starter): number[] {
  const mark = markOf(starter);
  return processes().filter((pid) => environmentOf(pid).includes(mark));
}

const processes = (): number[] =>
  process.platform === "linux"
    ? readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .map(Number)
    : [];

/** Of a process that has ended meanwhile, or is somebody else's, there is nothing to be read. */
function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch (error) {
    if (error instanceof Error && "code" in error && NOT_OURS.includes(String(error.code))) return [];
    throw error;
  }
}
const NOT_OURS = ["ENOENT", "ESRCH", "EACCES", "EPERM"];
