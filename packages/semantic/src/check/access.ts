import type { Name } from "../linker/linker.ts";
import { type Outcome, targetKey } from "../linker/outcome.ts";
import type { Place } from "../summary.ts";
import { holders } from "./blame.ts";
import type { Check, Work } from "./check.ts";
import * as places from "./places.ts";
import { referencesOf, written } from "./references.ts";
import * as report from "./report.ts";
import { contentsIn, pathIn } from "./scene.ts";
import { type MergedFile, other } from "./trees.ts";

/** Members that one side uses from outside of their class, and the other side has closed. */
export const closedMembers: Check = (work) => work.scene.files.flatMap((file) => inFile(work, file));

function inFile({ scene, worth }: Work, file: MergedFile): report.Fault[] {
  const contents = contentsIn(scene, "merged", file);
  const isWorth = worth(file);
  if (!contents) return [];
  return [...referencesOf(contents).reads.values()].flatMap((reads) => {
    const [read] = reads;
    if (!read || read.members.length === 0 || !isWorth(read)) return [];
    const now = scene.link.merged.follow(file.path, read, read.time);
    if (now.is !== "found" || !isClosed({ ...read, path: file.path }, now)) return [];
    const held = holders(scene, file, read, read.time);
    const [first] = held;
    const open = held.every(({ side, at, outcome }) => {
      const path = pathIn(file, side) ?? file.path;
      return outcome.is === "found" && !isClosed({ ...read, ...at, path }, outcome);
    });
    if (!first || !open) return [];
    const place = places.placeOf(scene.trees.merged, file.path, read);
    const sentence = `${report.calls(scene.merge, first.side)} uses \`${written(read)}\` from outside of its class, and ${report.calls(scene.merge, other(first.side))} closed it`;
    const causes = [
      report.cause(other(first.side), "changed", places.targetPlace(scene, "merged", now.target)),
      report.cause(first.side, "added", place, { is: written(read) }),
    ];
    const subjects = [targetKey(now.target), places.subject(file.path, read.unit)];
    const weight = now.likely !== null ? report.LIKELY : read.guarded ? report.HINT : report.CERTAIN;
    return [{ kind: "kind_drift", ...weight, subjects, place, causes, sentence, fix: null }];
  });
}

/** Whether a member cannot be used where it is read. What a class and those below it say of themselves is inside. */
function isClosed({ path, ...name }: Name & Place & { path: string }, outcome: Outcome): boolean {
  if (outcome.is !== "found" || outcome.target.is !== "member") return false;
  const { member, shape, path: home } = outcome.target;
  if (member.access === "all" || outcome.rest.length > 0) return false;
  if (path === home && (name.unit === shape.name || name.unit.startsWith(`${shape.name}.`))) return false;
  if (name.self === null) return true;
  return member.access === "class" && !(path === home && name.self === shape.name);
}
