import type { FileChange } from "../check/trees.ts";
import type { Side } from "../finding.ts";
import { type Linker, openLinker } from "../linker/linker.ts";
import { targetKey } from "../linker/outcome.ts";
import type { RulesOf } from "../linker/rules.ts";
import type { Read } from "../summary.ts";
import type { TreeView } from "../tree_view.ts";
import { isUnparsed } from "./changes.ts";
import { coversSymbol, IMPORTS, MODULE, symbolOf, type Touch } from "./touches.ts";

/** What each side of a merge did since the base: its tree, the files that it changed, and what it touches in them. */
export type SideWork = { view: TreeView; files: readonly FileChange[]; touches: readonly Touch[] };

/**
 * Where two changes of one base meet.
 *
 * `same_symbol`  both touch it · `same_name`  both add it · `signature`, `reference`  what one side changed is used by what
 * the other side changed: in how it is called, or in what it does · `syntax`  both change a file, and it does not parse
 * on one side · `same_file`  both change a file, and nothing of the above
 *
 * `left`, `right` what the side did to it; null: it only uses it, or the symbols are not known. `user`: who uses it
 */
export type Overlap = {
  kind: "same_symbol" | "same_name" | "signature" | "reference" | "syntax" | "same_file";
  path: string;
  symbol: string; // "": the file
  left: Touch | null;
  right: Touch | null;
  user: { path: string; symbol: string } | null;
};

type Work = Readonly<Record<Side, SideWork>>;

/** Everything that both sides of a merge have to do with, before anybody merges them; the same thing is told once. */
export function overlapsOf(work: Work, rulesOf: RulesOf): Overlap[] {
  const both = [...sameSymbols(work), ...uses(work, "right", rulesOf), ...uses(work, "left", rulesOf)];
  const told = new Set(both.map(({ path }) => path));
  const files = sharedPaths(work).flatMap((path): Overlap[] => {
    const unparsed = [work.left, work.right].some(({ view }) => {
      const file = view.file(path);
      return file !== null && "summary" in file && isUnparsed(file.summary);
    });
    if (!unparsed && told.has(path)) return [];
    return [{ kind: unparsed ? "syntax" : "same_file", path, symbol: "", left: null, right: null, user: null }];
  });
  return [...both, ...files];
}

function sharedPaths({ left, right }: Work): string[] {
  const paths = ({ files }: SideWork) => files.flatMap(({ from, to }) => (from === to ? [to] : [from, to]));
  const theirs = new Set(paths(left));
  return [...new Set(paths(right).filter((path) => path !== null && theirs.has(path)))] as string[];
}

/** Imports are a set, and statements have no name: that both sides have some is no meeting. */
const isNamed = ({ symbol }: Touch): boolean => symbol !== IMPORTS && symbol !== MODULE;

function sameSymbols({ left, right }: Work): Overlap[] {
  const theirs = Map.groupBy(left.touches.filter(isNamed), ({ path }) => path);
  return right.touches.filter(isNamed).flatMap((own) =>
    (theirs.get(own.path) ?? []).flatMap((other): Overlap[] => {
      if (!meet(own, other)) return [];
      const kind = own.did === "added" && other.did === "added" ? "same_name" : "same_symbol";
      const symbol = own.symbol.length > other.symbol.length ? own.symbol : other.symbol;
      return [{ kind, path: own.path, symbol, left: other, right: own, user: null }];
    }),
  );
}

/** What is gone or new as a whole is so with its members. */
const meet = (one: Touch, other: Touch): boolean =>
  one.symbol === other.symbol || holds(one, other) || holds(other, one);
const holds = ({ did, symbol }: Touch, inner: Touch): boolean =>
  did !== "edited" && coversSymbol([symbol], inner.symbol);

/** What one side changed and uses, of what the other side changed. */
function uses(work: Work, side: Side, rulesOf: RulesOf): Overlap[] {
  const [user, provider] = side === "left" ? [work.left, work.right] : [work.right, work.left];
  const provided = new Map(provider.touches.filter(isNamed).map((touch) => [`${touch.path}::${touch.symbol}`, touch]));
  const names = new Set([...provided.values()].map(({ symbol }) => symbol.slice(symbol.lastIndexOf(".") + 1)));
  const linker = openLinker(user.view, rulesOf);
  const touched = Map.groupBy(user.touches, ({ path }) => path);
  const found = user.files.flatMap(({ to }) => {
    const symbols = to === null ? [] : (touched.get(to) ?? []).map(({ symbol }) => symbol);
    return to === null || symbols.length === 0 ? [] : readsIn(linker, to, { symbols, names });
  });
  const seen = new Set<string>();
  return found.flatMap(({ path, symbol, key }): Overlap[] => {
    const touch = provided.get(key);
    const id = `${key} ${path} ${symbol}`;
    if (!touch || seen.has(id) || key === `${path}::${symbol}`) return [];
    seen.add(id);
    const at = { path: touch.path, symbol: touch.symbol, user: { path, symbol } };
    const sides = side === "left" ? { left: null, right: touch } : { left: touch, right: null };
    return [{ kind: isOutside(touch) ? "signature" : "reference", ...at, ...sides }];
  });
}

/** Whether more than what it does is not as it was. */
const isOutside = ({ did, edited }: Touch): boolean =>
  did !== "edited" || edited.includes("signature") || edited.includes("decorators");

/** `symbols`: what the user touched in the file; `names`: of what the other side touched. */
type Asked = { symbols: readonly string[]; names: ReadonlySet<string> };

/** Where the names of one file's touched symbols lead, as far as one of them may be meant. */
function readsIn(linker: Linker, path: string, { symbols, names }: Asked) {
  const contents = linker.contents(path);
  if (contents === null) return [];
  const reads = contents.summary.reads.filter((read) => mayMean(read, names));
  return reads.flatMap((read) => {
    const unit = contents.units.get(read.unit);
    const symbol = unit ? symbolOf(unit.kind, unit.key) : MODULE;
    if (symbol === IMPORTS || !coversSymbol(symbols, symbol)) return [];
    const outcome = linker.follow(path, read, read.time);
    return outcome.is === "found" ? [{ path, symbol, key: targetKey(outcome.target) }] : [];
  });
}

const mayMean = ({ name, members, instance, from }: Read, names: ReadonlySet<string>): boolean =>
  [name, ...members, ...(instance?.split(".") ?? []), from?.name ?? ""].some((part) => names.has(part));
