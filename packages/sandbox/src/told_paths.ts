/** Paths as the log keeps them: the first, and how many more there are. Absent: none. */
export type ToldPaths = { touched: readonly string[]; touched_more?: number };

/** At most so many of the paths. `untold`: how many were left out before. */
export function toldPaths(paths: readonly string[], most: number, untold = 0): ToldPaths {
  const more = untold + Math.max(0, paths.length - most);
  return { touched: paths.slice(0, most), ...(more > 0 ? { touched_more: more } : {}) };
}
