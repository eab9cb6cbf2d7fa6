import { compileGlob, type Glob, globSource, globsMeet, literalGlob, matchesGlob } from "./glob.ts";

/**
 * A claim says which files a task may touch. Written as in a plan:
 * `src/a.py` a path · `src/api/` a directory and all in it · `src/**` a glob · `src/a.py::Cart.total` a symbol of a file,
 * `src/a.py::<imports>` its imports, `src/a.py::<module>` what else of it has no name.
 * In a glob `*`, `?` and `[…]` stay within one path segment and `**` crosses them.
 */
export type Claim = {
  kind: "path" | "directory" | "glob";
  path: string; // normalised, relative to the repository's root, without a trailing slash
  symbol: string | null; // null: the whole file; else a name with its dots, or `<imports>`, `<module>`
};

/** What of a file has no name and is claimed apart: its imports; its doc, its exports and its statements. */
const UNNAMED: readonly string[] = ["<imports>", "<module>"];

/** Why a text is not a claim. `why` is a clause that follows `Cannot claim "…": `. */
export class ClaimError extends Error {
  override name = "ClaimError";
  readonly claim: string;
  readonly why: string;
  constructor(claim: string, why: string) {
    super(`Cannot claim "${claim}": ${why}`);
    this.claim = claim;
    this.why = why;
  }
}

/** Git's own folder is nobody's, under any spelling; `.dgov` and `.sentrux` baselines judge the work, so the work cannot supply them. */
const RESERVED = [".dgov", ".sentrux/baseline.json", ".sentrux/dgov-baseline.json", ".coverage-baseline"];

/**
 * The one spelling of a path relative to the repository's root: no `.`, `..`, `//`, leading or trailing slash.
 *
 * @throws ClaimError when it is empty, absolute, leaves the root, has a control character, or names git's folder
 */
export function normalisePath(text: string): string {
  if (PLAIN.test(text)) return text; // nearly all are, and each call asks twice
  const path = text.trim().normalize("NFC");
  if (path === "") throw new ClaimError(text, "it is empty");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\0-\x1f\x7f]/.test(path)) throw new ClaimError(text, "it has a control character");
  if (path.startsWith("/") || path.startsWith("~") || /^[A-Za-z]:[\\/]/.test(path))
    throw new ClaimError(text, "it is absolute, and claims are relative to the repository's root");
  if (path.includes("\\")) throw new ClaimError(text, "it has a backslash, and paths are written with slashes");
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") throw new ClaimError(text, 'it has "..", which could leave the repository');
    parts.push(part);
  }
  if (parts.length === 0) throw new ClaimError(text, "it is the repository itself; name a file or a directory in it");
  if (parts.some((part) => gitsOwn(part))) throw new ClaimError(text, "git's own folder belongs to nobody");
  return parts.join("/");
}

/** A path in its one spelling, without a dot, a space or anything else to look at where a part begins. */
const PLAIN = /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/;

/** Some file systems fold case, drop trailing dots and spaces, or ignore characters without width. */
const gitsOwn = (part: string) =>
  !/^\w/.test(part) && // it begins with what no file system leaves out
  part
    .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g, "")
    .replace(/[. ]+$/, "")
    .toLowerCase() === ".git";

/**
 * Parses one claim of a plan.
 *
 * @throws ClaimError with the reason when it cannot be a claim
 */
export function parseClaim(text: string): Claim {
  const [file = "", ...rest] = text.split("::");
  const path = normalisePath(file);
  const glob = /[*?[]/.test(path);
  const directory = /\/\s*$/.test(file);
  if (rest.length === 0 && glob) return { kind: "glob", path: directory ? `${path}/**` : path, symbol: null };
  if (rest.length === 0) return { kind: directory ? "directory" : "path", path, symbol: null };
  const symbol = rest.join(".").trim();
  if (/[*?]/.test(path) || directory) throw new ClaimError(text, "a symbol needs one file before its `::`");
  if (!SYMBOL.test(symbol) && !UNNAMED.includes(symbol))
    throw new ClaimError(text, `"${symbol}" is not the name of a symbol; write ${path}::${EXAMPLES}`);
  return { kind: "path", path, symbol };
}

/** Names with dots between them. Keys of data files have dashes, and private members of a class begin with "#". */
const SYMBOL = /^[\p{L}_$#][\p{L}\p{N}_$-]*(\.[\p{L}_$#][\p{L}\p{N}_$-]*)*$/u;
const EXAMPLES = ["name", "Class.method", ...UNNAMED].join(", ::").replace(/, (?=[^,]*$)/, " or ");

/** The claim as a plan writes it: `parseClaim` gives the same value back. */
export function formatClaim({ kind, path, symbol }: Claim): string {
  return symbol === null ? (kind === "directory" ? `${path}/` : path) : `${path}::${symbol}`;
}

/**
 * Whether a claim covers a path. A path claim also covers what is under it, should it turn out to be a directory, unless
 * its name has a file's extension: a directory of such a name is claimed with its slash.
 */
export function covers(claim: Claim, path: string): boolean {
  if (path === claim.path) return true; // also a glob's: a file may really be named `[id].tsx`
  if (claim.kind === "glob") return matchesGlob(compiledOnce(claim.path), path);
  return !surelyFile(claim) && within(path, claim.path);
}

/** What a claim covers, as a regular expression (flag `u`) over paths relative to the root: for a `Grant`, which is plain data. */
export function claimPattern(claim: Claim): string {
  return `^(?:${asGlobs(claim).map(globSource).join("|")})$`;
}

/** Whether a path belongs to the governor and can be claimed by nobody. */
export function isReserved(path: string): boolean {
  const lower = path.toLowerCase();
  return RESERVED.some((own) => lower === own || lower.startsWith(`${own}/`));
}

/** The symbols of a file that are claimed; null: all of it is, or nothing. */
export function claimedSymbols(claims: readonly Claim[], path: string): readonly string[] | null {
  const own = claims.filter((claim) => covers(claim, path)).map(({ symbol }) => symbol);
  const symbols = own.filter((symbol) => symbol !== null);
  return own.length === 0 || symbols.length < own.length ? null : symbols;
}

/** Whether two claims could touch the same thing. Compared without case: two spellings are one file on some machines. */
export function overlap(a: Claim, b: Claim): boolean {
  const samePlace =
    a.kind === "glob" || b.kind === "glob"
      ? asGlobs(a).some((x) => asGlobs(b).some((y) => globsMeet(x, y)))
      : within(a.path.toLowerCase(), b.path.toLowerCase()) || within(b.path.toLowerCase(), a.path.toLowerCase());
  if (!samePlace) return false;
  if (a.symbol === null || b.symbol === null) return true;
  return a.symbol === b.symbol || a.symbol.startsWith(`${b.symbol}.`) || b.symbol.startsWith(`${a.symbol}.`);
}

const within = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);

const surelyFile = ({ kind, path, symbol }: Claim) =>
  symbol !== null || (kind === "path" && /[^/]\.[A-Za-z][A-Za-z0-9]{0,9}$/.test(path));

/** What a claim stands for: the name itself, and what the glob matches or what lies in the folder. */
function asGlobs(claim: Claim): Glob[] {
  if (claim.kind === "glob") return [literalGlob(claim.path), compiledOnce(claim.path)];
  return surelyFile(claim) ? [literalGlob(claim.path)] : [literalGlob(claim.path), literalGlob(claim.path, true)];
}

const compiled = new Map<string, Glob>();
function compiledOnce(pattern: string): Glob {
  const known = compiled.get(pattern);
  if (known) return known;
  const made = compileGlob(pattern, "segment");
  compiled.set(pattern, made);
  return made;
}
