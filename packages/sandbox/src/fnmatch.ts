import { compileGlob, type Glob, matchesGlob } from "./glob.ts";

/**
 * Whether a path matches a pattern of `[scope] deny_files` or `allow_files`. As Python's fnmatch over the whole path,
 * with case: `*`, `?` and `[…]` also match a slash, so `src/*` holds for `src/a/b.py`. Beyond it, a pattern that ends
 * with a slash stands for all in that folder, which is what people mean by `secrets/`.
 */
export const fnmatch = (pattern: string, path: string): boolean => matchesGlob(globOf(pattern), path);

/** The same few patterns are asked about each path. */
const known = new Map<string, Glob>();
const KNOWN_MAX = 1_000;

function globOf(pattern: string): Glob {
  const before = known.get(pattern);
  if (before) return before;
  const whole = pattern.startsWith("./") ? pattern.slice(2) : pattern;
  const glob = compileGlob(whole.endsWith("/") ? `${whole}*` : whole, "any");
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(pattern, glob);
  return glob;
}
