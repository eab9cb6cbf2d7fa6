import type { EventOf } from "@dgov/kernel";
import { sayMoney } from "./money.ts";

/** The ceiling that a call would have passed. */
export type Short = NonNullable<EventOf<"attempt_failed">["short"]>;

/** Which ceiling a call would have passed, in one sentence. */
export function sayShort({ of, limit, most, spent, asked }: Short, currency: string): string {
  const whose = of === "run" ? "The run" : "The task";
  if (limit === "wall_ms") return `${whose} has been at work for ${minutes(spent)}, and may be for ${minutes(most)}`;
  const say = (n: number) => (limit === "cost_micros" ? sayMoney(n, currency) : `${n} ${limit}`);
  return `${whose} may use ${say(most)}: with ${say(spent)} spent or reserved, the next call could use ${say(asked)} more`;
}

const minutes = (ms: number): string => `${(ms / 60_000).toFixed(1)} minutes`;
