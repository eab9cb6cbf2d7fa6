import type { Cause, Side } from "../finding.ts";
import type { Missing, Outcome, Target } from "../linker/outcome.ts";
import { targetKey } from "../linker/outcome.ts";
import type { Read } from "../summary.ts";
import { type Holder, holders, writer } from "./blame.ts";
import type { Check, Work } from "./check.ts";
import { renamedTo } from "./moved.ts";
import * as places from "./places.ts";
import { referencesOf, written } from "./references.ts";
import * as report from "./report.ts";
import { contentsIn, isMerged, type Scene } from "./scene.ts";
import { type MergedFile, other } from "./trees.ts";

/** Names that are read in the merged tree, are not there, and were there for who reads them. */
export const missingNames: Check = (work) => work.scene.files.flatMap((file) => inFile(work, file));

function inFile(work: Work, file: MergedFile): report.Fault[] {
  const { scene, worth } = work;
  const contents = contentsIn(scene, "merged", file);
  if (!contents) return [];
  const merged = isMerged(scene, file);
  const isWorth = worth(file);
  const faults: report.Fault[] = [];
  const seen = new Set<string>();
  for (const [key, reads] of referencesOf(contents).reads) {
    for (const read of reads) {
      const once = `${key} ${read.unit} ${read.time}`;
      const own = merged && read.self === null && read.instance === null && read.from === null;
      if (seen.has(once) || (!(own ? isUnbound(scene, file, read) : false) && !isWorth(read))) continue;
      seen.add(once);
      const fault = missingAt(scene, file, read);
      if (fault) faults.push(fault);
    }
  }
  return faults;
}

function isUnbound(scene: Scene, file: MergedFile, read: Read): boolean {
  return scene.link.merged.lookup(file.path, read.name, read.time).is === "missing";
}

function missingAt(scene: Scene, file: MergedFile, read: Read): report.Fault | null {
  const outcome = scene.link.merged.follow(file.path, read, read.time);
  if (outcome.is !== "missing" && outcome.is !== "unknown") return null;
  if (viaImport(scene, file, read)) return null;
  const held = holders(scene, file, read, read.time);
  if (held.some((one) => one.outcome.is === "missing")) return null;
  const intact = held.find((one) => one.outcome.is === "found");
  if (outcome.is === "unknown") return intact ? perhaps(scene, file, read, { intact, why: outcome.why }) : null;
  if (held.length === 0) return captured(scene, file, read, outcome.missing);
  if (
    outcome.missing.what === "member" &&
    (suppliedBelow(scene, file, read, outcome.missing) || isSet(scene, outcome.missing))
  )
    return null;
  if (outcome.missing.what === "name" && isSetHere(scene, file, outcome.missing)) return null;
  return broken(scene, file, read, { missing: outcome.missing, held, intact: intact ?? null });
}

/** The import itself is reported: what is read through it only repeats that. */
function viaImport(scene: Scene, file: MergedFile, read: Read): boolean {
  if (read.self !== null) return false;
  const start = read.from
    ? scene.link.merged.origin(file.path, read.from, read.time)
    : scene.link.merged.lookup(file.path, read.instance?.split(".")[0] ?? read.name, read.time);
  return start.is === "missing" && (read.from !== null || start.missing.path !== file.path);
}

type Broken = { missing: Missing; held: readonly Holder[]; intact: Holder | null };

function broken(scene: Scene, file: MergedFile, read: Read, { missing, held, intact }: Broken): report.Fault | null {
  const wrote = writer(scene, file, read) ?? held[0]?.side ?? "right";
  const took = other(wrote);
  const place = places.placeOf(scene.trees.merged, file.path, read);
  const provider = providerOf(scene, file, read, intact);
  const dropped =
    missing.path === file.path && missing.what !== "member" ? droppedImport(scene, file, read, intact) : null;
  const kind = missing.what === "run_time" || dropped === "gone" ? "import_break" : "removed_referenced";
  const renamed = intact?.outcome.is === "found" ? renamedTo(scene, took, intact.outcome.target) : null;
  const causes: Cause[] = [
    report.cause(took, "removed", provider.place, { was: provider.was, is: renamed?.sentence ?? null }),
    report.cause(wrote, "added", place, { is: written(read) }),
  ];
  const what =
    missing.what === "run_time"
      ? "is imported for types alone"
      : missing.what === "member"
        ? `is no member of ${missing.inside}`
        : "is bound nowhere";
  const sentence =
    `\`${written(read)}\` is read here, and after the merge \`${missing.name}\` ${what}: ` +
    `${report.calls(scene.merge, took)} removed it, ${report.calls(scene.merge, wrote)} uses it` +
    (renamed ? ` (${renamed.sentence})` : "");
  const fix = renamed
    ? report.fix("rename_reference", `Write \`${renamed.name}\``)
    : dropped !== null
      ? report.fix("add_import", `Import \`${read.name}\` again, as ${report.calls(scene.merge, wrote)} does`)
      : null;
  const subjects = [provider.key, places.subject(file.path, read.unit)];
  const checked = scene.link.merged.rules(file.path)?.names.checked_types ?? false;
  return { kind, ...weigh(read, intact, checked), subjects, place, causes, sentence, fix };
}

/** What stands behind a guard was written for the case; where types are not checked, one that is missing fails nowhere. */
function weigh(read: Read, intact: Holder | null, checked: boolean): report.Weight {
  if (read.guarded) return report.HINT;
  if (read.time === "types" && !checked) return report.LIKELY;
  if (intact?.outcome.is === "found" && intact.outcome.likely !== null) return report.LIKELY;
  return report.CERTAIN;
}

type Provider = { key: string; place: report.Fault["place"]; was: string | null };

/** What was removed: the name's own binding in this file, or what it led to where a parent has it. */
function providerOf(scene: Scene, file: MergedFile, read: Read, intact: Holder | null): Provider {
  const side = intact?.side ?? "base";
  const path = side === "base" ? file.at.base : file.at[side];
  const own = path === null ? null : scene.link[side].contents(path)?.bindings.get(read.name)?.at(-1);
  const whole = intact?.outcome.is === "found" ? intact.outcome : null;
  if (whole && !(own?.from && read.members.length === 0 && read.self === null) && !isOwnImport(read, own, whole))
    return {
      key: targetKey(whole.target),
      place: places.targetPlace(scene, side, whole.target),
      was: wordsOf(scene, side, whole.target),
    };
  const name = places.subject(file.path, read.name);
  if (!own || path === null)
    return { key: name, place: places.placeOf(scene.trees.merged, file.path, read), was: null };
  return {
    key: name,
    place: places.placeOf(scene.trees[side], path, { unit: "", span: own.span }),
    was: places.excerpt(scene.trees[side], path, own.span),
  };
}

/** A module that is read through its import is not what is missing: its import is. */
function isOwnImport(
  read: Read,
  own: { from: unknown } | null | undefined,
  whole: Extract<Outcome, { is: "found" }>,
): boolean {
  return !!own?.from && read.self === null && read.instance === null && whole.target.is === "module";
}

function wordsOf(scene: Scene, side: Side | "base", target: Target): string | null {
  if (target.is === "module") return null;
  const span = target.unit
    ? places.nameLine(target.unit)
    : target.is === "definition"
      ? target.binding.span
      : target.shape.span;
  return places.excerpt(scene.trees[side], target.path, span);
}

/** Whether the lost name was an import's: "gone" with the whole import, or "renamed" where the module is still imported. */
function droppedImport(scene: Scene, file: MergedFile, read: Read, intact: Holder | null): "gone" | "renamed" | null {
  const side =
    intact?.side ?? (["left", "right"] as const).find((one) => contentsIn(scene, one, file)?.bindings.has(read.name));
  const own = side && contentsIn(scene, side, file)?.bindings.get(read.name)?.at(-1);
  if (!own?.from || own.from.module === "") return null;
  const module = own.from.module;
  const left = contentsIn(scene, "merged", file)?.summary.imports.some(
    (one) => one.module === module && one.names === null,
  );
  return left ? "renamed" : "gone";
}

/** Nothing of that name stands in the module, and no parent reads it from there: it was a local of the function. */
function captured(scene: Scene, file: MergedFile, read: Read, missing: Missing): report.Fault | null {
  if (missing.what !== "name" || missing.path !== file.path || read.name !== missing.name) return null;
  if (!isMerged(scene, file)) return null;
  const place = places.placeOf(scene.trees.merged, file.path, read);
  const sentence = `\`${read.name}\` is read here, and after the merge no scope binds it: one side took away the local that the other uses`;
  const checked = scene.link.merged.rules(file.path)?.names.checked_types ?? false;
  const weight = weigh(read, null, checked);
  const unit = places.subject(file.path, read.unit);
  return {
    kind: "scope_capture",
    ...weight,
    subjects: [unit, places.subject(file.path, read.name)],
    place,
    causes: [],
    sentence,
    fix: null,
  };
}

type Doubt = { intact: Holder; why: string };

/** It was found before, and now it may come from where nobody sees. */
function perhaps(scene: Scene, file: MergedFile, read: Read, { intact, why }: Doubt): report.Fault | null {
  if (intact.outcome.is !== "found" || intact.outcome.likely !== null) return null;
  const { target } = intact.outcome;
  const took = other(intact.side);
  const place = places.placeOf(scene.trees.merged, file.path, read);
  return {
    kind: "removed_referenced_unknown",
    ...report.HINT,
    subjects: [targetKey(target), places.subject(file.path, read.unit)],
    place,
    causes: [report.cause(took, "removed", places.targetPlace(scene, intact.side, target))],
    sentence: `\`${written(read)}\` is read here, and ${report.calls(scene.merge, took)} removed what it was; it may still come from elsewhere (${why})`,
    fix: null,
  };
}

/**
 * A member that a class lost may be given by those that inherit from it: then nothing is said. What is asked of those above
 * a class is given by none that comes before them.
 */
function suppliedBelow(scene: Scene, file: MergedFile, read: Read, missing: Missing): boolean {
  const above = scene.link.merged.rules(file.path)?.classes.above.includes(read.name) ?? false;
  return scene.files.some((one) => {
    const contents = contentsIn(scene, "merged", one);
    return [...(contents?.classes.keys() ?? [])].some((name) => {
      const { classes } = scene.link.merged.lineage(one.path, name);
      const at = classes.findIndex(({ path, shape }) => path === missing.path && shape.name === missing.inside);
      const givers = above ? classes.slice(at + 1) : classes;
      return at >= 0 && givers.some(({ shape }) => shape.members.some((member) => member.name === missing.name));
    });
  });
}

/** A name that a module lost is there for the file that sets it on the module by itself, as tests do. */
function isSetHere(scene: Scene, file: MergedFile, { path, name }: Missing): boolean {
  if (path === file.path || scene.link.merged.rules(file.path)?.names.checked_types !== false) return false;
  return (contentsIn(scene, "merged", file)?.summary.sets ?? []).some((set) => {
    const led = set.members.at(-1) === name ? scene.link.merged.follow(file.path, set, "run") : null;
    return led?.is === "missing" && led.missing.path === path;
  });
}

/** A member that a class lost may be set on it, or on one of it, from outside: where types are not checked, then it is there. */
function isSet(scene: Scene, { path, inside, name }: Missing): boolean {
  return scene.files.some((file) => {
    if (scene.link.merged.rules(file.path)?.names.checked_types !== false) return false;
    return contentsIn(scene, "merged", file)?.summary.sets.some((set) => {
      const led = set.members.at(-1) === name ? scene.link.merged.follow(file.path, set, "run") : null;
      return led?.is === "missing" && led.missing.path === path && led.missing.inside === inside;
    });
  });
}
