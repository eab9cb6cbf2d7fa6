import { claimedSymbols } from "./claim.ts";
import type { Files } from "./host.ts";
import { HostError, type Scope } from "./tool.ts";

/**
 * A file of which only symbols are claimed, at the base commit and as it would be.
 *
 * `base`, `now`  its bytes; null: it is not there
 */
export type SymbolEdit = {
  path: string;
  claimed: readonly string[];
  base: Uint8Array | null;
  now: Uint8Array | null;
};

/**
 * What an edit touches that is not claimed. `line` counts from 1. `unfinished`: what is there now does not parse, as text
 * does while somebody works on it; `unknown`: why nothing can be said at all, as a clause.
 */
export type Touched =
  | { foreign: readonly { symbol: string; line: number }[] }
  | { unfinished: true }
  | { unknown: string };
export type CompareSymbols = (edit: SymbolEdit) => Touched;

/** A file that a command changed beside the claimed symbols. `why`: a clause; `restored` false: it is still so. */
export type SymbolBreach = { path: string; why: string; restored: boolean };

/** Keeps a task to the symbols that it has claimed, where it has not claimed the file. */
export type SymbolClaims = {
  /** @param now null: it would be removed. @throws HostError `not_claimed` with what it touches, and what it may */
  judge(verb: string, path: string, now: Uint8Array | null): Promise<void>;
  /** Called before and after each command: what it wrote beside the claimed symbols is as it was before. */
  remember(): void;
  putBack(): Promise<SymbolBreach[]>;
};

/**
 * `base` gives a file as the base commit has it; `open` brings what compares, when there is something to compare for the
 * first time; absent: nobody here can, and nothing is let through.
 */
export type SymbolPlace = {
  scope: Scope;
  files: Files;
  base: (path: string) => Promise<Uint8Array | null>;
  open: (() => Promise<CompareSymbols>) | null;
};

/** null: no symbol is claimed, so there is nothing to keep and nothing to pay. */
export function createSymbolClaims({ scope, files, base, open }: SymbolPlace): SymbolClaims | null {
  const named = new Set(scope.write.flatMap(({ path, symbol }) => (symbol === null ? [] : [path])));
  const claims = new Map([...named].flatMap((path) => claimsOf(scope, path)));
  if (claims.size === 0) return null;
  const known = { compare: null as Promise<CompareSymbols> | null, bases: new Map<string, Uint8Array | null>() };
  let before = new Map<string, Seen>();

  const fault = async (path: string, now: Uint8Array | null): Promise<string | null> => {
    const claimed = claims.get(path);
    if (claimed === undefined) return null;
    if (open === null) return "its symbols cannot be told apart here";
    if (!known.bases.has(path)) known.bases.set(path, await base(path));
    const edit = { path, claimed, base: known.bases.get(path) ?? null, now };
    if (same(edit.base, now)) return null;
    known.compare ??= open();
    return faultOf((await known.compare)(edit), claimed);
  };
  return {
    async judge(verb, path, now) {
      const why = await fault(path, now);
      if (why !== null) throw new HostError("not_claimed", `Cannot ${verb} "${path}": ${why}; ${cureOf(path)}`);
    },
    remember() {
      before = new Map([...claims.keys()].map((path) => [path, look(files, path)]));
    },
    async putBack() {
      const breaches: SymbolBreach[] = [];
      for (const [path, was] of before) {
        const is = look(files, path);
        const why = equal(was, is)
          ? null
          : is.kind === "other"
            ? "it is no file any more"
            : await fault(path, is.bytes);
        if (why !== null) breaches.push({ path, why, restored: restore(files, path, { was, is }) });
      }
      return breaches;
    },
  };
}

function claimsOf({ write }: Scope, path: string): [string, readonly string[]][] {
  const symbols = claimedSymbols(write, path);
  return symbols === null ? [] : [[path, symbols]];
}

const TOLD = 5;

/** As a clause; null: it stays within the claims, or nobody can say yet, and the frozen work is judged anyway. */
function faultOf(touched: Touched, claimed: readonly string[]): string | null {
  if ("unfinished" in touched) return null;
  const may = `of this file the task may change ${listed(claimed.map((symbol) => `"${symbol}"`))}`;
  if ("unknown" in touched) return `${touched.unknown}, so what it touches is not known, and ${may}`;
  const first = new Map(touched.foreign.toReversed().map((one) => [one.symbol, one]));
  if (first.size === 0) return null;
  const foreign = touched.foreign.filter((one) => first.get(one.symbol) === one);
  return `it touches ${listed(foreign.map(({ symbol, line }) => `"${symbol}" (line ${line})`))}, and ${may}`;
}

const listed = (items: readonly string[]): string =>
  items.length <= TOLD ? items.join(", ") : `${items.slice(0, TOLD).join(", ")} and ${items.length - TOLD} more`;

const cureOf = (path: string) =>
  `leave the rest as the base commit has it, or, if the task needs it, call done with outcome "blocked" and name the symbol, so that the plan can claim it (\`${path}::NAME\` under \`files.edit\`)`;

/** What stands at a path. `other`: a link, a folder, or what cannot be read as a file. */
type Seen = { kind: "file"; bytes: Uint8Array } | { kind: "none"; bytes: null } | { kind: "other"; bytes: null };

function look(files: Files, path: string): Seen {
  try {
    const kind = files.stat(path)?.kind;
    if (kind === undefined) return { kind: "none", bytes: null };
    return kind === "file" ? { kind, bytes: files.readBytes(path) } : { kind: "other", bytes: null };
  } catch (error) {
    if (error instanceof HostError) return { kind: "other", bytes: null };
    throw error;
  }
}

const equal = (was: Seen, is: Seen): boolean => was.kind === is.kind && same(was.bytes, is.bytes);

const same = (a: Uint8Array | null, b: Uint8Array | null): boolean =>
  a === null || b === null ? a === b : Buffer.compare(a, b) === 0;

/** false: it cannot be done. What was no file before is nothing that a worker may rely on. */
function restore(files: Files, path: string, { was, is }: { was: Seen; is: Seen }): boolean {
  try {
    if (is.kind === "other" || was.bytes === null) files.remove(path);
    if (was.bytes !== null) rewrite(files, path, was.bytes);
    return was.kind !== "other";
  } catch (error) {
    if (error instanceof HostError) return false;
    throw error;
  }
}

/** A hard link that a command has made is not written through. */
function rewrite(files: Files, path: string, bytes: Uint8Array): void {
  try {
    files.write(path, bytes);
  } catch (error) {
    if (!(error instanceof HostError && error.code === "link")) throw error;
    files.remove(path);
    files.write(path, bytes);
  }
}
