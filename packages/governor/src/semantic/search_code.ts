import type { ReadCode } from "@dgov/sandbox/code";
import { type Grammars, languageOf } from "@dgov/semantic";
import { compilePattern, findMatches, languageNamed, type Pattern, type Wrong } from "@dgov/semantic/search";

/** Searches texts for a piece of code. One pattern is asked for in many texts, so the last one is kept as it was read. */
export function createSearch(grammars: Grammars): ReadCode["matches"] {
  const last = { pattern: "", compiled: new Map<string, Pattern | Wrong>() };
  const compiled = (pattern: string, language: string): Pattern | Wrong => {
    if (last.pattern !== pattern) Object.assign(last, { pattern, compiled: new Map() });
    const known = last.compiled.get(language) ?? compilePattern(grammars, language, pattern);
    last.compiled.set(language, known);
    return known;
  };
  return ({ pattern, language: wanted }, path, text) => {
    const named = wanted === null ? null : languageNamed(grammars, wanted);
    if (wanted !== null && named === null)
      return { wrong: `there is no language "${wanted}"; there are ${grammars.names.join(", ")}` };
    const own = languageOf(grammars, path, text);
    const language = named ?? own;
    if (language === null) return null;
    const read = compiled(pattern, language);
    if ("wrong" in read) return read;
    return own === language ? findMatches(grammars, read, text) : null;
  };
}
