import type { Contents } from "../linker/contents.ts";
import type { Unit } from "../unit.ts";
import type { Check } from "./check.ts";
import * as places from "./places.ts";
import * as report from "./report.ts";
import { contentsIn, isMerged, pathIn, type Scene } from "./scene.ts";
import { type MergedFile, SIDES } from "./trees.ts";

/** Definitions whose code both sides changed, each in another way, and that git put together line by line. */
export const sameSymbols: Check = ({ scene }) =>
  scene.files.filter((file) => isMerged(scene, file)).flatMap((file) => inFile(scene, file));

function inFile(scene: Scene, file: MergedFile): report.Fault[] {
  const base = contentsIn(scene, "base", file);
  const lines = scene.merge.by_symbols.get(file.path);
  return bothChanged(base, contentsIn(scene, "left", file), contentsIn(scene, "right", file)).flatMap((key) => {
    const unit = contentsIn(scene, "merged", file)?.units.get(key);
    if (!unit || lines?.includes(key) === false) return [];
    const place = places.placeOf(scene.trees.merged, file.path, { unit: key, span: unit.parts.header });
    const causes = SIDES.flatMap((side) => {
      const path = pathIn(file, side);
      const own = contentsIn(scene, side, file)?.units.get(key);
      return own && path !== null
        ? [
            report.cause(
              side,
              "changed",
              places.placeOf(scene.trees[side], path, { unit: key, span: own.parts.header }),
            ),
          ]
        : [];
    });
    const sentence = `${report.calls(scene.merge, "left")} and ${report.calls(scene.merge, "right")} both changed \`${key}\`, in different lines`;
    return [
      {
        kind: "same_symbol",
        ...report.LIKELY,
        subjects: [places.subject(file.path, key)],
        place,
        causes,
        sentence,
        fix: null,
      },
    ];
  });
}

const TAKEN_APART: ReadonlySet<Unit["kind"]> = new Set(["class", "interface", "type", "enum", "namespace", "key"]);
const OF_NO_SYMBOL: ReadonlySet<Unit["kind"]> = new Set(["import", "export", "doc", "statement"]);

/** The keys of the innermost definitions that both sides changed to something else than each other. */
export function bothChanged(base: Contents | null, left: Contents | null, right: Contents | null): string[] {
  return [...(base?.units ?? [])].flatMap(([key, unit]) => {
    const [mine, theirs] = [left?.units.get(key), right?.units.get(key)];
    if (!mine || !theirs || OF_NO_SYMBOL.has(unit.kind)) return [];
    const own = ({ hashes, children, kind }: Unit) =>
      TAKEN_APART.has(kind) && children.length > 0 ? `${hashes.header} ${hashes.decorators}` : hashes.syntax;
    const [was, one, two] = [own(unit), own(mine), own(theirs)];
    if (was === one || was === two || one === two) return [];
    const inner = unit.children.some((child) => !OF_NO_SYMBOL.has(child.kind) && bothChangedUnit(child, left, right));
    return inner && !TAKEN_APART.has(unit.kind) ? [] : [key];
  });
}

function bothChangedUnit(unit: Unit, left: Contents | null, right: Contents | null): boolean {
  const [mine, theirs] = [left?.units.get(unit.key), right?.units.get(unit.key)];
  return !!mine && !!theirs && mine.hashes.syntax !== unit.hashes.syntax && theirs.hashes.syntax !== unit.hashes.syntax;
}
