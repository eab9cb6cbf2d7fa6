import type { Cause } from "./event.ts";
import type { RetryPolicy } from "./plan.ts";
import type { Task } from "./run.ts";

/**
 * What a cause allows, as a table: no other place says it.
 *
 * `counts` which limit a further attempt is taken from; `free` is taken from none; `rung`: this agent is not asked again, the
 *          next of the ladder is; `never` gives up at once, whoever would be next
 * `carry`  whether the next attempt goes on from the kept work, or begins afresh on the target's head; where the policy
 *          gives up it says so for the attempt that a user asks for
 */
// biome-ignore format: a table reads by its columns
const RETRY = {
  error:         { counts: "own",        carry: false },
  timeout:       { counts: "own",        carry: true  },
  turns:         { counts: "own",        carry: true  },
  incomplete:    { counts: "own",        carry: true  },
  provider:      { counts: "own",        carry: true  },
  setup:         { counts: "never",      carry: false }, // the same commit would fail the same way
  stuck:         { counts: "rung",       carry: true  }, // a model that does not end its turns will not learn to; another may
  blocked:       { counts: "never",      carry: true  }, // its own word that a person is needed
  budget:        { counts: "never",      carry: true  },
  lost:          { counts: "free",       carry: true  }, // our process died, not the work
  interrupted:   { counts: "free",       carry: true  },
  cancelled:     { counts: "never",      carry: true  }, // until the same person asks for it again
  scope:         { counts: "never",      carry: false }, // it got past the tools and the jail: a person should look
  symbol_scope:  { counts: "settlement", carry: true  }, // in a file that is its own in part: it can put the rest back
  path_policy:   { counts: "never",      carry: false },
  reserved_path: { counts: "never",      carry: false },
  diff_size:     { counts: "settlement", carry: true  },
  read_scope:    { counts: "settlement", carry: false },
  empty_diff:    { counts: "settlement", carry: false },
  gate:          { counts: "settlement", carry: true  },
  semantic:      { counts: "settlement", carry: true  },
  review:        { counts: "settlement", carry: true  },
  unwatched:     { counts: "settlement", carry: false }, // what failed before the work began is only seen before it begins
  text_conflict: { counts: "settlement", carry: false }, // the old edits do not apply to the new head
  broken:        { counts: "never",      carry: true  }, // our fault: another worker would not mend it
} as const satisfies Record<Cause, { counts: Counts; carry: boolean }>;

type Counts = "own" | "settlement" | "free" | "rung" | "never";

export type Retry = { do: "retry"; tier: number; carry: boolean; after_ms: number } | { do: "give_up" };

/** Whether a further attempt after this cause goes on from the kept work, also one that only the user may ask for. */
export const carries = (cause: Cause): boolean => RETRY[cause].carry;

/** Which counter a failure of this cause adds to. */
export const countsAgainst = (task: Pick<Task, "forks">, cause: Cause): Counts => ruleOf(task, cause).counts;

/** An attempt that had no turns left is gone on with as often as the task says, and then begun afresh. */
function ruleOf({ forks }: Pick<Task, "forks">, cause: Cause): { counts: Counts; carry: boolean } {
  if (cause !== "turns" || forks.most === null) return RETRY[cause];
  return forks.used < forks.most ? { counts: "free", carry: true } : { counts: "own", carry: false };
}

/** How often in a row it has been gone on with, when an attempt is begun that goes on from the last, or does not. */
export function forksAfter({ forks, failed }: Pick<Task, "forks" | "failed">, carry: boolean): Task["forks"] {
  if (!carry) return { ...forks, used: 0 };
  return failed?.cause === "turns" ? { ...forks, used: forks.used + 1 } : forks;
}

/**
 * Whether a failed task is tried again, and by which agent. The first has its limits; when one of them is used up, each
 * further rung of the ladder gets one attempt. A provider that cannot be reached has judged no agent, so that it is asked as
 * often on every rung.
 */
export function retry(task: Task, policy: RetryPolicy): Retry {
  if (!task.failed) return { do: "give_up" };
  const { counts, carry } = ruleOf(task, task.failed.cause);
  if (counts === "never") return { do: "give_up" };
  if (counts === "free") return { do: "retry", tier: task.tier, carry, after_ms: 0 };
  const next: Retry =
    task.tier + 1 < policy.tiers ? { do: "retry", tier: task.tier + 1, carry, after_ms: 0 } : { do: "give_up" };
  if (counts === "rung") return next;
  const used = task.failures[counts];
  const limit = counts === "own" ? policy.retries : policy.settlement_retries;
  const unheard = task.failed.cause === "provider";
  if (used > limit || (task.tier > 0 && !unheard)) return next;
  const after_ms = unheard ? (policy.backoff_ms[used - 1] ?? policy.backoff_ms.at(-1) ?? 0) : 0;
  return { do: "retry", tier: task.tier, carry, after_ms };
}
