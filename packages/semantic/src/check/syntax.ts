import type { Contents } from "../linker/contents.ts";
import { contentsOf } from "../linker/contents.ts";
import type { Unit } from "../unit.ts";
import type { Check } from "./check.ts";
import * as places from "./places.ts";
import * as report from "./report.ts";
import type { Scene } from "./scene.ts";
import { type MergedFile, mergedFiles, SIDES, type Tree } from "./trees.ts";

/** A text that does not parse, or that would not compile, and did in both parents. */
export const syntax: Check = ({ scene }) => {
  const conflicts = new Set(scene.merge.conflicts.map(({ path }) => path));
  return mergedFiles(scene.trees, scene.merge)
    .filter(({ path }) => !conflicts.has(path))
    .flatMap((file) => inFile(scene, file));
};

function inFile(scene: Scene, file: MergedFile): report.Fault[] {
  const merged = faultsIn(scene, "merged", file.path);
  if (merged.length === 0) return [];
  const old = SIDES.flatMap((side) => {
    const path = file.at[side];
    return path === null ? [] : faultsIn(scene, side, path).map(({ code }) => code);
  });
  // A parent that does not parse has its own gate to answer to, whatever else is found in it.
  if (old.length > 0) return [];
  const [first] = merged;
  const contents = contentsAt(scene, file.path);
  if (!first || !contents) return [];
  const unit = around(contents, first.span[0]);
  const place = places.placeOf(scene.trees.merged, file.path, { unit: unit?.key ?? "", span: first.span });
  const subjects = [places.subject(file.path, unit?.name ? unit.key.replace(/#\d+$/, "") : ""), file.path];
  const sentence = `${file.path} is whole on either side and is not after the merge: ${first.message}`;
  const kind = unit?.kind === "key" && first.code === "repeated_key" ? "key_collision" : "syntax";
  return [{ kind, ...report.CERTAIN, subjects, place, causes: [], sentence, fix: null }];
}

function faultsIn(scene: Scene, tree: Tree, path: string) {
  const file = scene.trees[tree].file(path);
  return file && "summary" in file ? file.summary.faults : [];
}

function contentsAt(scene: Scene, path: string): Contents | null {
  const file = scene.trees.merged.file(path);
  return file && "summary" in file ? contentsOf(file.summary) : null;
}

/** The innermost unit around a place. */
function around({ summary }: Contents, at: number): Unit | null {
  const within = (units: readonly Unit[]): Unit | null => {
    const unit = units.find(({ span }) => span[0] <= at && at < span[1]);
    return unit ? (within(unit.children) ?? unit) : null;
  };
  return within(summary.units);
}
