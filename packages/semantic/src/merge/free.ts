import type { Unit } from "../unit.ts";
import type { MergeRules } from "./rules.ts";

/** Whether the order of a unit among others means nothing. */
export const isFree = (rules: MergeRules, { kind, name, key }: Pick<Unit, "kind" | "name" | "key">): boolean =>
  rules.free.includes(kind) || (name === null && rules.free_blocks.some((start) => key.startsWith(start)));
