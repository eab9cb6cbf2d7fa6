import type { MergeRules } from "./rules.ts";

/**
 * What stands at the ends of lines, in one language.
 *
 * `opens`   a head that ends with the brace that opens a scope
 * `entry`   (sticky) what follows an entry: blanks, a comma, and a comment up to the end of its line
 * `unit`    (sticky) the same of a unit, with what separates units for the comma
 * `code`    a line, cut in front of its comment
 * `parts`   what parts a line: separators and braces
 */
export type LinePatterns = Readonly<Record<"opens" | "entry" | "unit" | "code" | "parts", RegExp>>;

const known = new WeakMap<MergeRules, LinePatterns>();

export function linePatterns(rules: MergeRules): LinePatterns {
  const before = known.get(rules);
  if (before !== undefined) return before;
  const comment = rules.comments.length === 0 ? "(?!)" : `(?:${rules.comments.map(RegExp.escape).join("|")})`;
  const separator = RegExp.escape(rules.separator ?? "");
  const behind = (mark: string) => new RegExp(`([ \\t]*)((?:${mark})?)((?:[ \\t]*${comment}[^\\n]*(?=\\n))?)`, "y");
  const made: LinePatterns = {
    opens: new RegExp(`\\{[ \\t]*(?:${comment}[^\\n]*)?\\s*$`),
    entry: behind(","),
    unit: behind(separator),
    code: new RegExp(`^(.*?)((?:\\s+${comment}.*)?)$`),
    parts: new RegExp(`${separator}|[{}]`),
  };
  known.set(rules, made);
  return made;
}

/** What a sticky pattern of these finds at a place: it finds something everywhere. */
export function foundAt(pattern: RegExp, text: string, at: number): { blank: string; mark: string; comment: string } {
  pattern.lastIndex = at;
  const [, blank = "", mark = "", comment = ""] = pattern.exec(text)!;
  return { blank, mark, comment };
}
