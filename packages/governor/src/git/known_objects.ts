import type { Git } from "./git.ts";

/** Asks of a repository's objects what was not asked before: an object does not change, so that an answer holds for ever. */
export type KnownOf<Answer> = (git: Pick<Git, "objects">, key: string, ask: () => Promise<Answer>) => Promise<Answer>;

/** Keeps the last answers, at most so many for each repository, and no failure. Nobody may write into an answer. */
export function knownOf<Answer>(max: number): KnownOf<Answer> {
  const all = new WeakMap<Git["objects"], Map<string, Promise<Answer>>>();
  return (git, key, ask) => {
    const known = all.get(git.objects) ?? new Map<string, Promise<Answer>>();
    all.set(git.objects, known);
    const found = known.get(key);
    if (found) return found;
    for (const old of [...known.keys()].slice(0, Math.max(0, known.size - max))) known.delete(old);
    const asked = ask();
    known.set(key, asked);
    asked.catch(() => known.delete(key));
    return asked;
  };
}

/** Whether it is the id of an object, which stands for the same one at any time. */
export const isOid = (name: string): boolean => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(name);
