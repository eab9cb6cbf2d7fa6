/** What flags ask for: words for git's search, the pattern as it is then, patterns of file names. */
export type Flagged = { flags: readonly string[]; pattern: string; narrow: readonly string[] };

/** What a flag of ripgrep means here. `value`: it takes one, and this is how that value must look. */
type Meaning = { flags?: readonly string[]; value?: RegExp; act?: (asked: Asked, value: string) => void };
type Asked = { flags: string[]; narrow: string[]; fixed: boolean; whole: boolean; smart: boolean };

const COUNT = /^[1-9]\d{0,3}$/;
const NAME = /^[\w.+-]{1,30}$/;
const GLOB = /^!?[^\0\n:]{1,300}$/;
const numbered = (letter: string): Meaning => ({ value: COUNT, act: ({ flags }, n) => flags.push(`-${letter}`, n) });
const nothing: Meaning = {};

/** The only flags there are, with their long names. None starts a program, names a file, follows a link or a new place. */
// biome-ignore format: a table reads by its columns
const FLAGS: readonly [short: string | null, long: string, meaning: Meaning][] = [
  ["i", "ignore-case", { flags: ["-i"] }],
  ["s", "case-sensitive", nothing],
  ["S", "smart-case", { act: (asked) => { asked.smart = true; } }],
  ["w", "word-regexp", { flags: ["-w"] }],
  ["x", "line-regexp", { act: (asked) => { asked.whole = true; } }],
  ["v", "invert-match", { flags: ["-v"] }],
  ["F", "fixed-strings", { act: (asked) => { asked.fixed = true; } }],
  ["P", "pcre2", nothing],
  ["c", "count", { flags: ["-c"] }],
  ["l", "files-with-matches", { flags: ["-l"] }],
  [null, "files-without-match", { flags: ["-L"] }],
  ["o", "only-matching", { flags: ["-o"] }],
  ["m", "max-count", numbered("m")],
  ["A", "after-context", numbered("A")],
  ["B", "before-context", numbered("B")],
  ["C", "context", numbered("C")],
  ["g", "glob", { value: GLOB, act: ({ narrow }, glob) => narrow.push(glob) }],
  ["t", "type", { value: NAME, act: ({ narrow }, name) => narrow.push(...typeOf(name)) }],
  ["n", "line-number", nothing],
  ["H", "with-filename", nothing],
  [".", "hidden", nothing],
  ["N", "no-line-number", nothing],
  [null, "no-heading", nothing],
  [null, "no-config", nothing],
  [null, "no-messages", nothing],
  [null, "color", { value: /^(never|auto)$/ }],
  [null, "sort", { value: /^path$/ }],
];

const TYPES: Readonly<Record<string, readonly string[]>> = {
  c: ["*.c", "*.h"],
  cpp: ["*.cpp", "*.cc", "*.cxx", "*.hpp", "*.hh", "*.h"],
  css: ["*.css", "*.scss"],
  go: ["*.go"],
  html: ["*.html", "*.htm"],
  java: ["*.java"],
  js: ["*.js", "*.jsx", "*.mjs", "*.cjs"],
  json: ["*.json"],
  md: ["*.md", "*.markdown"],
  py: ["*.py", "*.pyi"],
  rust: ["*.rs"],
  sh: ["*.sh", "*.bash"],
  sql: ["*.sql"],
  toml: ["*.toml"],
  ts: ["*.ts", "*.tsx", "*.mts", "*.cts"],
  yaml: ["*.yaml", "*.yml"],
};

/** Why flags are refused: a clause. */
export class FlagError extends Error {
  override name = "FlagError";
}

/**
 * Reads ripgrep's flags as data: a list of words, or one text of words parted by white space, with quotes.
 *
 * @throws FlagError for what is no flag, a flag that is not on the list, and a value that is missing or odd
 */
export function readFlags(given: string | readonly string[], pattern: string): Flagged {
  const asked: Asked = { flags: [], narrow: [], fixed: false, whole: false, smart: false };
  const words = [...(typeof given === "string" ? wordsOf(given) : given)];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    for (const [name, inline] of namesIn(word)) {
      const meaning = meaningOf(name, word);
      asked.flags.push(...(meaning.flags ?? []));
      if (meaning.value === undefined && inline !== undefined) throw new FlagError(`"${name}" takes no value`);
      const value = meaning.value ? checkedValue(name, meaning.value, inline ?? words.shift()) : "";
      meaning.act?.(asked, value);
    }
  }
  return finish(asked, pattern);
}

function finish(asked: Asked, pattern: string): Flagged {
  const flags = [asked.fixed && !asked.whole ? "-F" : "-P", ...asked.flags];
  if (asked.smart && !/\p{Lu}/u.test(pattern)) flags.push("-i");
  const escaped = asked.fixed && asked.whole ? pattern.replace(/[\\^$.*+?()[\]{}|#\s-]/g, "\\$&") : pattern;
  return { flags, pattern: asked.whole ? `^(?:${escaped})$` : pattern, narrow: asked.narrow };
}

function wordsOf(text: string): string[] {
  const words = text.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  if (words.join("") !== text.replace(/('[^']*'|"[^"]*")|\s+/g, (_, quoted?: string) => quoted ?? ""))
    throw new FlagError("a quote in them is not closed");
  return words.map((word) => word.replace(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double));
}

/** `-in` are two flags, `-C3` is one with its value, `--glob=x` as well. */
function namesIn(word: string): [name: string, value: string | undefined][] {
  const long = /^--([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(word);
  if (long) return [[`--${long[1]}`, long[2]]];
  if (!/^-[^-]/.test(word)) throw new FlagError(`"${word.slice(0, 100)}" is no flag; paths go into "path"`);
  const found: [string, string | undefined][] = [];
  const letters = [...word.slice(1)];
  while (letters.length > 0) {
    const letter = letters.shift()!;
    const value = FLAGS.find(([short]) => short === letter)?.[2].value;
    const rest = value && letters.length > 0 ? letters.splice(0).join("").replace(/^=/, "") : undefined;
    found.push([`-${letter}`, rest]);
  }
  return found;
}

function meaningOf(name: string, word: string): Meaning {
  const found = FLAGS.find(([short, long]) => name === `--${long}` || (short !== null && name === `-${short}`));
  if (found) return found[2];
  const all = FLAGS.map(([short, long]) => (short === null ? `--${long}` : `-${short}`)).join(" ");
  const part = name === word ? "" : ` of "${word.slice(0, 100)}"`;
  throw new FlagError(`"${name.slice(0, 100)}"${part} is not among those that there are: ${all}`);
}

function checkedValue(name: string, form: RegExp, value: string | undefined): string {
  if (value === undefined) throw new FlagError(`"${name}" needs a value`);
  if (!form.test(value)) throw new FlagError(`"${value.slice(0, 100)}" is no value for "${name}"`);
  if (form === GLOB && value.split("/").includes("..")) throw new FlagError(`"${value}" leaves the worktree`);
  return value;
}

function typeOf(name: string): readonly string[] {
  const globs = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
  if (!globs) throw new FlagError(`there is no type "${name}"; the types are: ${Object.keys(TYPES).join(", ")}`);
  return globs;
}
