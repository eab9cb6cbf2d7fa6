import { childrenOf, descendantsOf, endDescendants, isAlive, signal } from "./process_tree.ts";

/**
 * Our own children inside the jail that outlive a command: what a command left is ended, they are not. Whoever starts one
 * adds it before the first command can run, and removes it when it has ended, before its number can be somebody else's.
 * They are halted for a moment while the rest is ended; a deadline of theirs must bear a few milliseconds.
 */
export type Spared = { readonly pids: ReadonlySet<number>; add(pid: number): void; remove(pid: number): void };

export function createSpared(): Spared {
  const pids = new Set<number>();
  return { pids, add: (pid) => void pids.add(pid), remove: (pid) => void pids.delete(pid) };
}

/**
 * Ends every process below this one but the spared and what is below them. `sealed`: our signals cannot leave the jail, so
 * one call reaches all of it and no process can start another meanwhile; else the tree is walked.
 */
export function endAllBelow(sealed: boolean, spared: ReadonlySet<number>): void {
  if (!sealed) {
    endDescendants(process.pid, spared);
    return;
  }
  if (spared.size === 0) signal(-1, "SIGKILL");
  else {
    signal(-1, "SIGSTOP"); // all of them in one stroke: what stands still neither forks nor changes its parent
    for (const pid of descendantsOf(process.pid, spared)) signal(pid, "SIGKILL");
  }
  awaitEnd(spared);
  for (const pid of spared) for (const each of [...descendantsOf(pid), pid]) signal(each, "SIGCONT");
}

/** Whoever loses its parent falls to us: when no child of ours is alive, nobody is. */
function awaitEnd(spared: ReadonlySet<number>): void {
  const left = () => childrenOf(process.pid).some((pid) => !spared.has(pid) && isAlive(pid));
  for (let look = 0; look < LOOKS_MAX && left(); look++) Bun.sleepSync(1);
}

const LOOKS_MAX = 5_000;
