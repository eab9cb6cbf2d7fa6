import type { Flow, Kind } from "./rules.ts";
import type { Spot } from "./spot.ts";
import type { Steps } from "./view.ts";

/**
 * A change as it is found.
 *
 * `where`  the way to it, as a person would say it     `says`  what it is, in words
 * `base`, `head`  where it stands on either side       `pair`  the comparison of two schemas in which it was found
 */
export type Found = {
  kind: Kind;
  flow: Flow;
  where: string;
  says: string;
  base: Spot | null;
  head: Spot | null;
  pair: string | null;
};

/** What a comparison is given: where it puts what it finds, and how much it may still look at. */
export type Comparing = { found: Found[]; steps: Steps; schemas: Schemas };

/** Asks for two schemas to be compared. `operation`: who uses them. */
export type Schemas = { ask(wanted: Wanted): void };
export type Wanted = { base: readonly Spot[]; head: readonly Spot[]; flow: Flow; where: string; operation: string };
