import type { SymbolChange } from "../../packages/semantic/src/change.ts";
import { changesBetween } from "../../packages/semantic/src/changes/changes.ts";
import type { FileView, TreeView } from "../../packages/semantic/src/tree_view.ts";
import type { Analyst } from "./analyst.ts";
import { decoded } from "./replay.ts";
import type { Repository, Stages } from "./repository.ts";

/**
 * Whether the two sides of a file on which git gave up changed different symbols: none that both changed, added under one
 * name or moved, and none in one that the other took away. A comment counts as part of the symbol it stands at.
 *
 * @returns null where that cannot be told: a side has no such file, or one of the texts does not parse
 */
export async function areDisjoint(
  repository: Repository,
  analyst: Analyst,
  { path, base, left, right }: Stages,
): Promise<boolean | null> {
  if (base === null || left === null || right === null) return null;
  const [was, mine, theirs] = await Promise.all(
    [base, left, right].map((oid) => analyst.known(path, oid, async () => decoded(await repository.blob(oid)))),
  );
  const from = treeOf(path, was!);
  const [one, other] = [mine!, theirs!].map((side) =>
    changesBetween(from, treeOf(path, side), [{ from: path, to: path }]),
  ) as [ReturnType<typeof changesBetween>, ReturnType<typeof changesBetween>];
  if (one.unknown.length + other.unknown.length > 0) return null;
  const [own, its] = [keysOf(one.changes), keysOf(other.changes)];
  const meets = [...own].some((key) => its.has(key));
  return !(meets || isIn(its, goneFrom(one.changes)) || isIn(own, goneFrom(other.changes)));
}

const treeOf = (path: string, file: FileView): TreeView => ({
  blob: (asked) => (asked === path ? path : null),
  folder: () => [],
  file: (asked) => (asked === path ? file : null),
});

const keysOf = (changes: readonly SymbolChange[]): ReadonlySet<string> =>
  new Set(changes.flatMap(({ from, to }) => [from?.key ?? [], to?.key ?? []].flat()));

const goneFrom = (changes: readonly SymbolChange[]): string[] =>
  changes.flatMap(({ did, from }) => (did !== "edited" && from ? [from.key] : []));

/** Whether one of these stands in something that is gone from its place. */
const isIn = (keys: ReadonlySet<string>, gone: readonly string[]): boolean =>
  [...keys].some((key) => gone.some((whole) => key.startsWith(`${whole}.`)));
