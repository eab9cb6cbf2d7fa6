/** What is put into a file between two lines that are found again, so that exactly that can be taken out. */
const BEGIN = "# >>> dgov preflight";
const END = "# <<< dgov preflight";

/** The lines with their marks, each set in by `indent`. */
export const blockOf = (lines: readonly string[], indent = ""): string =>
  [BEGIN, ...lines, END].map((line) => `${indent}${line}\n`).join("");

/** The text with a block before its line `at` (from 0). */
export function withBlock(text: string, block: string, at: number): string {
  const lines = text.split("\n");
  const before = lines.slice(0, at).map((line) => `${line}\n`);
  return `${before.join("")}${block}${lines.slice(at).join("\n")}`;
}

/** The text without its block; null: it has none. */
export function withoutBlock(text: string): string | null {
  const lines = text.split("\n");
  const first = lines.findIndex((line) => line.trim() === BEGIN);
  const last = lines.findIndex((line, at) => at > first && line.trim() === END);
  return first < 0 || last < 0 ? null : [...lines.slice(0, first), ...lines.slice(last + 1)].join("\n");
}
