import type { ClassShape, Member } from "../class_shape.ts";
import type { Side } from "../finding.ts";
import { type Lineage, wantedOf } from "../linker/lineage.ts";
import { isNamed } from "../linker/named.ts";
import type { Read } from "../summary.ts";
import type { Unit } from "../unit.ts";
import { bindCall } from "./bind_call.ts";
import type { Check } from "./check.ts";
import * as places from "./places.ts";
import * as report from "./report.ts";
import { contentsIn, pathIn, type Scene } from "./scene.ts";
import { type MergedFile, other, SIDES } from "./trees.ts";

/** Classes of one side that no longer fit what the other side made of the classes above them. */
export const inheritance: Check = ({ scene, touched }) =>
  scene.files.flatMap((file) =>
    (contentsIn(scene, "merged", file)?.summary.classes ?? []).flatMap((shape) => {
      const heir = heirOf(scene, file, shape);
      if (!heir) return [];
      const open = touched.left.bases || touched.right.bases;
      const names = new Set([...touched.left.names, ...touched.right.names]);
      const above = heir.now.classes
        .slice(1)
        .some((row) => names.has(row.shape.name.slice(row.shape.name.lastIndexOf(".") + 1)));
      return open || above || heir.now.broken !== null ? QUESTIONS.flatMap((question) => question(heir)) : slots(heir);
    }),
  );

/** A class in the merged tree, and in the parents that have it. */
type Heir = { scene: Scene; file: MergedFile; shape: ClassShape; now: Lineage; before: readonly Before[] };
type Before = { side: Side; shape: ClassShape; lineage: Lineage };

function heirOf(scene: Scene, file: MergedFile, shape: ClassShape): Heir | null {
  const before = SIDES.flatMap((side) => {
    const own = contentsIn(scene, side, file)?.classes.get(shape.name);
    const path = pathIn(file, side);
    return own && path !== null ? [{ side, shape: own, lineage: scene.link[side].lineage(path, shape.name) }] : [];
  });
  return before.length === 0
    ? null
    : { scene, file, shape, now: scene.link.merged.lineage(file.path, shape.name), before };
}

type Question = (heir: Heir) => report.Fault[];

/** The bases that both sides gave to one another have no order in which members could be looked for. */
const order: Question = ({ scene, file, shape, now, before }) => {
  if (now.broken === null || before.some(({ lineage }) => lineage.broken !== null)) return [];
  const place = places.placeOf(scene.trees.merged, file.path, { unit: shape.name, span: shape.span });
  const sentence = `\`${shape.name}\` inherits from ${shape.bases.join(", ")}, and after the merge these bases have no common order: the class cannot be made`;
  return [
    {
      kind: "mro_conflict",
      ...report.CERTAIN,
      subjects: [places.subject(file.path, shape.name)],
      place,
      causes: [],
      sentence,
      fix: null,
    },
  ];
};

/** An override that one side wrote, of a member that the other side took away: nobody calls it any more. */
const orphans: Question = (heir) =>
  heir.before.flatMap(({ side, lineage }) => {
    const { scene, shape, now } = heir;
    return shape.members.flatMap((member) => {
      if (!isOverride(member) || hadBefore(heir, side, member.name)) return [];
      if (isPrivate(scene, heir.file, member.name) && !passesUp(heir, member)) return [];
      const over = lineage.classes.slice(1).find((row) => has(row.shape, member.name));
      const base = over && now.classes.slice(1).find((row) => row.shape.name === over.shape.name);
      // What an interface does not ask for any more may still be there.
      if (
        !over ||
        !base ||
        over.shape.kind === "interface" ||
        now.classes.slice(1).some((row) => has(row.shape, member.name))
      )
        return [];
      const says = saysSo(heir, member);
      const calls = says ? "no_more" : callsOf(heir, { side, member, over });
      if (calls === "still") return [];
      // What comes from where nobody sees may call it by that name.
      const certain = calls === "no_more" && now.open === null;
      const renamed = !certain && now.open === null && isRenamed(heir, { side, member, over });
      const words =
        `overrides \`${over.shape.name}.${member.name}\`, which ${report.calls(scene.merge, other(side))} took away: ` +
        (says ? "it overrides nothing" : `${certain ? "" : "if it is a hook, "}nobody calls it any more`);
      const weight = certain ? report.CERTAIN : renamed ? report.LIKELY : report.HINT;
      return [fault(heir, { side, member, over }, weight, words)];
    });
  });

/** Whether a constructor gives arguments to the one above, which nobody takes any more. Any other is called as before. */
function passesUp({ scene, file, shape, now }: Heir, { name }: Member): boolean {
  const above = scene.link.merged.rules(file.path)?.classes.above ?? [];
  const calls = contentsIn(scene, "merged", file)?.summary.calls ?? [];
  const isMade = now.classes.slice(1).some((row) => row.shape.kind === "generated");
  return (
    !isMade &&
    calls.some(
      ({ callee, placed, named }) =>
        callee.self === shape.name &&
        above.includes(callee.name) &&
        callee.members[0] === name &&
        placed + named.length > 0,
    )
  );
}

/** Whether the base has the member under another name now: then whoever called it calls that. */
function isRenamed({ scene, now }: Heir, { side, member, over: { path, shape } }: Override): boolean {
  const was = unitOf(scene, side, path, `${shape.name}.${member.name}`);
  const base = now.classes.slice(1).find((row) => row.shape.name === shape.name);
  return (base?.shape.members ?? []).some(({ name }) => {
    const unit = has(shape, name) ? null : unitOf(scene, "merged", base?.path ?? path, `${shape.name}.${name}`);
    return unit !== null && unit.hashes.nameless === was?.hashes.nameless;
  });
}

/** Whether a member has a word in its head that does not compile where it overrides nothing. */
function saysSo({ scene, file, shape }: Heir, { name }: Member): boolean {
  const words = scene.link.merged.rules(file.path)?.classes.overriding ?? [];
  const unit = words.length > 0 ? unitOf(scene, "merged", file.path, `${shape.name}.${name}`) : null;
  const head = unit ? (scene.trees.merged.file(file.path)?.text?.slice(...unit.parts.header) ?? "") : "";
  return words.some((word) => head.split(/\W+/).includes(word));
}

/**
 * Whether a member that a base has lost is called: "still" on the class or those above it; "no_more", though something was
 * where the side wrote the override; or nobody can "tell", as where its name is put together.
 */
function callsOf({ scene, file, shape, now }: Heir, { side, member, over }: Override): "still" | "no_more" | "tell" {
  const kin = new Set([shape.name, ...now.classes.map((row) => row.shape.name)]);
  const above = scene.link.merged.rules(file.path)?.classes.above ?? [];
  const still = scene.files
    .flatMap((one) => contentsIn(scene, "merged", one)?.summary.reads ?? [])
    .filter(({ members }) => members.includes(member.name));
  const from = ({ self, instance, name }: Read) => !above.includes(name) && kin.has(self ?? instance ?? "");
  if (still.some(from)) return "still";
  const word = new RegExp(`\\.\\s*${RegExp.escape(member.name)}(?![\\p{ID_Continue}$])`, "u");
  const stands = (tree: Side | "merged", path: string | null) =>
    path !== null && word.test(scene.trees[tree].file(path)?.text ?? "");
  const plain = still.length === 0 && scene.files.some((one) => stands("merged", one.path));
  if (plain || still.some(({ name }) => !above.includes(name))) return "tell";
  return stands(side, over.path) || scene.files.some((one) => stands(side, pathIn(one, side))) ? "no_more" : "tell";
}

/** An override that one side wrote does not take what the other side's version of the base is called with. */
const narrowed: Question = (heir) =>
  heir.before.flatMap(({ side, lineage }) => {
    const { scene, file, shape, now } = heir;
    return shape.members.flatMap((member) => {
      if (!isOverride(member) || isPrivate(scene, file, member.name) || hadBefore(heir, side, member.name)) return [];
      const over = now.classes.slice(1).find((row) => has(row.shape, member.name));
      const was = lineage.classes.slice(1).find((row) => has(row.shape, member.name));
      const mine = unitOf(scene, "merged", file.path, `${shape.name}.${member.name}`);
      const theirs = over && unitOf(scene, "merged", over.path, `${over.shape.name}.${member.name}`);
      const old = was && unitOf(scene, side, was.path, `${was.shape.name}.${member.name}`);
      if (!over || !mine?.signature || !theirs?.signature || !old?.signature) return [];
      if (
        theirs.hashes.header === old.hashes.header ||
        [mine, theirs, old].some((unit) => (unit?.signature?.decorators.length ?? 0) > 0)
      )
        return [];
      const checked = scene.link.merged.rules(file.path)?.names.checked_types ?? false;
      const fewer = scene.link.merged.rules(file.path)?.classes.overrides === "fewer";
      const problem = unfit(theirs, mine, fewer);
      const lacking = problem ?? (fewer ? null : lacks(theirs, old, mine));
      if (lacking === null || unfit(old, mine, fewer) !== null) return [];
      const words = `does not take what \`${over.shape.name}.${member.name}\` is called with since ${report.calls(scene.merge, other(side))} changed it: ${lacking}`;
      const certain = problem !== null && (checked || isCalled(scene, over, member.name));
      return [fault(heir, { side, member, over }, certain ? report.CERTAIN : report.LIKELY, words)];
    });
  });

/** Whether a call with all that one takes, by place or by name where it must be so, fits the other; null: it does. */
function unfit(wanted: Unit, given: Unit, fewer: boolean): string | null {
  const parameters = wanted.signature?.parameters ?? [];
  const needed = parameters.filter(({ optional, kind }) => !optional && kind !== "rest" && kind !== "named_rest");
  const all = needed.filter(({ kind }) => kind !== "named").length;
  const takes = given.signature?.parameters.filter(({ kind }) => kind === "placed" || kind === "either").length ?? 0;
  const placed = fewer ? Math.min(all, takes) : all;
  const named = needed.filter(({ kind }) => kind === "named").map(({ name }) => name);
  return bindCall(given.signature?.parameters ?? [], { placed, named, spread: false, partial: false }).problem;
}

/** A parameter that the base has come to take and may be given, and the override cannot be; null: none. */
function lacks(wanted: Unit, old: Unit, given: Unit): string | null {
  const takes = (unit: Unit) => unit.signature?.parameters ?? [];
  if (takes(given).some(({ kind }) => kind === "named_rest")) return null;
  const has = (unit: Unit, name: string) => takes(unit).some((one) => one.name === name);
  const added = takes(wanted).find(
    ({ name, kind }) => kind !== "rest" && kind !== "named_rest" && !has(old, name) && !has(given, name),
  );
  return added ? `it has no parameter \`${added.name}\`` : null;
}

/** Whether the module of a base calls a member on its own instances: then a misfit fails when it is run. */
function isCalled(scene: Scene, { path }: { path: string }, name: string): boolean {
  return (
    scene.link.merged
      .contents(path)
      ?.summary.calls.some(({ callee }) => callee.self !== null && callee.members[0] === name) ?? false
  );
}

/** A base that one side gave a member that whoever is below must have, and a class of the other side that has none. */
const unfinished: Question = ({ scene, file, shape, now, before }) => {
  if (shape.kind === "abstract" || shape.kind === "interface" || shape.members.some(({ abstract }) => abstract))
    return [];
  const wanting = wantedOf(now);
  return before.flatMap(({ side, lineage }) => {
    if (wanting.length === 0 || wantedOf(lineage).length > 0) return [];
    const added = contentsIn(scene, "base", file)?.classes.has(shape.name) !== true;
    const elsewhere = before.find((one) => one.side !== side);
    if (elsewhere && wantedOf(elsewhere.lineage).length > 0) return [];
    if (!added && before.length > 1) return [];
    if (isOnlyBase(scene, file, shape)) return [];
    const [{ name, owner, path } = { name: "", owner: "", path: "" }] = wanting;
    const place = places.placeOf(scene.trees.merged, file.path, { unit: shape.name, span: shape.span });
    const sentence =
      `\`${shape.name}\` of ${report.calls(scene.merge, side)} has no \`${name}\`, which \`${owner}\` wants of all ` +
      `below it since ${report.calls(scene.merge, other(side))} added it: no instance can be made`;
    const subjects = [places.subject(path, `${owner}.${name}`), places.subject(file.path, shape.name)];
    return [{ kind: "interface_drift", ...report.CERTAIN, subjects, place, causes: [], sentence, fix: null }];
  });
};

/** Whether a class stands there for others to inherit from, and none of it is made: then nothing fails where it runs. */
function isOnlyBase(scene: Scene, file: MergedFile, { name }: ClassShape): boolean {
  if (scene.link.merged.rules(file.path)?.names.checked_types === true) return false;
  const all = scene.files.flatMap((one) => contentsIn(scene, "merged", one)?.summary ?? []);
  const last = name.slice(name.lastIndexOf(".") + 1);
  const isMade = all.some(({ calls }) => calls.some(({ callee }) => [callee.name, ...callee.members].at(-1) === last));
  const below = all.some(({ classes }) => classes.some(({ bases }) => bases.some((base) => isNamed(base, [last]))));
  return below && !isMade;
}

/** An attribute that one side sets, on a class whose slots the other side made without it. */
const slots: Question = ({ scene, file, shape, now, before }) => {
  const any = scene.link.merged.rules(file.path)?.classes.any_slot ?? null;
  const allowed = slotsOf(now, any);
  if (allowed === null) return [];
  return shape.members.flatMap((member) => {
    if (member.kind !== "own" || allowed.has(member.name)) return [];
    const held = before.filter((one) => one.shape.members.some(({ name }) => name === member.name));
    const wasFine = (lineage: Lineage) => slotsOf(lineage, any)?.has(member.name) ?? true;
    if (held.length === 0 || held.some(({ lineage }) => !wasFine(lineage))) return [];
    const side = held[0]?.side ?? "right";
    const place = places.placeOf(scene.trees.merged, file.path, { unit: shape.name, span: shape.span });
    const sentence = `${report.calls(scene.merge, side)} sets \`${member.name}\` on a \`${shape.name}\`, whose slots have no such name since ${report.calls(scene.merge, other(side))} changed them`;
    const subjects = [places.subject(file.path, `${shape.name}.${member.name}`), places.subject(file.path, shape.name)];
    return [{ kind: "slots_drift", ...report.CERTAIN, subjects, place, causes: [], sentence, fix: null }];
  });
};

/**
 * All names that an instance can hold; null: any, as where it has the slot that holds all others. What a class itself
 * has (a property, a method) can be set too, or not.
 */
function slotsOf({ classes, open }: Lineage, any: string | null): Set<string> | null {
  if (
    open !== null ||
    classes.length === 0 ||
    classes.some(({ shape }) => shape.slots === null || (any !== null && shape.slots.includes(any)))
  )
    return null;
  return new Set(
    classes.flatMap(({ shape }) => [
      ...(shape.slots ?? []),
      ...shape.members.filter(({ kind }) => kind === "property").map(({ name }) => name),
    ]),
  );
}

const QUESTIONS: readonly Question[] = [order, orphans, narrowed, unfinished, slots];

const isOverride = ({ kind }: Member) =>
  kind === "method" || kind === "class_method" || kind === "static" || kind === "property";
const has = (shape: ClassShape, name: string) =>
  shape.members.some((member) => member.name === name && member.kind !== "own");
const isPrivate = (scene: Scene, file: MergedFile, name: string) =>
  scene.link.merged.rules(file.path)?.calls.constructor_names.includes(name) ?? false;

/** Whether a class had a member before the side came: what is old is not what the other side broke. */
function hadBefore({ scene, file, shape }: Heir, side: Side, name: string): boolean {
  const base = contentsIn(scene, "base", file)?.classes.get(shape.name);
  const elsewhere = contentsIn(scene, other(side), file)?.classes.get(shape.name);
  return (base !== undefined && has(base, name)) || (elsewhere !== undefined && has(elsewhere, name));
}

function unitOf(scene: Scene, tree: Side | "merged", path: string, key: string): Unit | null {
  return scene.link[tree].contents(path)?.units.get(key) ?? null;
}

type Override = { side: Side; member: Member; over: { path: string; shape: ClassShape } };

function fault(heir: Heir, { side, member, over }: Override, weight: report.Weight, words: string): report.Fault {
  const { scene, file } = heir;
  const key = `${heir.shape.name}.${member.name}`;
  const unit = unitOf(scene, "merged", file.path, key);
  const place = places.placeOf(scene.trees.merged, file.path, {
    unit: key,
    span: unit ? places.nameLine(unit) : heir.shape.span,
  });
  return {
    kind: "interface_drift",
    ...weight,
    subjects: [places.subject(over.path, `${over.shape.name}.${member.name}`), places.subject(file.path, key)],
    place,
    causes: [report.cause(side, "added", place)],
    sentence: `\`${key}\` of ${report.calls(scene.merge, side)} ${words}`,
    fix: null,
  };
}
