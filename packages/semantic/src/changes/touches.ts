import type { Edited, SymbolChange, UnitPlace } from "../change.ts";
import type { FileChange } from "../check/trees.ts";
import type { FileView, TreeView } from "../tree_view.ts";
import type { Unit, UnitKind } from "../unit.ts";
import { type Changes, changesBetween } from "./changes.ts";
import { sameWords } from "./edited.ts";
import { scopeOf } from "./pairs.ts";

/** What a claim calls the imports of a module, and what else in it has no name: its doc, its exports, its statements. */
export const IMPORTS = "<imports>";
export const MODULE = "<module>";

/**
 * One symbol that a change touches: the one that has to be claimed for it. `line`: where it stands, counted from 1, in the
 * later tree where it is there. `claimed`: some claim covers it.
 */
export type Touch = {
  path: string;
  symbol: string;
  did: SymbolChange["did"];
  edited: readonly Edited[];
  line: number;
  claimed: boolean;
};

/** Which symbols of a file are claimed; null: all of it is. */
export type Claimed = (path: string) => readonly string[] | null;

export type Touches = { touches: Touch[]; unknown: Changes["unknown"] };

/**
 * The symbols that are touched between two trees. Layout touches nothing; a comment belongs to the symbol that it stands
 * in or in front of, and one behind all symbols to nobody. Where only symbols are claimed, whoever else is put elsewhere
 * among the others is touched, too.
 */
export function touchesBetween(from: TreeView, to: TreeView, files: readonly FileChange[], claimed: Claimed): Touches {
  const { changes, unknown } = changesBetween(from, to, files);
  const covered = (path: string, symbol: string) => {
    const symbols = claimed(path);
    return symbols === null || coversSymbol(symbols, symbol);
  };
  const touches = changes
    .filter((change) => !isLayout(change, from, to))
    .flatMap((change) =>
      placesOf(change).flatMap(({ path, key, lines }) =>
        symbolsOf(change.kind, key).map((symbol): Touch => {
          const { did, edited } = change;
          return { path, symbol, did, edited, line: lines[0], claimed: covered(path, symbol) };
        }),
      ),
    );
  const dark = new Set(unknown.map(({ path }) => path));
  const known = files.filter((file) => !dark.has(file.to ?? file.from ?? ""));
  const reordered = known.flatMap((file) => reorderedIn(from, to, file, claimed));
  return { touches: [...unique(touches), ...reordered], unknown };
}

/** Whether one of these claimed symbols is this one, or holds it. */
export const coversSymbol = (claimed: readonly string[], symbol: string): boolean =>
  claimed.some((one) => symbol === one || symbol.startsWith(`${one}.`));

/** From where to where: what is gone from one place and there in another touches both. */
function placesOf({ from, to }: SymbolChange): UnitPlace[] {
  if (from === null || to === null) return [from, to].filter((place) => place !== null);
  return from.path === to.path && from.key === to.key ? [to] : [from, to];
}

const NAMELESS: ReadonlySet<UnitKind> = new Set(["import", "export", "doc", "statement"]);

/**
 * The names under which a unit is claimed: its own path, for the second of a name that of the first; several, where one
 * statement defines several. What has no name is of what is around it.
 */
function symbolsOf(kind: UnitKind, key: string): string[] {
  if (NAMELESS.has(kind)) {
    const head = key.split(" ", 1)[0] ?? "";
    const cut = head.lastIndexOf(".");
    if (cut > 0) return [plain(head.slice(0, cut))];
    return [kind === "import" ? IMPORTS : MODULE];
  }
  const [first = "", ...others] = key.split(", ");
  const around = first.slice(0, first.lastIndexOf(".") + 1);
  return [plain(first), ...others.map((name) => plain(around + name))];
}

/** The names under which something in these units can be claimed, each once, in their order. */
export const symbolsIn = (units: readonly Unit[]): string[] => [
  ...new Set(allOf(units).flatMap(({ kind, key }) => symbolsOf(kind, key))),
];

/** The first of the names under which a unit is claimed. */
export const symbolOf = (kind: UnitKind, key: string): string => symbolsOf(kind, key)[0] ?? MODULE;

const plain = (key: string): string => (key.includes("#") ? key.replaceAll(/#\d+(?=\.|$)/g, "") : key);

/** One symbol may be touched by several changes of what has no name of its own: the first one tells enough. */
function unique(touches: readonly Touch[]): Touch[] {
  const seen = new Set<string>();
  return touches.filter(({ path, symbol, did }) => {
    const key = `${did} ${symbol}\0${path}`; // no path has a NUL
    return !seen.has(key) && seen.add(key);
  });
}

function isLayout({ did, edited, from, to }: SymbolChange, before: TreeView, after: TreeView): boolean {
  if (did !== "edited" || edited.join() !== "trivia" || from === null || to === null) return false;
  const [was, is] = [placedIn(before, from), placedIn(after, to)];
  return was !== null && is !== null && sameWords(was, is);
}

function placedIn(tree: TreeView, { path, key }: UnitPlace): { text: string; unit: Unit } | null {
  const view = tree.file(path);
  if (view === null || "unknown" in view) return null;
  const unit = allOf(view.summary.units).find((one) => one.key === key);
  return unit ? { text: view.text, unit } : null;
}

/** All units of a text in their order, those around others first. */
const allOf = (units: readonly Unit[]): Unit[] =>
  scopeOf(units).flatMap((unit) => (unit.name === null ? [unit] : [unit, ...allOf(unit.children)]));

type Ordered = { key: string; symbols: readonly string[]; start: number };

/** Who of the symbols that nobody claimed does not stand where it stood among the others. */
function reorderedIn(from: TreeView, to: TreeView, { from: path, to: name }: FileChange, claimed: Claimed): Touch[] {
  const claims = path === null || path !== name ? null : claimed(path);
  const after = path === null ? null : to.file(path);
  if (claims === null || path === null || after === null) return [];
  const [was, is] = [unclaimedIn(from.file(path), claims), unclaimedIn(after, claims)];
  const keys = (side: readonly Ordered[]) => new Set(side.map(({ key }) => key));
  const [before, now] = [keys(was), keys(is)];
  const moved = movedAmong(
    was.filter(({ key }) => now.has(key)),
    is.filter(({ key }) => before.has(key)),
  );
  if (moved === null) return [];
  const line = (after.text ?? "").slice(0, moved.start).split("\n").length;
  return moved.symbols.map((symbol) => ({ path, symbol, did: "moved", edited: [], line, claimed: false }));
}

function unclaimedIn(view: FileView | null, claims: readonly string[]): Ordered[] {
  if (view === null || "unknown" in view) return [];
  return allOf(view.summary.units).flatMap(({ key, kind, span }) => {
    const symbols = symbolsOf(kind, key).filter((symbol) => !coversSymbol(claims, symbol));
    return symbols.length === 0 ? [] : [{ key, symbols, start: span[0] }];
  });
}

/** Where two orders of the same part, the one of the two that has gone further; null: they do not. */
function movedAmong(was: readonly Ordered[], is: readonly Ordered[]): Ordered | null {
  const at = is.findIndex(({ key }, place) => key !== was[place]?.key);
  const [came, left] = [is[at], was[at]];
  if (came === undefined || left === undefined) return null;
  const place = (order: readonly Ordered[], { key }: Ordered) => order.findIndex((one) => one.key === key);
  const stayed = is[place(is, left)];
  return stayed && place(is, left) > place(was, came) ? stayed : came;
}
