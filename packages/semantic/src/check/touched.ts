import type { ClassShape } from "../class_shape.ts";
import type { Side } from "../finding.ts";
import type { Contents } from "../linker/contents.ts";
import type { Name } from "../linker/linker.ts";
import { contentsIn, type Scene } from "./scene.ts";
import type { FileChange, MergedFile } from "./trees.ts";
import { other, SIDES } from "./trees.ts";

/**
 * The names under which something is not what it was, after one side's changes. Only what uses one of them can have been
 * broken by that side: it is what keeps a check from following every name of a file.
 *
 * `names`   of bindings, members, fields, and parts of the paths of modules
 * `bases`   a class inherits from others than before: any member may have come or gone
 * `stars`   what a module takes or gives whole is not what it was: any name may have
 * `makers`  how instances of a class are made is not what it was: any class below it may be called by its own name
 */
export type Touched = { names: ReadonlySet<string>; bases: boolean; stars: boolean; makers: boolean };

export function touchedBy(scene: Scene, side: Side): Touched {
  const touched = { names: new Set<string>(), bases: false, stars: false, makers: false };
  for (const change of scene.merge.changes[side]) touch(scene, side, change, touched);
  return touched;
}

type Touching = { names: Set<string>; bases: boolean; stars: boolean; makers: boolean };

function touch(scene: Scene, side: Side, { from, to }: FileChange, touched: Touching) {
  const was = from === null ? null : scene.link.base.contents(from);
  const is = to === null ? null : scene.link[side].contents(to);
  if (from !== to) {
    for (const path of [from, to])
      for (const part of path
        ?.replace(/\.\w+$/, "")
        .split("/")
        .slice(-2) ?? [])
        touched.names.add(part);
  }
  const rules = scene.link[to === null ? "base" : side].rules(to ?? from ?? "");
  const { names, fields, bases, stars } = differenceOf(was, is);
  for (const name of names) touched.names.add(name);
  const makers = rules?.calls.constructor_names ?? [];
  if (fields || makers.some((name) => touched.names.has(name))) touched.makers = true;
  touched.bases ||= bases;
  touched.stars ||= stars;
}

/** What of a file is not what it was, as others see it. */
type Difference = { names: readonly string[]; fields: boolean; bases: boolean; stars: boolean };
/** Who is asked about a head is asked about the one after it, too, and most files are the same ones. */
const differences = new WeakMap<Contents, WeakMap<Contents, Difference>>();

function differenceOf(was: Contents | null, is: Contents | null): Difference {
  if (was === null || is === null) return differ(describe(was), describe(is));
  const those = differences.get(was) ?? new WeakMap<Contents, Difference>();
  differences.set(was, those);
  const known = those.get(is) ?? differ(describe(was), describe(is));
  those.set(is, known);
  return known;
}

const differ = (before: Description, after: Description): Difference => ({
  names: [...new Set([...before.names.keys(), ...after.names.keys()])].filter(
    (name) => before.names.get(name) !== after.names.get(name),
  ),
  fields: before.fields !== after.fields,
  bases: before.bases !== after.bases,
  stars: before.stars !== after.stars,
});

type Description = { names: Map<string, string>; bases: string; stars: string; fields: string };
const descriptions = new WeakMap<Contents, Description>();

/** All that can be seen of each name from outside, as one text. */
function describe(contents: Contents | null): Description {
  if (!contents) return { names: new Map(), bases: "", stars: "", fields: "" };
  const known = descriptions.get(contents);
  if (known) return known;
  const { summary } = contents;
  const names = new Map<string, string>();
  const say = (name: string, text: string) => names.set(name, `${names.get(name) ?? ""}\n${text}`);
  for (const { name, kind, guards, time, from, value } of summary.bindings)
    say(name, JSON.stringify([kind, guards, time, from, value]));
  for (const [name, units] of contents.named)
    for (const { key, kind, hashes } of units) say(name, JSON.stringify([key, kind, hashes.syntax]));
  for (const shape of summary.classes) describeClass(shape, say);
  if (Array.isArray(summary.exports))
    for (const { name, of } of summary.exports)
      say(name, `exported ${of} ${of === name ? "" : (names.get(of ?? "") ?? "")}`);
  const made = {
    names,
    fields: JSON.stringify(summary.classes.map(({ name, fields, members }) => [name, fields, wanted(members)]).sort()),
    bases: JSON.stringify(summary.classes.map(({ name, bases, open }) => [name, bases, open]).sort()),
    stars: JSON.stringify([contents.stars.map(({ module }) => module), summary.open, exportsKind(summary.exports)]),
  };
  descriptions.set(contents, made);
  return made;
}

/** A list where there was none, or none where one was, gives other names away: its entries are compared by name. */
const exportsKind = (exports: Contents["summary"]["exports"]) => (Array.isArray(exports) ? "listed" : exports);

const wanted = (members: ClassShape["members"]) => members.flatMap(({ name, abstract }) => (abstract ? [name] : []));

function describeClass(shape: ClassShape, say: (name: string, text: string) => void) {
  const last = shape.name.slice(shape.name.lastIndexOf(".") + 1);
  say(last, JSON.stringify([shape.bases, shape.kind, shape.fields, shape.slots, shape.open, shape.remade]));
  for (const { name, kind, abstract, value } of shape.members)
    say(name, JSON.stringify([shape.name, kind, abstract, value]));
}

/** Which references of a file are worth following: those that use what the side that did not write them touched. */
export type Worth = (file: MergedFile) => (name: Name) => boolean;

export function worthFollowing(scene: Scene, touched: Readonly<Record<Side, Touched>>): Worth {
  return (file) => {
    const bindings = contentsIn(scene, "merged", file)?.bindings;
    const imported = (name: string) => bindings?.get(name)?.flatMap(({ from }) => from?.name ?? []) ?? [];
    const providers = SIDES.filter((side) => file.changed[other(side)]).map((side) => touched[side]);
    return ({ name, members, self, instance, from }) =>
      providers.some(
        ({ names, bases, stars }) =>
          stars ||
          (bases && (self !== null || instance !== null || members.length > 0)) ||
          names.has(name) ||
          imported(name).some((other) => names.has(other)) ||
          members.some((member) => names.has(member)) ||
          instance?.split(".").some((part) => names.has(part)) ||
          (from !== null && [...from.module.split(/\W+/), from.name ?? ""].some((part) => names.has(part))),
      );
  };
}
