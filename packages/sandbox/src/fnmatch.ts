import { compileGlob, matchesGlob } from "./glob.ts";

/**
 * Whether a path matches a pattern of `[scope] deny_files` or `allow_files`. As Python's fnmatch over the whole path,
 * with case: `*`, `?` and `[…]` also match a slash, so `src/*` holds for `src/a/b.py`. Beyond it, a pattern that ends
 * with a slash stands for all in that folder, which is what people mean by `secrets/`.
 */
export function fnmatch(pattern: string, path: string): boolean {
  const whole = pattern.startsWith("./") ? pattern.slice(2) : pattern;
  return matchesGlob(compileGlob(whole.endsWith("/") ? `${whole}*` : whole, "any"), path);
}
