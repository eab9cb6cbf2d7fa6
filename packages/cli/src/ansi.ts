/** The few colours that are used, by what they mean to a reader. */
const CODES = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 } as const;
export type Colour = keyof typeof CODES;

/** Colours a text where the terminal has colours; Bun knows of NO_COLOR, FORCE_COLOR and pipes, without a cost. */
export const paint = (colour: Colour, text: string, on: boolean = Bun.enableANSIColors): string =>
  on ? `\x1b[${CODES[colour]}m${text}\x1b[0m` : text;

/** Columns a text takes on a terminal: escapes take none, wide characters two. */
export const width = (text: string): number => Bun.stringWidth(text);

/** The text cut to fit, with an ellipsis where it was cut. Escapes may not stand in it. */
export function fit(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let cut = "";
  for (const letter of text) {
    if (width(cut + letter) > columns - 1) break;
    cut += letter;
  }
  return `${cut}…`;
}

/**
 * The text in lines of at most so many columns, broken between words where that is possible.
 *
 * @param first  columns that are taken before the first line
 * @param indent spaces before each further line
 */
export function wrap(
  text: string,
  columns: number,
  { first = 0, indent = 0 }: { first?: number; indent?: number },
): string {
  const lines: string[] = [];
  let line = "";
  const room = () => Math.max(1, columns - (lines.length === 0 ? first : indent));
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (width(longer) <= room()) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(line);
    line = word;
    while (width(line) > room()) {
      const cut = fit(line, room() + 1).slice(0, -1) || [...line][0]!; // without the ellipsis
      lines.push(cut);
      line = line.slice(cut.length);
    }
  }
  return [...lines, line].join(`\n${" ".repeat(indent)}`);
}

/**
 * Removes what could move the cursor or hide text: events hold words of a model and of commands, and a terminal
 * obeys them.
 */
export function plain(text: string): string {
  return Bun.stripANSI(text)
    .replace(/[\t\r\n]+/g, " ")
    .replace(/[\p{Cc}\u{202A}-\u{202E}\u{2066}-\u{2069}]/gu, "");
}

export const HIDE_CURSOR = "\x1b[?25l";
export const SHOW_CURSOR = "\x1b[?25h";
/** Goes up `lines` rows, to the first column, and clears all below. */
export const eraseUp = (lines: number): string => `${lines > 0 ? `\x1b[${lines}A` : ""}\r\x1b[0J`;
