import { join } from "node:path";
import type { FileView, TreeView } from "@dgov/semantic";
import { openLanguages } from "@dgov/semantic/languages";
import { type Touches, touchesBetween } from "@dgov/semantic/touches";
import type { Git } from "./git/git.ts";
import type { Analyst } from "./semantic/analyst.ts";
import { openBlobCache } from "./semantic/blob_cache.ts";
import { createReadChanged } from "./semantic/read_changed.ts";
import { type Asked, CACHE, touchesIn } from "./semantic/touched.ts";
import { openTreeViews, type Wanted } from "./semantic/tree_views.ts";

/** `folder`: where what is learned is kept; `asked`: is told when others begin to look at contents. */
type Place = { git: Git; folder: string; now_ms: () => number; analyst: Analyst; asked: () => void };

/**
 * Which symbols a change touches, for who asks nothing else and soon goes: of contents that nobody has looked at it learns
 * the units alone.
 */
export async function touchesOnce({ git, folder, now_ms, analyst, asked }: Place, wanted: Asked): Promise<Touches> {
  const cache = openBlobCache(join(folder, CACHE), { now_ms });
  try {
    const seen = comparing();
    const changed: Analyst["changed"] = (...question) => {
      const answer = analyst.changed(...question);
      asked(); // it has been sent
      return answer;
    };
    const reading = { git, cache, analyst: { ...analyst, changed }, languages: openLanguages(), seen };
    return await touchesIn(git, openTreeViews(git, createReadChanged(reading)), wanted);
  } finally {
    cache.close();
  }
}

/**
 * Compares what a file was and what it is as soon as both are known, while the others are still looked at: what became of two
 * views is remembered with them, and asked again when all are there. Of one path no more than two contents are in two trees.
 */
function comparing(): (file: Wanted, view: FileView) => void {
  const before = new Map<string, FileView>();
  return ({ path }, view) => {
    const other = before.get(path);
    before.set(path, view);
    if (other) touchesBetween(viewOfOne(other), viewOfOne(view), [{ from: path, to: path }], () => null);
  };
}

const viewOfOne = (view: FileView): TreeView => ({ blob: () => "", folder: () => [], file: () => view });
