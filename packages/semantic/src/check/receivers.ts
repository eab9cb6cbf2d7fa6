import type { ClassShape, Member } from "../class_shape.ts";
import type { Side } from "../finding.ts";
import { classOf } from "../linker/outcome.ts";
import type { Read } from "../summary.ts";
import type { Check } from "./check.ts";
import * as places from "./places.ts";
import { referencesOf } from "./references.ts";
import type * as report from "./report.ts";
import { contentsIn, type Scene } from "./scene.ts";
import { type MergedFile, other, SIDES } from "./trees.ts";

/**
 * Calls on something of which nobody knows what it is, under the name of a member of which one side made something else.
 * Told only where the same unit names the class: a name alone says nothing.
 */
export const unknownReceivers: Check = ({ scene }) =>
  SIDES.flatMap((side) => changedMembers(scene, side).flatMap((changed) => callersOf(scene, other(side), changed)));

type Changed = { path: string; shape: ClassShape; member: Member; was: Member["kind"] };

/** Members that have to be called on one side of a change and must not be on the other. */
function changedMembers(scene: Scene, side: Side): Changed[] {
  return scene.files.flatMap((file) =>
    file.changed[side]
      ? (contentsIn(scene, "merged", file)?.summary.classes ?? []).flatMap((shape) => {
          const base = contentsIn(scene, "base", file)?.classes.get(shape.name);
          return shape.members.flatMap((member) => {
            const was = base?.members.find(({ name }) => name === member.name);
            const differs = was && isCallable(was) && member.kind === "property";
            return differs ? [{ path: file.path, shape, member, was: was.kind }] : [];
          });
        })
      : [],
  );
}

const isCallable = ({ kind }: Member) => kind === "method" || kind === "class_method" || kind === "static";

function callersOf(scene: Scene, side: Side, changed: Changed): report.Fault[] {
  return scene.files.flatMap((file) => {
    const contents = contentsIn(scene, "merged", file);
    const text = scene.trees.merged.file(file.path)?.text;
    if (!file.changed[side] || !contents || typeof text !== "string") return [];
    const called = new RegExp(`\\.${changed.member.name}\\s*\\(`);
    const naming = [...referencesOf(contents).reads.values()]
      .flat()
      .filter((read) => names(scene, file, read, changed));
    return [...new Set(naming.map(({ unit }) => unit))].flatMap((key) => {
      const unit = contents.units.get(key);
      const before = contentsIn(scene, "base", file)?.units.get(key);
      const old = before && scene.trees.base.file(file.at.base ?? "")?.text?.slice(...before.span);
      const match = unit && called.exec(text.slice(...unit.span));
      return unit && match && !(old && called.test(old))
        ? [fault(scene, file, { key, at: unit.span[0] + match.index }, changed)]
        : [];
    });
  });
}

function names(scene: Scene, file: MergedFile, read: Read, { path, shape, member }: Changed): boolean {
  if (read.self !== null || read.members.includes(member.name)) return false;
  const outcome = scene.link.merged.follow(file.path, read, read.time);
  const of = outcome.is === "found" ? classOf(outcome.target) : null;
  return of !== null && of.path === path && of.name === shape.name;
}

type At = { key: string; at: number };

function fault(scene: Scene, file: MergedFile, { key, at }: At, { path, shape, member }: Changed): report.Fault {
  const place = places.placeOf(scene.trees.merged, file.path, { unit: key, span: [at, at + 1] });
  const owner = places.subject(path, shape.name);
  return {
    kind: "kind_drift",
    verdict: "warn",
    confidence: "hint",
    subjects: [owner, places.subject(file.path, key), `${owner}.${member.name}`],
    place,
    causes: [],
    sentence: `\`.${member.name}()\` is called here, perhaps on a \`${shape.name}\`, of which \`${member.name}\` has become a property`,
    fix: null,
  };
}
