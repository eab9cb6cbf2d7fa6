import type { Side } from "../finding.ts";
import type { Contents } from "../linker/contents.ts";
import { isNamed } from "../linker/named.ts";
import type { Unit, UnitKind } from "../unit.ts";
import type { Check } from "./check.ts";
import * as places from "./places.ts";
import * as report from "./report.ts";
import { contentsIn, isMerged, pathIn, type Scene } from "./scene.ts";
import { type MergedFile, SIDES } from "./trees.ts";

/** What is defined twice in one scope of the merged tree, once by each side: the later silently wins. */
export const duplicateDefinitions: Check = ({ scene }) =>
  scene.files.filter((file) => isMerged(scene, file)).flatMap((file) => inFile(scene, file));

const DEFINED: ReadonlySet<UnitKind> = new Set([
  ...(["function", "class", "method", "property", "field", "variable", "type"] as const),
  ...(["interface", "enum", "member", "namespace", "key"] as const),
]);

function inFile(scene: Scene, file: MergedFile): report.Fault[] {
  const contents = contentsIn(scene, "merged", file);
  if (!contents) return [];
  const faults: report.Fault[] = [];
  for (const [scope, units] of scopesOf(contents)) {
    for (const group of namesakes(scene, file, units)) {
      const fault = duplicated(scene, file, scope, group);
      if (fault) faults.push(fault);
    }
  }
  return faults;
}

/** The units of each scope by the key of what they are in. */
function scopesOf({ summary }: Contents): [scope: string, units: readonly Unit[]][] {
  const scopes: [string, readonly Unit[]][] = [["", summary.units]];
  const visit = (unit: Unit) => {
    if (unit.children.length > 0) scopes.push([unit.key, unit.children]);
    unit.children.forEach(visit);
  };
  summary.units.forEach(visit);
  return scopes;
}

/** Units of one name under the same guards, where no decorator says that there may be several. */
function namesakes(scene: Scene, file: MergedFile, units: readonly Unit[]): Unit[][] {
  const defined = units.filter((one) => one.name !== null && DEFINED.has(one.kind) && !mayRepeat(scene, file, one));
  const groups = Map.groupBy(defined, (unit) =>
    JSON.stringify([unit.name, unit.guards, roleOf(unit), wordsApart(scene, file, unit)]),
  );
  const coexist = scene.link.merged.rules(file.path)?.names.coexist ?? {};
  return [...groups.values()].flatMap((group) => {
    // What may stand beside all others of its name is none of them.
    const free = (unit: Unit) => group.every((one) => one === unit || beside(coexist, unit, one));
    const bound = group.filter((unit) => !free(unit));
    return bound.length > 1 ? [bound] : [];
  });
}

const beside = (coexist: Readonly<Record<string, readonly string[]>>, one: Unit, other: Unit): boolean =>
  (coexist[one.kind]?.includes(other.kind) ?? false) || (coexist[other.kind]?.includes(one.kind) ?? false);

/** What follows the name in a key: a property and its setter are two. */
function roleOf({ key, name }: Unit): string {
  const stem = key.replace(/#\d+$/, "");
  return stem === name || stem.endsWith(`.${name}`) ? "" : stem.slice(stem.lastIndexOf(".") + 1);
}

function wordsApart(scene: Scene, file: MergedFile, { parts }: Unit): string {
  const words = scene.link.merged.rules(file.path)?.names.apart ?? [];
  if (words.length === 0) return "";
  const head = scene.trees.merged.file(file.path)?.text?.slice(...parts.header) ?? "";
  return words.filter((word) => head.split(/\W+/).includes(word)).join();
}

/** Overloads, a property with its setter, the handlers of a registry that nobody calls by name. */
function mayRepeat(scene: Scene, file: MergedFile, unit: Unit): boolean {
  if (roleOf(unit) === "overload") return true;
  const rules = scene.link.merged.rules(file.path);
  if (rules?.names.repeatable.includes(unit.name ?? "")) return true;
  const repeatable = rules?.calls.repeatable ?? [];
  return (unit.signature?.decorators ?? []).some(({ name }) => isNamed(name, repeatable));
}

function duplicated(scene: Scene, file: MergedFile, scope: string, group: readonly Unit[]): report.Fault | null {
  const [first] = group;
  const name = first?.name;
  if (!first || typeof name !== "string") return null;
  const kinds = new Set(group.map(({ kind }) => kind));
  const alike = (unit: Unit) => kinds.has(unit.kind) && roleOf(unit) === roleOf(first);
  const has = (tree: "base" | Side) => siblings(contentsIn(scene, tree, file), scope, first).filter(alike);
  const [base, left, right] = [has("base"), has("left"), has("right")];
  if (left.length >= group.length || right.length >= group.length) return null;
  if (left.length <= base.length || right.length <= base.length) return null;
  if (first.kind === "key" && base.length > 0) return null; // it is there several times by its nature
  const last = group.at(-1) as Unit;
  const same = group.every(({ hashes }) => hashes.syntax === last.hashes.syntax);
  // What stands in a block without a name of its own has its key from what is around that.
  const inBlock = scope !== "" && contentsIn(scene, "merged", file)?.units.get(scope)?.name === null;
  const key = inBlock ? first.key.replace(/#\d+$/, "") : scope === "" ? name : `${scope}.${name}`;
  const place = places.placeOf(scene.trees.merged, file.path, { unit: key, span: last.parts.header });
  const lines = group.map(
    ({ parts }) => places.linesOf(scene.trees.merged.file(file.path)?.text ?? "", parts.header)[0],
  );
  const causes = SIDES.flatMap((side) => {
    const path = pathIn(file, side);
    const unit = has(side).at(-1);
    return unit && path !== null
      ? [report.cause(side, "added", places.placeOf(scene.trees[side], path, { unit: key, span: unit.parts.header }))]
      : [];
  });
  const both = `${report.calls(scene.merge, "left")} and ${report.calls(scene.merge, "right")} both add \`${key}\``;
  const sentence = same
    ? `${both}, and they are alike: it stands in lines ${lines.join(" and ")}`
    : `${both} (lines ${lines.join(" and ")}): only the last of them counts`;
  const fix = same ? report.fix("drop_duplicate", `Take away one \`${key}\``) : null;
  const checked = scene.link.merged.rules(file.path)?.names.checked_types ?? false;
  const weight = checked ? report.CERTAIN : same ? report.HINT : isPlain(first, last) ? report.CERTAIN : report.LIKELY;
  const kind = last.kind === "key" ? "key_collision" : "duplicate_definition";
  return { kind, ...weight, subjects: [places.subject(file.path, key)], place, causes, sentence, fix };
}

/** A value that is set twice may be meant so, as long as both are not constants of their own. */
function isPlain(first: Unit, last: Unit): boolean {
  return (
    (first.kind !== "variable" && last.kind !== "variable") || (first.kind === "variable" && last.kind === "variable")
  );
}

function siblings(contents: Contents | null, scope: string, like: Unit): readonly Unit[] {
  if (!contents) return [];
  const units = scope === "" ? contents.summary.units : (contents.units.get(scope)?.children ?? []);
  return units.filter(
    ({ name, kind, guards }) => name === like.name && DEFINED.has(kind) && guards.join() === like.guards.join(),
  );
}
