import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DgovError } from "./error.ts";
import { removeLeftFolders } from "./left_folders.ts";
import { startApart } from "./process.ts";
import { removeTree } from "./remove_tree.ts";

/** A run as somebody may start it who does not wait for it. Paths and names are the user's: none is taken for a flag. */
export type BackgroundRun = {
  plan: string;
  only: readonly string[];
  mode: "go" | "continue" | "restart";
  jobs: number | null;
};

/** `exit`: null while it runs. `said`: the end of what it wrote. */
export type BackgroundState = { handle: string; plan: string; pid: number; exit: number | null; said: string };

export type Background = {
  start(order: BackgroundRun): BackgroundState;
  /** Waits until it has ended, or so long. @throws DgovError `usage` for a handle that nobody has given */
  wait(handle: string, limit_ms: number): Promise<BackgroundState>;
  /** Removes what the runs have said here; they go on, and the log has what they do. */
  close(): void;
};

type Started = Omit<BackgroundState, "exit" | "said"> & { log: string; exit: number | null; ended: Promise<unknown> };

/** Of one that is killed the next removes it. */
const FOLDER = "dgov-background-";
const STARTED_MAX = 100;
const SAID_MAX_CHARS = 4_000;

type Outside = {
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  self: readonly string[];
  sleep_ms(ms: number): Promise<void>;
};

/**
 * Runs that outlive whoever asked for them: each is a governor of its own, which the lock of the repository, "dgov status"
 * and "dgov cancel" know as any other.
 */
export function createBackground({ cwd, env, self, sleep_ms }: Outside): Background {
  removeLeftFolders(FOLDER);
  const all = new Map<string, Started>();
  const stateOf = ({ log, ended: _, ...started }: Started): BackgroundState => ({
    ...started,
    said: readFileSync(log, "utf8").slice(-SAID_MAX_CHARS),
  });
  return {
    start(order) {
      if (all.size >= STARTED_MAX)
        throw new DgovError("usage", `Cannot start "${order.plan}": ${STARTED_MAX} runs were started from here`);
      const handle = `run-${all.size + 1}`;
      const log = join(mkdtempSync(join(tmpdir(), `${FOLDER}${process.pid}-`)), "log");
      const given = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
      const words = [...self, ...wordsOf(order)];
      const { pid, exited } = startApart(words, { env: Object.fromEntries(given), log, cwd });
      const started: Started = { handle, plan: order.plan, pid, log, exit: null, ended: exited };
      started.ended = exited.then((code) => Object.assign(started, { exit: typeof code === "number" ? code : 70 }));
      all.set(handle, started);
      return stateOf(started);
    },
    async wait(handle, limit_ms) {
      const started = all.get(handle);
      if (started === undefined)
        throw new DgovError("usage", `Cannot wait for "${handle}": no run was started here by this name`);
      await Promise.race([started.ended, sleep_ms(limit_ms)]);
      return stateOf(started);
    },
    close() {
      for (const { log } of all.values()) removeTree(dirname(log));
    },
  };
}

function wordsOf({ plan, only, mode, jobs }: BackgroundRun): string[] {
  return [
    "run",
    ...(mode === "go" ? [] : [`--${mode}`]),
    ...(jobs === null ? [] : [`--jobs=${jobs}`]),
    ...only.map((task) => `--only=${task}`),
    "--",
    plan,
  ];
}
