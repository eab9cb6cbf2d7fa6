import type { ClassShape } from "../class_shape.ts";
import type { Side } from "../finding.ts";
import { classOf } from "../linker/outcome.ts";
import type { Read } from "../summary.ts";
import type { Check } from "./check.ts";
import * as places from "./places.ts";
import { referencesOf } from "./references.ts";
import * as report from "./report.ts";
import { contentsIn, type Scene } from "./scene.ts";
import { type MergedFile, other, SIDES } from "./trees.ts";

/** Classes of one side that had all that an interface wants until the other side made it want more. */
export const structuralInterfaces: Check = ({ scene }) =>
  SIDES.flatMap((side) => grownInterfaces(scene, side).flatMap((grown) => misfits(scene, other(side), grown)));

/** `wanted`: the members before; `more`: those that came. */
type Grown = { path: string; shape: ClassShape; wanted: readonly string[]; more: readonly string[] };

function grownInterfaces(scene: Scene, side: Side): Grown[] {
  return scene.files.flatMap((file) => {
    if (!file.changed[side]) return [];
    return (contentsIn(scene, "merged", file)?.summary.classes ?? []).flatMap((shape) => {
      const before = contentsIn(scene, "base", file)?.classes.get(shape.name);
      if (shape.kind !== "interface" || !before) return [];
      const wanted = before.members.map(({ name }) => name);
      const more = shape.members.map(({ name }) => name).filter((name) => !wanted.includes(name));
      return more.length > 0 && wanted.length > 0 ? [{ path: file.path, shape, wanted, more }] : [];
    });
  });
}

function misfits(scene: Scene, side: Side, grown: Grown): report.Fault[] {
  return scene.files.flatMap((file) => {
    if (!file.changed[side]) return [];
    return (contentsIn(scene, "merged", file)?.summary.classes ?? []).flatMap((shape) => {
      const has = new Set(
        scene.link.merged
          .lineage(file.path, shape.name)
          .classes.flatMap((row) => row.shape.members.map(({ name }) => name)),
      );
      const isNew = contentsIn(scene, "base", file)?.classes.has(shape.name) !== true;
      const lacking = grown.more.find((name) => !has.has(name));
      if (!isNew || shape.open !== null || lacking === undefined || !grown.wanted.every((name) => has.has(name)))
        return [];
      return isGiven(scene, file, shape, grown) ? [fault(scene, file, { shape, lacking }, grown)] : [];
    });
  });
}

/** Whether an instance of a class may be given where the interface is asked for: both are named in one unit. */
function isGiven(scene: Scene, file: MergedFile, shape: ClassShape, { shape: wanted }: Grown): boolean {
  const contents = contentsIn(scene, "merged", file);
  if (!contents) return false;
  const isIt = (read: Read) => {
    const outcome = scene.link.merged.follow(file.path, read, read.time);
    const of = outcome.is === "found" ? classOf(outcome.target) : null;
    return of !== null && of.path === file.path && of.name === shape.name;
  };
  const units = new Set((referencesOf(contents).reads.get(shape.name) ?? []).filter(isIt).map(({ unit }) => unit));
  return contents.summary.calls.some((call) => {
    if (!units.has(call.unit)) return false;
    const outcome = scene.link.merged.follow(file.path, call.callee, "run");
    const unit = outcome.is === "found" && outcome.target.is !== "module" ? outcome.target.unit : null;
    return (
      unit?.signature?.parameters.some(({ annotation }) => annotation?.split(/\W+/).includes(wanted.name)) ?? false
    );
  });
}

type Misfit = { shape: ClassShape; lacking: string };

function fault(scene: Scene, file: MergedFile, { shape, lacking }: Misfit, grown: Grown): report.Fault {
  return {
    kind: "interface_drift",
    ...report.LIKELY,
    subjects: [places.subject(grown.path, grown.shape.name), places.subject(file.path, shape.name)],
    place: places.placeOf(scene.trees.merged, file.path, { unit: shape.name, span: shape.span }),
    causes: [],
    sentence: `\`${shape.name}\` was all that \`${grown.shape.name}\` asked for, and has no \`${lacking}\`, which it asks for now`,
    fix: null,
  };
}
