/** A text as one word of a POSIX shell command, whatever is in it. */
export const shellQuote = (text: string): string =>
  /^[A-Za-z0-9_./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** A path as one word that no program takes for an option. */
export const shellPath = (path: string): string => shellQuote(path.startsWith("-") ? `./${path}` : path);
