import { childrenOf, endDescendants, factsOf, isAlive, signal } from "../process_tree.ts";
import { openLibc } from "./libc.ts";

const PR_SET_CHILD_SUBREAPER = 36;
const WNOHANG = 1;

/** Processes that lost their isolated parent: they fall to this process, which ends them. */
export type Orphans = { adopt(): void; sweep(live: ReadonlySet<number>): void };

/**
 * A command can kill the process that serves it, and then nobody inside is left to end the rest. So this process
 * becomes the one that orphans fall to. It knows them by the filter they carry, which they cannot put off: they have
 * more system call filters than we, and are no live isolation of ours. The first process of a namespace that bwrap made
 * carries none: it falls to us when bwrap ends before it, and all of the namespace ends with it.
 */
export function createOrphans(): Orphans {
  const own = factsOf(process.pid)?.filters ?? 0;
  const libc = openLibc();
  return {
    adopt: () => void libc.prctl(PR_SET_CHILD_SUBREAPER, 1),
    sweep(live) {
      const isOrphan = (pid: number) => {
        const facts = live.has(pid) ? null : factsOf(pid);
        return facts !== null && (facts.filters > own || (facts.name === "bwrap" && facts.inner));
      };
      for (let round = 0; round < 100; round++) {
        const orphans = childrenOf(process.pid).filter((pid) => isOrphan(pid));
        for (const pid of orphans) {
          signal(pid, "SIGSTOP");
          endDescendants(pid);
          signal(pid, "SIGKILL");
        }
        if (!orphans.some(isAlive)) {
          for (const pid of [...orphans, ...leftByBwrap(live)]) libc.syscall("wait4", pid, 0, WNOHANG, 0);
          return;
        }
        Bun.sleepSync(1);
      }
    },
  };
}

/**
 * The first process of a namespace that bwrap made falls to us, dead already, when bwrap itself ends a moment earlier.
 * Nobody else would collect it. A bwrap that we started ourselves is alive or has been collected by then.
 */
function leftByBwrap(live: ReadonlySet<number>): number[] {
  return childrenOf(process.pid).filter((pid) => {
    const facts = live.has(pid) ? null : factsOf(pid);
    return facts !== null && facts.state === "Z" && facts.name === "bwrap";
  });
}
