import type { Nature } from "./shell/nature.ts";

/**
 * What is kept of a program that a call ran: typed, for what it printed is nobody's word.
 *
 * `exit`   its status; null: it came to no end of its own; absent: the call ran none
 * `nature` of a command, by its parsed words; absent: nothing is sure of it
 */
export type RunFacts = { exit?: number | null; nature?: Nature };
