import { posix } from "node:path";
import type { FileCoverage } from "./formats.ts";

/**
 * The files of a tree that a report speaks of, by their paths in it, in percent. A path may be absolute, below one of
 * `roots`; it may have a prefix that all of the report have (a module's own path), or lack the folder that the tool ran in.
 * What is in no such way in the tree is left out: installed packages, files that were generated. Of a file that is there
 * twice the lower number holds.
 *
 * @param paths every file of the tree
 */
export function placesOf(
  report: readonly FileCoverage[],
  { paths, roots }: { paths: ReadonlySet<string>; roots: readonly string[] },
): Map<string, number> {
  const found = new Map<string, number>();
  const take = (path: string, percent: number) => void found.set(path, Math.min(found.get(path) ?? percent, percent));
  const left: { path: string; percent: number }[] = [];
  for (const { written, percent } of report) {
    const within = written.map((path) => below(path, roots)).filter((path) => path !== null);
    const exact = within.find((path) => paths.has(path));
    if (exact !== undefined) take(exact, percent);
    else if (within[0] !== undefined) left.push({ path: within.at(-1) ?? "", percent });
  }
  const moved = commonMove(
    left.map(({ path }) => path),
    paths,
  );
  for (const { path, percent } of left) {
    const place = moved?.(path) ?? null;
    if (place !== null && paths.has(place)) take(place, percent);
  }
  return found;
}

/** A path relative to the root, or null when it is outside. */
function below(written: string, roots: readonly string[]): string | null {
  const path = posix.normalize(written.replaceAll("\\", "/"));
  if (path.startsWith("/")) {
    const root = roots.find((one) => path.startsWith(`${one}/`));
    return root === undefined ? null : path.slice(root.length + 1);
  }
  return path === ".." || path.startsWith("../") ? null : path;
}

/** So many tell it for all of a report. */
const VOTERS_MAX = 200;

type Move = (path: string) => string | null;

/** What has to be cut off, or put before, for most of these paths to be in the tree; null: nothing helps. */
function commonMove(missing: readonly string[], paths: ReadonlySet<string>): Move | null {
  const votes = new Map<string, { count: number; move: Move }>();
  const vote = (key: string, move: Move) => {
    const known = votes.get(key) ?? { count: 0, move };
    known.count += 1;
    votes.set(key, known);
  };
  const asked = missing.slice(0, VOTERS_MAX);
  const names = new Set(asked.map((path) => posix.basename(path)));
  const there = [...paths].filter((path) => names.has(posix.basename(path)));
  for (const path of asked) {
    const cut = prefixOf(path, paths);
    if (cut !== null) vote(`- ${cut}`, (other) => (other.startsWith(cut) ? other.slice(cut.length) : null));
    for (const whole of there.filter((one) => one.endsWith(`/${path}`))) {
      const folder = whole.slice(0, -path.length);
      vote(`+ ${folder}`, (other) => `${folder}${other}`);
    }
  }
  const [best] = [...votes.values()].sort((a, b) => b.count - a.count);
  return best?.move ?? null;
}

/** The shortest beginning without which a path is in the tree. */
function prefixOf(path: string, paths: ReadonlySet<string>): string | null {
  for (let at = path.indexOf("/") + 1; at > 0; at = path.indexOf("/", at) + 1)
    if (paths.has(path.slice(at))) return path.slice(0, at);
  return null;
}
