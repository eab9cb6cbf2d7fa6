import { type Three, three } from "./piece.ts";

/** How a text's lines end, and whether a byte order mark is in front of it. */
type Dress = { end: "\n" | "\r\n"; mark: boolean };

/** Three texts with plain line ends, and what gives a result the ends that it has to have. */
export type Undressed = { texts: Three<string>; dress(result: string): string };

const MARK = "\u{feff}";

/**
 * Takes away what is not code: carriage returns and the byte order mark. The result has those of the side that changed
 * them. A text that ends its lines now so, now so is left as it is, and so are the others.
 */
export function undress(texts: Three<string>): Undressed {
  const dresses = three((from): Dress | null => dressOf(texts[from]));
  const { base, left, right } = dresses;
  if (base === null || left === null || right === null) return { texts, dress: (result) => result };
  const mark = left.mark === base.mark ? right.mark : left.mark;
  const end = left.end === base.end ? right.end : left.end;
  return {
    texts: three((from) => texts[from].replace(MARK, "").replaceAll("\r\n", "\n")),
    dress: (result) => (mark ? MARK : "") + (end === "\n" ? result : result.replaceAll("\n", "\r\n")),
  };
}

/** null: its lines end in more than one way. */
function dressOf(text: string): Dress | null {
  const mark = text.startsWith(MARK);
  if (!text.includes("\r")) return { end: "\n", mark };
  return /(?<!\r)\n|\r(?!\n)/.test(text) ? null : { end: "\r\n", mark };
}
