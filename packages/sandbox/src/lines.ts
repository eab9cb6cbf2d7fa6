import { TOOL_LIMITS } from "./tool_limits.ts";

/** The lines of a text: what follows the last line end is a line only when it is not empty. */
export function textLines(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Lines `first` to `last`, counted from 1, each with its number: as many as fit, and where to read on. */
export function numbered(lines: readonly string[], first: number, last: number): string {
  const shown: string[] = [];
  let size = 0;
  for (let n = first; n <= last; n++) {
    const line = `${n}: ${lines[n - 1]}`;
    size += line.length + 1;
    if (size > TOOL_LIMITS.read_max_chars && shown.length > 0) {
      shown.push(`[lines ${n} to ${last} of ${lines.length} omitted; read on with read_file and start_line=${n}]`);
      break;
    }
    shown.push(line);
  }
  return shown.join("\n");
}

/** The last `n` lines, each with its number: those that fit, counted from the end, and what is missing before them. */
export function numberedTail(lines: readonly string[], n: number): string {
  const wanted = Math.max(1, lines.length - n + 1);
  let first = lines.length;
  let size = `${first}: ${lines.at(-1)}`.length;
  while (first > wanted) {
    size += `${first - 1}: ${lines[first - 2]}`.length + 1;
    if (size > TOOL_LIMITS.read_max_chars) break;
    first--;
  }
  const text = numbered(lines, first, lines.length);
  return first === wanted ? text : `[lines ${wanted} to ${first - 1} omitted; read them with read_file]\n${text}`;
}
