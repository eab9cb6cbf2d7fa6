import type { ClassShape, Member } from "../class_shape.ts";
import { type Outcome, targetKey } from "../linker/outcome.ts";
import type { Binding } from "../summary.ts";
import type { Unit } from "../unit.ts";
import type { Check } from "./check.ts";
import * as places from "./places.ts";
import * as report from "./report.ts";
import { contentsIn, isMerged, pathIn, type Scene } from "./scene.ts";
import { type MergedFile, SIDES } from "./trees.ts";

/** Two meanings for one name, one key or one value, one from each side. */
export const collisions: Check = ({ scene }) =>
  scene.files
    .filter((file) => isMerged(scene, file))
    .flatMap((file) => [...bindings(scene, file), ...enumValues(scene, file), ...registrations(scene, file)]);

type Origin = { binding: Binding; outcome: Outcome; key: string };

/** A name that one side imports and the other imports from elsewhere, or defines. */
function bindings(scene: Scene, file: MergedFile): report.Fault[] {
  const contents = contentsIn(scene, "merged", file);
  return [...(contents?.bindings ?? [])].flatMap(([name, all]) => {
    if (all.length < 2 || !all.some(({ kind }) => kind === "import")) return [];
    const guards = new Set(all.map((one) => one.guards.join()));
    if (guards.size > 1) return [];
    const now = all.map((binding) => originOf(scene, "merged", file, binding));
    const [left, right] = SIDES.map((side) => added(scene, side, file, name));
    const one = left?.find(({ key }) => now.some((it) => it.key === key) && !right?.some((it) => it.key === key));
    const two = right?.find(({ key }) => now.some((it) => it.key === key) && !left?.some((it) => it.key === key));
    return one && two ? [collision(scene, file, name, [one, two])] : [];
  });
}

/** What a name is bound to on a side and not in the base. */
function added(scene: Scene, side: "left" | "right", file: MergedFile, name: string): Origin[] {
  const contents = contentsIn(scene, side, file);
  const base = contentsIn(scene, "base", file);
  const old = (base?.bindings.get(name) ?? []).map((binding) => originOf(scene, "base", file, binding).key);
  if (old.length > 0) return [];
  return (contents?.bindings.get(name) ?? []).map((binding) => originOf(scene, side, file, binding));
}

function originOf(
  scene: Scene,
  tree: "base" | "left" | "right" | "merged",
  file: MergedFile,
  binding: Binding,
): Origin {
  const path = pathIn(file, tree) ?? file.path;
  if (binding.from === null || binding.from.module === "")
    return { binding, outcome: { is: "unknown", why: "" }, key: `own ${binding.kind} ${binding.value ?? ""}` };
  const outcome = scene.link[tree].origin(path, binding.from, binding.time);
  const key = outcome.is === "found" ? targetKey(outcome.target) : `${binding.from.module} ${binding.from.name ?? ""}`;
  return { binding, outcome, key };
}

function collision(scene: Scene, file: MergedFile, name: string, both: readonly [Origin, Origin]): report.Fault {
  const contents = contentsIn(scene, "merged", file);
  const last = contents?.bindings.get(name)?.at(-1) ?? both[1].binding;
  // Outside of the repository two paths may well lead to one thing.
  const seen = both.some(({ outcome, binding }) => outcome.is === "found" || binding.kind !== "import");
  const causes = SIDES.flatMap((side, index) => {
    const path = pathIn(file, side);
    const origin = both[index];
    if (path === null || !origin) return [];
    return [
      report.cause(side, "added", places.placeOf(scene.trees[side], path, { unit: name, span: origin.binding.span })),
    ];
  });
  const said = ({ binding }: Origin) =>
    binding.from ? `imports it from \`${binding.from.module}\`` : "defines it here";
  return {
    kind: "binding_collision",
    ...(seen ? report.CERTAIN : report.LIKELY),
    subjects: [places.subject(file.path, name)],
    place: places.placeOf(scene.trees.merged, file.path, { unit: name, span: last.span }),
    causes,
    sentence:
      `\`${name}\` has two meanings in one scope: ${report.calls(scene.merge, "left")} ${said(both[0])}, ` +
      `${report.calls(scene.merge, "right")} ${said(both[1])}, and the last one counts for both`,
    fix: null,
  };
}

/** Two members of an enumeration that the sides added with one value: one becomes the other's alias. */
function enumValues(scene: Scene, file: MergedFile): report.Fault[] {
  const contents = contentsIn(scene, "merged", file);
  return (contents?.summary.classes ?? []).flatMap((shape) => {
    if (shape.kind !== "enum") return [];
    const names = (tree: "base" | "left" | "right") =>
      new Set(
        contentsIn(scene, tree, file)
          ?.classes.get(shape.name)
          ?.members.map(({ name }) => name),
      );
    const [base, left, right] = [names("base"), names("left"), names("right")];
    const mine = shape.members.filter(({ name }) => left.has(name) && !right.has(name) && !base.has(name));
    const theirs = shape.members.filter(({ name }) => right.has(name) && !left.has(name) && !base.has(name));
    const valued = Map.groupBy(theirs, ({ value }) => value);
    return mine.flatMap((one) =>
      (one.value === null ? [] : (valued.get(one.value) ?? [])).map((two) => alias(scene, file, { shape, one, two })),
    );
  });
}

type Alias = { shape: ClassShape; one: Member; two: Member };

function alias(scene: Scene, file: MergedFile, { shape, one, two }: Alias): report.Fault {
  const sentence =
    `${report.calls(scene.merge, "left")} adds \`${one.name}\` and ${report.calls(scene.merge, "right")} adds \`${two.name}\` ` +
    `to \`${shape.name}\`, both with the value ${one.value}: one of them becomes an alias`;
  return {
    kind: "value_collision",
    verdict: "conflict",
    confidence: "certain",
    subjects: [
      places.subject(file.path, shape.name),
      `${file.path}::${shape.name}.${one.name}`,
      `${file.path}::${shape.name}.${two.name}`,
    ],
    place: places.placeOf(scene.trees.merged, file.path, { unit: shape.name, span: shape.span }),
    causes: [],
    sentence,
    fix: null,
  };
}

/** Two functions that the sides registered by one decorator under one key. */
function registrations(scene: Scene, file: MergedFile): report.Fault[] {
  const contents = contentsIn(scene, "merged", file);
  const registering = scene.link.merged.rules(file.path)?.calls.registering ?? [];
  const keyed = new Map<string, Unit[]>();
  for (const unit of contents?.units.values() ?? [])
    for (const { name, arguments: given } of unit.signature?.decorators ?? []) {
      if (
        given === null ||
        given === "" ||
        given === "()" ||
        !registering.includes(name.slice(name.lastIndexOf(".") + 1))
      )
        continue;
      const key = `${name} ${given}`;
      keyed.set(key, [...(keyed.get(key) ?? []), unit]);
    }
  return [...keyed].flatMap(([key, units]) => {
    const [one, two] = SIDES.map((side) => units.find((unit) => isNew(scene, side, file, unit)));
    if (!one || !two || one === two) return [];
    const place = places.placeOf(scene.trees.merged, file.path, { unit: two.key, span: two.parts.header });
    const sentence = `\`${one.key}\` of ${report.calls(scene.merge, "left")} and \`${two.key}\` of ${report.calls(scene.merge, "right")} are both registered by \`@${key.replace(" ", "")}\``;
    const subjects = [places.subject(file.path, one.key), places.subject(file.path, two.key)];
    return [{ kind: "value_collision", ...report.LIKELY, subjects, place, causes: [], sentence, fix: null }];
  });
}

function isNew(scene: Scene, side: "left" | "right", file: MergedFile, { key }: Unit): boolean {
  const base = contentsIn(scene, "base", file)?.units.has(key);
  const other = contentsIn(scene, side === "left" ? "right" : "left", file)?.units.has(key);
  return !base && !other && (contentsIn(scene, side, file)?.units.has(key) ?? false);
}
