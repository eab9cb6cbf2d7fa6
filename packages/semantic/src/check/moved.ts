import type { Side } from "../finding.ts";
import type { Target } from "../linker/outcome.ts";
import type { Unit } from "../unit.ts";
import type { Scene } from "./scene.ts";

/** Where something is found again that a side took away. `path` null: in the file where it was. */
export type Moved = { name: string; path: string | null; sentence: string };

/** Bodies of fewer tokens are all alike. */
const FEWEST_TOKENS = 6;

/** Where a side has put what a target was: under another name, in another file, or with its whole file. */
export function renamedTo(scene: Scene, side: Side, target: Target): Moved | null {
  if (target.is === "module") return target.file === null ? null : movedFile(scene, side, target.file);
  const { unit, path } = target;
  const own = scene.merge.changes[side].find(({ from }) => from === path);
  if (!own || unit === null) return null;
  const found: Moved[] = [];
  for (const { from, to } of scene.merge.changes[side]) {
    const now = to === null ? null : scene.link[side].contents(to);
    if (to === null || !now) continue;
    const before = from === null ? null : scene.link.base.contents(from);
    for (const [key, one] of now.units) {
      if (before?.units.has(key) || !isSame(unit, one)) continue;
      const elsewhere = to !== own.to;
      if (elsewhere && one.key !== unit.key) continue;
      const name = key;
      const sentence = elsewhere ? `it was moved to ${to}` : `it was renamed to \`${name}\``;
      found.push({ name, path: elsewhere ? to : null, sentence });
    }
  }
  return found.length === 1 ? (found[0] ?? null) : null;
}

function isSame(was: Unit, is: Unit): boolean {
  if (was.kind !== is.kind) return false;
  if (was.key === is.key) return was.hashes.syntax === is.hashes.syntax;
  return (
    was.hashes.nameless === is.hashes.nameless &&
    (was.hashes.tokens >= FEWEST_TOKENS || was.kind === "function" || was.kind === "method")
  );
}

/** The file that a removed one has become. Git's word counts; else one of the same name and content elsewhere. */
export function movedFile(scene: Scene, side: Side, path: string): Moved | null {
  const to = scene.merge.changes[side].find(({ from, to: now }) => from === path && now !== null && now !== path)?.to;
  const name = path.slice(path.lastIndexOf("/") + 1);
  const blob = scene.trees.base.blob(path);
  const alike = scene.merge.changes[side].find(
    ({ from, to: now }) =>
      from === null && now !== null && (now.endsWith(`/${name}`) || scene.trees[side].blob(now) === blob),
  )?.to;
  const found = to ?? alike;
  return found ? { name: found, path: found, sentence: `it was moved to ${found}` } : null;
}
