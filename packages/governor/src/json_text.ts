/** What a text is as JSON; undefined: it is none. Whoever asks says what that means. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const TRIES_MAX = 1000;

/** The text of the last JSON object that stands in a text, not of one inside of another; null: there is none. */
export function lastObject(text: string): string | null {
  let last: string | null = null;
  for (let tries = 0, at = text.indexOf("{"); at >= 0 && tries < TRIES_MAX; tries++) {
    const end = endOfObject(text, at);
    const found = end === null ? undefined : jsonIn(text.slice(at, end));
    if (found !== undefined) last = text.slice(at, end ?? at);
    at = text.indexOf("{", found === undefined || end === null ? at + 1 : end);
  }
  return last;
}

/** Behind the brace that closes the one at `from`, by the rules of JSON's strings; null: nothing closes it. */
function endOfObject(text: string, from: number): number | null {
  let [depth, quoted] = [0, false];
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (quoted && char === "\\") at++;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && char === "{") depth++;
    else if (!quoted && char === "}" && --depth === 0) return at + 1;
  }
  return null;
}
