import type { Span } from "../unit.ts";

/** The comment that documents what stands behind a gap: the last one in it, if it begins as such comments do. */
export function docBefore(text: string, [from, to]: Span, marks: readonly string[]): Span | null {
  const gap = text.slice(from, to).trimEnd();
  for (const mark of marks) {
    const start = mark.startsWith("/*") ? blockStart(gap, mark) : linesStart(gap, mark);
    if (start >= 0) return [from + start, from + gap.length];
  }
  return null;
}

function blockStart(gap: string, mark: string): number {
  if (!gap.endsWith("*/")) return -1;
  const start = gap.lastIndexOf("/*");
  return gap.startsWith(mark, start) ? start : -1;
}

/** The first of the lines at the end that all begin with the mark. */
function linesStart(gap: string, mark: string): number {
  let start = -1;
  for (let end = gap.length; end > 0; ) {
    const line = gap.lastIndexOf("\n", end - 1) + 1;
    const indent = /^[ \t]*/.exec(gap.slice(line, end))![0].length;
    if (!gap.startsWith(mark, line + indent)) return start;
    start = line + indent;
    end = line - 1;
  }
  return start;
}
