import type { FunctionShape } from "./complexity.ts";

/** From where on something is an offender, as dgov 0.8 and sentrux have them. `reach`: of a file. */
export const LIMITS = { cyclomatic: 10, cognitive: 15, lines: 45, reach: 16 } as const;

export const isComplex = ({ cyclomatic, cognitive }: FunctionShape): boolean =>
  cyclomatic >= LIMITS.cyclomatic || cognitive >= LIMITS.cognitive;

export const isPastLimit = (shape: FunctionShape): boolean => isComplex(shape) || shape.lines >= LIMITS.lines;
