import type { Order, Outcome, Outside } from "@dgov/worker";
import { PROGRAMS } from "../plan/resolve.ts";
import type { Provider } from "../project.ts";

/**
 * Somebody from outside who does the work of attempts by the tools that a worker has, and whose model is not asked by us.
 *
 * `name`      what they call themselves, for the log
 * `time_ms`   for one attempt, in place of the task's own; null: the task's own
 * `unmetered` they may work beside ceilings that nobody can count for them
 * `work`      one attempt, as the model loop would; throws what the tools throw
 */
export type Guest = {
  name: string;
  time_ms: number | null;
  unmetered: boolean;
  work(order: Order, outside: Pick<Outside, "tools" | "now_ms" | "signal">): Promise<Outcome>;
};

/** Where guests come from: no address, no key of ours and no price, as of programs. */
export const GUESTS: Provider = { ...PROGRAMS, name: "mcp" };
