import type { Isolation, Level } from "@dgov/sandbox";
import type { Jail } from "../site.ts";

/**
 * A jail that remembers whether anything has run in it. `taken` is the level of what has since it was asked before; null:
 * nothing has. So a gate's record has its level also where it gave no answer.
 */
export type NotedJail = { jail: Jail; taken(): Level | null };

export function noteLevels(jail: Jail): NotedJail {
  const seen: { level: Level | null } = { level: null };
  const noting = (isolation: Isolation): Isolation => {
    const note = <Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) => {
      return (...args: Args) => {
        seen.level = isolation.level;
        return work(...args);
      };
    };
    const { exec, evaluate, component, call } = isolation;
    return {
      ...isolation,
      exec: note(exec),
      evaluate: note(evaluate),
      component: note(component),
      call: note(call),
    };
  };
  return {
    jail: { ...jail, start: async (spec) => noting(await jail.start(spec)) },
    taken() {
      const { level } = seen;
      seen.level = null;
      return level;
    },
  };
}
