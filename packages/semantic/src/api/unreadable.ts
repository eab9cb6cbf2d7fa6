/** Why a text is no document, as a clause, and where: lines count from 1. */
export class Unreadable extends Error {
  readonly line: number | null;
  constructor(message: string, line: number | null = null) {
    super(message);
    this.line = line;
  }
}

/** A text that nests deeper, or comes to more values than this when its aliases are followed, describes nothing. */
export const DEPTH_MAX = 150;
export const VALUES_MAX = 1_000_000;

/** The lines on which the entries of a table or list begin, by key or index. */
export type Lines = WeakMap<object, Map<string, number>>;
