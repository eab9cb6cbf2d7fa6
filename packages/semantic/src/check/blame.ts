import type { Side } from "../finding.ts";
import type { Name } from "../linker/linker.ts";
import type { Outcome } from "../linker/outcome.ts";
import type { Place, Read } from "../summary.ts";
import { dotted, referencesOf } from "./references.ts";
import { contentsIn, pathIn, type Scene } from "./scene.ts";
import { type MergedFile, SIDES } from "./trees.ts";

/** A parent that has the same reference, and where it leads there. `here`: in the same unit, not just in the same file. */
export type Holder = { side: Side; at: Place; outcome: Outcome; here: boolean };

/**
 * The parents in which a file has the same dotted name, and what it stands for there. A read that stands in another unit
 * of the parent counts too: what is broken there is broken already, and what is whole there was moved.
 */
export function holders(scene: Scene, file: MergedFile, name: Name & Place, time: Read["time"]): Holder[] {
  return SIDES.flatMap((side): Holder[] => {
    const contents = contentsIn(scene, side, file);
    const path = pathIn(file, side);
    const same =
      contents &&
      referencesOf(contents)
        .reads.get(dotted(name))
        ?.filter((read) => read.time === time);
    const at = same?.find(({ unit }) => unit === name.unit) ?? same?.[0];
    if (!at || path === null) return [];
    return [{ side, at, here: at.unit === name.unit, outcome: scene.link[side].follow(path, at, time) }];
  });
}

/** The side that wrote a reference: the one that has it where the base has not; null: both, or nobody can tell. */
export function writer(scene: Scene, file: MergedFile, name: Name & Place): Side | null {
  const has = (tree: "base" | Side) => {
    const contents = contentsIn(scene, tree, file);
    return contents
      ? (referencesOf(contents).reads.get(dotted(name)) ?? []).filter(({ unit }) => unit === name.unit).length
      : 0;
  };
  const base = has("base");
  const wrote = SIDES.filter((side) => has(side) > base);
  return wrote.length === 1 ? (wrote[0] as Side) : null;
}
