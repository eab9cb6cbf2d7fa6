import type { SymbolChange, UnitPlace } from "../change.ts";
import type { FileChange } from "../check/trees.ts";
import { lineOf, lineStarts } from "../lines.ts";
import type { Summary } from "../summary.ts";
import type { FileView, TreeView } from "../tree_view.ts";
import type { Unit } from "../unit.ts";
import { editedParts } from "./edited.ts";
import { type Pair, type Pairs, pairScopes, type Scope, scopeOf, withAlike, withoutSame } from "./pairs.ts";

/** What became of the units of some files; and of which files nothing is known, with the reason as a clause. */
export type Changes = { changes: SymbolChange[]; unknown: { path: string; why: string }[] };

/**
 * What became of each unit from one tree to another, in the order of the later one. A unit is the same under the same
 * key, wherever it stands in its file; else where it says the same under another name, in another scope or another file,
 * and nothing else does. A change of what stands in a unit is told of the inner one alone.
 */
export function changesBetween(from: TreeView, to: TreeView, files: readonly FileChange[]): Changes {
  const unknown: Changes["unknown"] = [];
  const within: SymbolChange[][] = [];
  const [gone, come]: [Found[][], Found[][]] = [[], []];
  for (const file of files) {
    const [was, is] = [viewOf(from, file.from), viewOf(to, file.to)];
    const own = compared(was, is, file);
    if ("why" in own) unknown.push({ path: (file.to ?? file.from)!, why: own.why });
    else {
      within.push(own.changes);
      gone.push(own.gone);
      come.push(own.come);
    }
  }
  const found: Pairs<Found> = { pairs: [], gone: gone.flat(), come: come.flat() };
  followMoves(found);
  const changes = [
    ...within.flat(),
    ...found.pairs.flatMap(changeOf),
    ...outermost(found.gone).map((own): SymbolChange => lone("removed", own)),
    ...outermost(found.come).map((own): SymbolChange => lone("added", own)),
  ];
  return { changes: changes.sort(byPlace), unknown };
}

/** A unit with the file that it stands in. `within`: the unit around it. */
type Found = { file: File; unit: Unit; within: Found | null };
type File = { path: string; text: string; units: readonly Unit[]; readonly lines: readonly number[] };

const viewOf = (tree: TreeView, path: string | null): FileView | null => (path === null ? null : tree.file(path));

/** What became of the units of one file within it, and what is gone from it or new in it: it may be in another one. */
type Compared = { changes: SymbolChange[]; gone: Found[]; come: Found[] } | { why: string };

/** Who is asked about a head is asked about the one after it, too, and most files are the same ones. */
const known = new WeakMap<FileView, WeakMap<FileView, { file: FileChange; own: Compared }>>();

function compared(was: FileView | null, is: FileView | null, file: FileChange): Compared {
  if (was === null || is === null) return compare(was, is, file);
  const those = known.get(was) ?? new WeakMap<FileView, { file: FileChange; own: Compared }>();
  known.set(was, those);
  const before = those.get(is);
  if (before && before.file.from === file.from && before.file.to === file.to) return before.own;
  const own = compare(was, is, file);
  those.set(is, { file, own });
  return own;
}

function compare(was: FileView | null, is: FileView | null, { from, to }: FileChange): Compared {
  const [before, after] = [readFile(was, from), readFile(is, to)];
  const why = [before, after].find((view) => view !== null && "why" in view);
  if (why && "why" in why) return why;
  const found: Pairs<Found> = { pairs: [], gone: [], come: [] };
  pairFiles(before as File | null, after as File | null, found);
  return { changes: found.pairs.flatMap(changeOf), gone: found.gone, come: found.come };
}

function readFile(view: FileView | null, path: string | null): File | { why: string } | null {
  if (path === null || view === null) return null;
  if ("unknown" in view) return { why: view.unknown };
  if (isUnparsed(view.summary)) return { why: "it does not parse" };
  const { text, summary } = view;
  let lines: readonly number[] | null = null; // of most files nobody asks for more than whether they say the same
  return {
    ...{ path, text, units: summary.units },
    get lines() {
      lines ??= lineStarts(text);
      return lines;
    },
  };
}

/** Whether the grammar lost its way in a text: then nothing is known of its units. */
export const isUnparsed = ({ faults }: Pick<Summary, "faults">): boolean =>
  faults.some(({ code }) => code === "unexpected" || code === "missing");

function pairFiles(was: File | null, is: File | null, found: Pairs<Found>): void {
  const scope = (file: File | null): Scope => ({ units: file?.units ?? [], path: "" });
  pairInto(found, { was, is, around: [null, null] }, [scope(was), scope(is)]);
}

type Around = { was: File | null; is: File | null; around: readonly [Found | null, Found | null] };

/** Pairs a scope, and the scopes in what was paired. What stands in one file and says the same is not taken down. */
function pairInto(found: Pairs<Found>, own: Around, scopes: readonly [Scope, Scope]): void {
  const [from, to] = own.was?.path === own.is?.path ? withoutSame(...scopes) : scopes;
  const { pairs, gone, come } = pairScopes(from, to);
  const before = (unit: Unit): Found => ({ file: own.was!, unit, within: own.around[0] });
  const after = (unit: Unit): Found => ({ file: own.is!, unit, within: own.around[1] });
  found.gone.push(...gone.map(before));
  found.come.push(...come.map(after));
  for (const pair of pairs) pairWhole(found, { from: before(pair.from), to: after(pair.to), why: pair.why });
}

/** What is in a block is in the scope around it, too, and was paired there. */
function pairWhole(found: Pairs<Found>, pair: Pair<Found>): void {
  const { from, to } = pair;
  found.pairs.push(pair);
  if (from.unit.name === null) return;
  const inner = ({ unit }: Found): Scope => ({ units: unit.children, path: `${unit.key}.` });
  pairInto(found, { was: from.file, is: to.file, around: [from, to] }, [inner(from), inner(to)]);
}

/** Finds what is gone among what came: whole units first, with what is in them, then what is in the others. */
function followMoves(found: Pairs<Found>): void {
  for (const look of [(all: Found[]) => all, (all: Found[]) => all.flatMap(withInner)]) {
    const alike = withAlike({ pairs: [], gone: look(found.gone), come: look(found.come) }, MOVED);
    Object.assign(found, { gone: alike.gone, come: alike.come });
    for (const pair of alike.pairs) pairWhole(found, pair);
  }
}

const MOVED = { unit: ({ unit }: Found) => unit, why: "it says the same in another place" };

/** A unit and all that is in it: a method may have gone where its class did not. */
const withInner = (own: Found): Found[] => [
  own,
  ...(own.unit.name === null ? [] : scopeOf(own.unit.children)).flatMap((unit) =>
    withInner({ file: own.file, unit, within: own }),
  ),
];

/** Of what is gone or new as a whole only the whole is told. */
function outermost(all: readonly Found[]): Found[] {
  const there = new Set(all.map(({ unit }) => unit));
  return all.filter(({ within, unit }) => !(within && there.has(within.unit)) && !isShell(unit));
}

/** A block is no symbol: what is in it is. */
const isShell = ({ name, children }: Unit): boolean => name === null && children.length > 0;

function changeOf({ from, to, why }: Pair<Found>): SymbolChange[] {
  const parts = editedParts({ text: from.file.text, unit: from.unit }, { text: to.file.text, unit: to.unit });
  const layout = why !== null || (isShell(from.unit) && isShell(to.unit));
  const edited = layout ? parts.filter((part) => part !== "trivia") : parts;
  const place = { kind: to.unit.kind, from: placeOf(from), to: placeOf(to), edited };
  const moved = movedBy(from, to, why);
  if (moved !== null) return [{ did: moved.did, ...place, evidence: moved.evidence }];
  return edited.length === 0 ? [] : [{ did: "edited", ...place, evidence: null }];
}

/** Where a unit went that is not where it was; null: it is there. Units go with what is around them. */
function movedBy(
  from: Found,
  to: Found,
  why: string | null,
): (Pick<SymbolChange, "evidence"> & { did: "moved" | "renamed" }) | null {
  const [was, is] = [from.unit, to.unit];
  if (why !== null) {
    const stays = from.file.path === to.file.path && from.within?.unit.key === to.within?.unit.key;
    return { did: stays && was.name !== is.name ? "renamed" : "moved", evidence: why };
  }
  if (from.within === null && from.file.path !== to.file.path && was.name !== null)
    return { did: "moved", evidence: `the file "${from.file.path}" is "${to.file.path}" now` };
  const guards = is.guards.join(", ");
  if (was.guards.join(", ") === guards || isShell(was)) return null;
  return {
    did: "moved",
    evidence: guards === "" ? "it stands under no condition now" : `it stands under "${guards}" now`,
  };
}

const lone = (did: "added" | "removed", own: Found): SymbolChange => ({
  did,
  kind: own.unit.kind,
  from: did === "removed" ? placeOf(own) : null,
  to: did === "added" ? placeOf(own) : null,
  edited: [],
  evidence: null,
});

function placeOf({ file, unit }: Found): UnitPlace {
  const [start, end] = unit.span;
  return {
    path: file.path,
    key: unit.key,
    lines: [lineOf(file.lines, start), lineOf(file.lines, Math.max(start, end - 1))],
  };
}

function byPlace(one: SymbolChange, other: SymbolChange): number {
  const [own, its] = [(one.to ?? one.from)!, (other.to ?? other.from)!];
  if (own.path !== its.path) return own.path < its.path ? -1 : 1;
  return own.lines[0] - its.lines[0] || (own.key < its.key ? -1 : 1);
}
