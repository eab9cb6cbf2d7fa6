import { join } from "node:path";
import { openLanguages } from "@dgov/semantic";
import type { Touches } from "@dgov/semantic/touches";
import type { Git } from "./git/git.ts";
import type { Analyst } from "./semantic/analyst.ts";
import { openBlobCache } from "./semantic/blob_cache.ts";
import { createReadFiles } from "./semantic/read_files.ts";
import { type Asked, CACHE, touchesIn } from "./semantic/touched.ts";
import { openTreeViews } from "./semantic/tree_views.ts";

/** `folder`: where what is learned is kept. */
type Place = { git: Git; folder: string; now_ms: () => number; analyst: Analyst };

/**
 * Which symbols a change touches, for who asks nothing else and soon goes: of contents that nobody has looked at it learns
 * the units alone.
 */
export async function touchesOnce({ git, folder, now_ms, analyst }: Place, asked: Asked): Promise<Touches> {
  const cache = openBlobCache(join(folder, CACHE), { now_ms });
  try {
    const reading = { git, cache, analyst, languages: openLanguages(), depth: "units" } as const;
    return await touchesIn(git, openTreeViews(git, createReadFiles(reading)), asked);
  } finally {
    cache.close();
  }
}
