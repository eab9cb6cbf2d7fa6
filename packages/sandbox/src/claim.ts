/**
 * A claim says which files a task may touch. Written as in a plan:
 * `src/a.py` a path · `src/api/` a directory and all in it · `src/**` a glob · `src/a.py::Cart.total` a symbol of a file.
 * In a glob `*`, `?` and `[…]` stay within one path segment and `**` crosses them.
 */
export type Claim = {
  kind: "path" | "directory" | "glob";
  path: string; // normalised, relative to the repository's root, without a trailing slash
  symbol: string | null; // null: the whole file
};

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
  if (parts.some((part) => part.toLowerCase().replace(/[. ]+$/, "") === ".git"))
    throw new ClaimError(text, "git's own folder belongs to nobody");
  return parts.join("/");
}

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
  if (rest.length === 0) return { kind: glob ? "glob" : directory ? "directory" : "path", path, symbol: null };
  const symbol = rest.join(".").trim();
  if (glob || directory) throw new ClaimError(text, "a symbol needs one file before its `::`");
  if (!/^[\p{L}_$][\p{L}\p{N}_$]*(\.[\p{L}_$][\p{L}\p{N}_$]*)*$/u.test(symbol))
    throw new ClaimError(text, `"${symbol}" is not the name of a symbol`);
  return { kind: "path", path, symbol };
}

/** The claim as a plan writes it: `parseClaim` gives the same value back. */
export function formatClaim({ kind, path, symbol }: Claim): string {
  return symbol === null ? (kind === "directory" ? `${path}/` : path) : `${path}::${symbol}`;
}

/** Whether a claim covers a path. A path claim also covers what is under it, should it turn out to be a directory. */
export function covers(claim: Claim, path: string): boolean {
  if (claim.kind === "glob") return globToRegExp(claim.path).test(path);
  return path === claim.path || path.startsWith(`${claim.path}/`);
}

/** Whether a path belongs to the governor and can be claimed by nobody. */
export function isReserved(path: string): boolean {
  const lower = path.toLowerCase();
  return RESERVED.some((own) => lower === own || lower.startsWith(`${own}/`));
}

/** Whether two claims could touch the same thing. Compared without case: two spellings are one file on some machines. */
export function overlap(a: Claim, b: Claim): boolean {
  const samePlace =
    a.kind === "glob" || b.kind === "glob"
      ? globsMeet(asGlob(a), asGlob(b))
      : within(a.path.toLowerCase(), b.path.toLowerCase()) || within(b.path.toLowerCase(), a.path.toLowerCase());
  if (!samePlace) return false;
  if (a.symbol === null || b.symbol === null) return true;
  return a.symbol === b.symbol || a.symbol.startsWith(`${b.symbol}.`) || b.symbol.startsWith(`${a.symbol}.`);
}

const within = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);

const compiled = new Map<string, RegExp>();
function globToRegExp(glob: string): RegExp {
  const known = compiled.get(glob);
  if (known) return known;
  const made = new RegExp(`^${tokens(glob).map(source).join("")}$`, "u");
  compiled.set(glob, made);
  return made;
}

/** One step of a glob: a set of characters, once or any number of times. */
type Token = { chars: "any" | "segment" | RegExp | string; many: boolean };

function tokens(glob: string): Token[] {
  const found: Token[] = [];
  for (let i = 0; i < glob.length; i++) {
    const char = glob[i]!;
    const set = char === "[" ? /^\[[!^]?\]?[^\]/]*\]/.exec(glob.slice(i))?.[0] : undefined;
    if (char === "*" && glob[i + 1] === "*") {
      found.push({ chars: "any", many: true });
      i += glob[i + 2] === "/" && (i === 0 || glob[i - 1] === "/") ? 2 : 1; // `**/` also matches no folder at all
    } else if (char === "*") found.push({ chars: "segment", many: true });
    else if (char === "?") found.push({ chars: "segment", many: false });
    else if (set) {
      const body = set.slice(1, -1).replace(/^!/, "^").replace(/[\\\]]/g, "\\$&");
      found.push({ chars: new RegExp(`^[${body}]$`, "u"), many: false });
      i += set.length - 1;
    } else found.push({ chars: char, many: false });
  }
  return found;
}

function source({ chars, many }: Token): string {
  const one =
    chars === "any"
      ? "[^]"
      : chars === "segment"
        ? "[^/]"
        : typeof chars === "string"
          ? chars.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")
          : `(?!/)${chars.source.slice(1, -1)}`;
  return many ? `${one}*` : one;
}

/** A claim that is no glob, as one: the path itself and all under it. */
function asGlob({ kind, path }: Claim): Token[] {
  if (kind === "glob") return tokens(path.toLowerCase());
  const literal = [...path.toLowerCase()].map((chars): Token => ({ chars, many: false }));
  return [...literal, { chars: UNDER, many: true }];
}
const UNDER = "under"; // stands for "nothing, or a slash and anything": see `meets`

/** Whether some path matches both: a walk over the product of the two, which is small because globs are. */
function globsMeet(a: readonly Token[], b: readonly Token[]): boolean {
  const seen = new Set<number>();
  const walk = (i: number, j: number): boolean => {
    const state = i * (b.length + 1) + j;
    if (seen.has(state)) return false;
    seen.add(state);
    if (i === a.length && j === b.length) return true;
    const x = a[i];
    const y = b[j];
    if (x?.many && walk(i + 1, j)) return true;
    if (y?.many && walk(i, j + 1)) return true;
    if (!x || !y || !meets(x, y)) return false;
    return walk(x.many ? i : i + 1, y.many ? j : j + 1) || walk(i + 1, j + 1);
  };
  return walk(0, 0);
}

function meets(x: Token, y: Token): boolean {
  const wide = (t: Token) => t.chars === "any" || t.chars === UNDER;
  if (wide(x) || wide(y)) return true; // UNDER is taken as "anything": a claim may be refused too often, never too seldom
  const narrow = (t: Token) => t.chars === "segment" || t.chars instanceof RegExp;
  if (narrow(x) && narrow(y)) return true;
  const [set, char] = narrow(x) ? [x, y] : [y, x];
  if (!narrow(set)) return x.chars === y.chars;
  return char.chars !== "/" && (set.chars === "segment" || (set.chars as RegExp).test(char.chars as string));
}
