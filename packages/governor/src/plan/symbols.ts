import { type Claim, overlap } from "@dgov/sandbox/claim";
import { nearest } from "../nearest.ts";
import { entryAt, type Facts } from "./facts.ts";
import type { SourceClaim } from "./source.ts";

/** What can be claimed in a file, by name; or why that is not known, as a clause. */
export type FileSymbols = { names: readonly string[] } | { unknown: string };

/** Says of files below a root what can be claimed in them, in their order. A file that is not there has no names. */
export type FindSymbols = (root: string, paths: readonly string[]) => Promise<FileSymbols[]>;

/** Of each file of which symbols are claimed. */
export type SymbolFacts = ReadonlyMap<string, FileSymbols>;

/** Asks nobody where no symbol is claimed or spoken of. */
export async function gatherSymbols(root: string, claims: readonly Claim[], find: FindSymbols): Promise<SymbolFacts> {
  const paths = [...new Set(claims.flatMap(({ path, symbol }) => (symbol === null ? [] : [path])))];
  const found = paths.length === 0 ? [] : await find(root, paths);
  return new Map(paths.flatMap((path, at) => (found[at] ? [[path, found[at]]] : [])));
}

/** `before`: what the tasks claim that surely have ended. */
export type SymbolPlace = { facts: Facts; symbols: SymbolFacts; before: readonly SourceClaim[] };

/**
 * What is wrong with a claim on a symbol: what is created must not be there yet; what is changed or read must be, or be
 * made by a task before. null: nothing.
 */
export function symbolFault(
  source: SourceClaim & { claim: { symbol: string } },
  { facts, symbols, before }: SymbolPlace,
): { code: string; why: string } | null {
  const { path, symbol } = source.claim;
  const known = symbols.get(path) ?? { unknown: "nobody has looked at it" };
  if ("unknown" in known) {
    const why = `the symbols of "${path}" cannot be told: ${known.unknown}; claim the file itself`;
    return { code: "claim_symbols_unknown", why };
  }
  const isFile = entryAt(facts, path) !== null;
  const there = isFile && (UNNAMED.test(symbol) || known.names.includes(symbol));
  if (source.key === "create")
    return there && !before.some((other) => other.key === "delete" && overlap(other.claim, source.claim))
      ? { code: "claim_exists", why: "it exists already; claim it under files.edit" }
      : null;
  if (source.key === "touch" || there || before.some((other) => mayMake(other, source))) return null;
  const none = "and no task before this one creates it";
  if (!isFile) return { code: "claim_missing", why: `"${path}" does not exist, ${none}` };
  const close = nearest(symbol, known.names);
  const hint = close === null ? "" : `; the nearest there is "${close}"`;
  return {
    code: "claim_missing",
    why: `there is no such symbol, ${none}${hint}; to add it, claim it under files.create`,
  };
}

/** What has no name is there where there is a file. */
const UNNAMED = /^</;

/** Who may change the whole of something may also add to it. */
function mayMake({ key, claim }: SourceClaim, { claim: wanted }: SourceClaim): boolean {
  if (key === "create" || key === "touch") return overlap(claim, wanted);
  const holds = claim.symbol === null || `${wanted.symbol}`.startsWith(`${claim.symbol}.`);
  return key === "edit" && holds && overlap(claim, wanted);
}
