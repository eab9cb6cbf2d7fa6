import type { Summary } from "./summary.ts";

const NOTHING: Omit<Summary, "language" | "version" | "units" | "faults"> = {
  ...{ bindings: [], imports: [], exports: null, open: null, classes: [], functions: [] },
  ...{ reads: [], calls: [], sets: [], strings: [] },
};

/** A summary of the units alone: as if the text referred to nothing. */
export const unitsAlone = (known: Pick<Summary, "language" | "version" | "units" | "faults">): Summary => ({
  ...known,
  ...NOTHING,
});
