import type { ClassShape } from "../class_shape.ts";
import type { Contents } from "../linker/contents.ts";
import type { Read } from "../summary.ts";
import type { Check } from "./check.ts";
import * as places from "./places.ts";
import { referencesOf } from "./references.ts";
import * as report from "./report.ts";
import { contentsIn, isMerged, type Scene } from "./scene.ts";
import { type MergedFile, SIDES } from "./trees.ts";

/** What has to stand above something else, and does not after the merge. */
export const ordering: Check = ({ scene }) =>
  scene.files
    .filter((file) => isMerged(scene, file))
    .flatMap((file) => [...tooEarly(scene, file), ...fields(scene, file)]);

/** What runs when a module is loaded reads a name that is bound further down. */
function tooEarly(scene: Scene, file: MergedFile): report.Fault[] {
  const contents = contentsIn(scene, "merged", file);
  const names = scene.link.merged.rules(file.path)?.names;
  if (!contents || !names?.in_order) return [];
  const { hoisted } = names;
  return [...referencesOf(contents).reads].flatMap(([key, reads]) => {
    const early = reads.find((read) => isEarly(contents, read, hoisted));
    if (!early || scene.link.merged.rules(file.path)?.names.builtins.includes(early.name)) return [];
    const parents = SIDES.flatMap((side) => {
      const theirs = contentsIn(scene, side, file);
      const held =
        theirs &&
        referencesOf(theirs)
          .reads.get(key)
          ?.filter(({ unit }) => unit === early.unit);
      return theirs && held && held.length > 0 ? [{ contents: theirs, held }] : [];
    });
    const before = parents.filter((one) => one.held.some((read) => isEarly(one.contents, read, hoisted)));
    if (parents.length === 0 || before.length > 0) return [];
    const place = places.placeOf(scene.trees.merged, file.path, early);
    const bound = contents.bindings.get(early.name)?.[0];
    const line = places.placeOf(scene.trees.merged, file.path, { unit: "", span: bound?.span ?? early.span }).lines[0];
    const sentence = `\`${early.name}\` is read here while the module is loaded, and after the merge it is bound only in line ${line}`;
    const subjects = [places.subject(file.path, early.name), places.subject(file.path, early.unit)];
    return [
      {
        kind: "ordering",
        ...(early.guarded ? report.HINT : report.CERTAIN),
        subjects,
        place,
        causes: [],
        sentence,
        fix: null,
      },
    ];
  });
}

function isEarly(contents: Contents, read: Read, hoisted: readonly string[]): boolean {
  if (!read.eager || read.time !== "run" || read.self !== null || read.instance !== null || read.from !== null)
    return false;
  const bindings = contents.bindings.get(read.name) ?? [];
  return (
    bindings.length > 0 &&
    contents.stars.length === 0 &&
    bindings.every(({ span, kind }) => span[0] > read.span[1] && !hoisted.includes(kind))
  );
}

/** A field that must be given stands behind one that need not be. */
function fields(scene: Scene, file: MergedFile): report.Fault[] {
  const contents = contentsIn(scene, "merged", file);
  return [...(contents?.classes.values() ?? [])].flatMap((shape) => {
    const late = lateField(shape);
    if (shape.kind !== "generated" || late === null) return [];
    if (SIDES.some((side) => lateField(contentsIn(scene, side, file)?.classes.get(shape.name)) !== null)) return [];
    const place = places.placeOf(scene.trees.merged, file.path, { unit: shape.name, span: shape.span });
    const sentence = `\`${shape.name}.${late}\` must be given and stands behind a field that need not be: after the merge the class cannot be made`;
    const subjects = [places.subject(file.path, shape.name), places.subject(file.path, `${shape.name}.${late}`)];
    return [{ kind: "ordering", ...report.CERTAIN, subjects, place, causes: [], sentence, fix: null }];
  });
}

function lateField(shape: Pick<ClassShape, "fields"> | undefined): string | null {
  // What is given by name may stand in any order.
  const fields = shape?.fields.filter(({ by_name }) => !by_name) ?? [];
  const first = fields.findIndex(({ optional }) => optional);
  return first < 0 ? null : (fields.slice(first).find(({ optional }) => !optional)?.name ?? null);
}
