/**
 * Whether a jq program names a module or data file, by `import` or `include`. It is read as jq reads it: a word in a
 * string or a comment is none. Where versions of jq differ (a comment that a backslash carries on) the answer is yes.
 */
export function loadsModule(program: string): boolean {
  const code = program.replace(TOKEN, (found) => {
    if (found.startsWith("#")) return /[\\\r]/.test(found) ? " import " : " ";
    return found.startsWith('"') ? ` ${inside(found)} ` : found;
  });
  return /(?<![.$\w:@])(import|include)\b(?!\s*:)/.test(code);
}

const TOKEN = /#[^\n]*|"(?:[^"\\]|\\[\s\S])*"?/g;

/** A string's interpolations are code again; that a string in them ends it early here only shows more than there is. */
const inside = (text: string): string =>
  text.includes("\\(") ? text.slice(text.indexOf("\\(")).replace(/"/g, " ") : '""';
