import { type Analyst, createAnalyst } from "./semantic/analyst.ts";

/** Who looks at the symbols of what is staged. */
export type Look = { analyst: Analyst };

/**
 * Starts the process that parses, before it is known what there is to parse, and before what finds that out is loaded: it takes
 * as long to begin. Whoever has it closes it.
 *
 * @param self argv prefix that starts this program again
 */
export function beginToLook(self: readonly string[]): Look {
  const analyst = createAnalyst(self);
  analyst.start([], "units");
  return { analyst };
}
