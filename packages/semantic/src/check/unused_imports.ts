import type { Contents } from "../linker/contents.ts";
import type { Check } from "./check.ts";
import * as places from "./places.ts";
import * as report from "./report.ts";
import { contentsIn, isMerged, type Scene } from "./scene.ts";
import { type MergedFile, SIDES } from "./trees.ts";

/** Imports that nothing reads after the merge, where the language forbids that: each side took a part of their uses. */
export const unusedImports: Check = ({ scene }) =>
  scene.files
    .filter((file) => scene.link.merged.rules(file.path)?.names.unused_imports === true && isMerged(scene, file))
    .flatMap((file) => inFile(scene, file));

function inFile(scene: Scene, file: MergedFile): report.Fault[] {
  const merged = contentsIn(scene, "merged", file);
  if (merged === null) return [];
  return imported(merged).flatMap(({ name, span, unit }): report.Fault[] => {
    if (reads(merged, name)) return [];
    const parents = SIDES.flatMap((side) => {
      const contents = contentsIn(scene, side, file);
      return contents !== null && imported(contents).some((own) => own.name === name) ? [contents] : [];
    });
    if (parents.length === 0 || !parents.every((contents) => reads(contents, name))) return [];
    const sentence = `\`${name}\` is imported here, and nothing uses it after the merge: what uses it on one side, the other side took away`;
    return [
      {
        kind: "import_break",
        ...report.CERTAIN,
        subjects: [places.subject(file.path, name)],
        place: places.placeOf(scene.trees.merged, file.path, { unit, span }),
        causes: [],
        sentence,
        fix: null,
      },
    ];
  });
}

const imported = ({ summary }: Contents) => summary.bindings.filter(({ kind }) => kind === "import");

const reads = ({ summary }: Contents, name: string): boolean => summary.reads.some((read) => read.name === name);
