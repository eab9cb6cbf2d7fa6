import type { Contents } from "../linker/contents.ts";
import type { Linker } from "../linker/linker.ts";
import { stemOf } from "../linker/modules.ts";
import { once } from "../linker/once.ts";
import { folderOf, join, lastPart } from "../linker/paths.ts";
import type { ModuleRules } from "../linker/rules.ts";
import type { Check } from "./check.ts";
import * as places from "./places.ts";
import * as report from "./report.ts";
import { contentsIn, type Scene } from "./scene.ts";
import { type MergedFile, other, type Tree } from "./trees.ts";

/** What the sides define in two files of one folder, where all of a folder are one scope. */
export const sharedScopes: Check = ({ scene }) => {
  const files = scene.files.filter((file) => scene.link.merged.rules(file.path)?.modules.scope === "folder");
  const folders = Map.groupBy(files, ({ path }) => folderOf(path));
  return [...folders.values()].flatMap((beside) => inFolder(scene, beside));
};

type Added = { file: MergedFile; key: string; span: readonly [number, number] };

function inFolder(scene: Scene, files: readonly MergedFile[]): report.Fault[] {
  const [left, right] = (["left", "right"] as const).map((side) =>
    files.filter(({ changed }) => changed[side]).flatMap((file) => addedBy(scene, file, side)),
  ) as [Added[], Added[]];
  const keyed = Map.groupBy(left, ({ key }) => key);
  return right.flatMap((two) => {
    const one = keyed.get(two.key)?.find(({ file }) => file !== two.file && together(scene, file, two.file));
    return one === undefined ? [] : [fault(scene, one, two)];
  });
}

/** What one side defines in a file that is there after the merge, and neither the base nor the other side has anywhere. */
function addedBy(scene: Scene, file: MergedFile, side: "left" | "right"): Added[] {
  const [own, merged] = [contentsIn(scene, side, file), contentsIn(scene, "merged", file)];
  if (own === null || merged === null || own.summary.open !== null) return [];
  const repeatable = scene.link.merged.rules(file.path)?.names.repeatable ?? [];
  const kept = definitionsIn(merged);
  return [...definitionsIn(own)].flatMap(([key, span]): Added[] => {
    if (repeatable.includes(lastPart(key)) || !kept.has(key)) return [];
    if (has(scene, "base", file, key) || definitionsOf(scene, other(side), file).has(key)) return [];
    return [{ file, key, span: kept.get(key) ?? span }];
  });
}

/** Whether any file of the folder defines it. */
function has(scene: Scene, tree: Tree, file: MergedFile, key: string): boolean {
  const link = scene.link[tree];
  if (!key.includes(".")) return link.shared(file.path).names.has(key);
  return membersBeside(link, folderOf(file.path)).has(key);
}

const inFolderOf = once<Linker, ReadonlySet<string>>();

/** The keys of all that the files of a folder define. */
const membersBeside = (link: Linker, folder: string): ReadonlySet<string> =>
  inFolderOf(link, folder, () => {
    const entries = (link.view.folder(folder) ?? []).filter((entry) => !entry.endsWith("/"));
    const contents = entries.flatMap((entry) => link.contents(join(folder, entry)) ?? []);
    return new Set(contents.flatMap((own) => [...definitionsIn(own).keys()]));
  });

const definitionsOf = (scene: Scene, tree: Tree, file: MergedFile): ReadonlyMap<string, readonly [number, number]> => {
  const contents = contentsIn(scene, tree, file);
  return contents === null ? new Map() : definitionsIn(contents);
};

/** What a text defines in its own scope, and the members that stand outside of what they are of, by their keys. */
function definitionsIn({ summary }: Contents): Map<string, readonly [number, number]> {
  const bound = summary.bindings.filter(({ kind }) => kind !== "import" && kind !== "namespace");
  const members = summary.units.filter(({ kind }) => kind === "method");
  return new Map([
    ...bound.map(({ name, span }) => [name, span] as const),
    ...members.map(({ key, parts }) => [key, parts.header] as const),
  ]);
}

/** Whether two files are compiled as one: they say so by the name of what they are part of, and both are always there. */
function together(scene: Scene, one: MergedFile, two: MergedFile): boolean {
  const said = (file: MergedFile) => {
    const { bindings = [], open = null } = contentsIn(scene, "merged", file)?.summary ?? {};
    return open === null ? bindings.filter(({ kind }) => kind === "namespace").map(({ name }) => name) : null;
  };
  const sometimes = (file: MergedFile) => {
    const rules = scene.link.merged.rules(file.path)?.modules;
    return rules !== undefined && isSometimes(file, rules);
  };
  const [own, others] = [said(one), said(two)];
  return own !== null && others !== null && own.join() === others.join() && ![one, two].some(sometimes);
}

/** By their names some files are for one system, or one kind of processor, alone. */
function isSometimes({ path }: MergedFile, { tests, variants }: ModuleRules): boolean {
  const stem = stemOf(path);
  const test = tests.find((end) => stem.endsWith(end)) ?? "";
  return variants.some((end) => stem.slice(0, stem.length - test.length).endsWith(end));
}

function fault(scene: Scene, one: Added, two: Added): report.Fault {
  const place = (added: Added) =>
    places.placeOf(scene.trees.merged, added.file.path, { unit: added.key, span: added.span });
  const sentence =
    `${report.calls(scene.merge, "left")} defines \`${two.key}\` in ${one.file.path} and ${report.calls(scene.merge, "right")} ` +
    `in ${two.file.path}: all files of a folder are one scope`;
  return {
    kind: "duplicate_definition",
    ...report.CERTAIN,
    subjects: [places.subject(two.file.path, two.key), places.subject(one.file.path, one.key)],
    place: place(two),
    causes: [report.cause("left", "added", place(one)), report.cause("right", "added", place(two))],
    sentence,
    fix: null,
  };
}
