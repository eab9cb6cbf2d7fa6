/** Why a pattern cannot be searched for: a clause. */
export class PatternError extends Error {
  override name = "PatternError";
}

export type PatternFlags = { fixed: boolean; word: boolean; any_case: boolean };

/**
 * A pattern of Perl's, as far as JavaScript's expressions go: they have no possessive quantifiers, atomic groups or
 * recursion. It matches within one line, again and again.
 *
 * @throws PatternError
 */
export function compilePattern(pattern: string, { fixed, word, any_case }: PatternFlags): RegExp {
  const inline = fixed ? null : /^\(\?([ims]+)\)/.exec(pattern);
  const source = fixed
    ? pattern.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
    : inJavaScript(pattern.slice(inline?.[0].length));
  const whole = word ? `(?<!\\w)(?:${source})(?!\\w)` : source;
  const flags = new Set(`g${any_case ? "i" : ""}${inline?.[1] ?? ""}`);
  try {
    return new RegExp(whole, `u${[...flags].join("")}`);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    if (/\\[pPu]\{/.test(source)) throw new PatternError(error.message);
  }
  try {
    return new RegExp(whole, [...flags].join("")); // it takes a needless backslash, as Perl does
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new PatternError(error.message);
  }
}

/** What Perl writes otherwise. */
const ESCAPES: Readonly<Record<string, string>> = { A: "^", z: "$", Z: "$", h: "[ \\t]", e: "\\x1b", a: "\\x07" };
const SAME = "bBdDsSwWntrfv0xuckpP";
const CLASSES: Readonly<Record<string, string>> = {
  alpha: "a-zA-Z",
  digit: "0-9",
  alnum: "a-zA-Z0-9",
  upper: "A-Z",
  lower: "a-z",
  space: "\\s",
  blank: " \\t",
  punct: "!-\\/:-@\\[-`{-~",
  xdigit: "0-9a-fA-F",
  word: "\\w",
};

const inJavaScript = (pattern: string): string =>
  pattern.replace(/\\x\{([0-9a-fA-F]{1,6})\}|\\([\s\S])|\[:([a-z]+):\]/g, (own, code, escaped, name) => {
    if (code !== undefined) return `\\u{${code}}`;
    if (name !== undefined) return CLASSES[name] ?? unknown(own);
    if (!/[A-Za-z]/.test(escaped) || SAME.includes(escaped)) return own;
    return ESCAPES[escaped] ?? unknown(own);
  });

function unknown(word: string): never {
  throw new PatternError(`"${word}" means nothing here`);
}
