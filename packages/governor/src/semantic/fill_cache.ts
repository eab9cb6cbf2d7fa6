import { keepFiles, keyOf, type Reading } from "./read_files.ts";
import type { Wanted } from "./tree_views.ts";

/** As much as is worth a question; what is read of one portion is given up before the next but one. */
const PORTION_BYTES = 100_000;
const PORTION_FILES = 200;
/** By itself the collector of garbage waits until what was read of very many portions is there at once. */
const PORTIONS_KEPT = 6;
/** While one portion is looked at, the next is read from the repository. */
const PORTIONS_AT_ONCE = 3;

/**
 * Looks at all contents that nobody has looked at, so that whoever wants to know what they say finds it in the cache.
 * Nothing of it is held: the whole of a large repository needs no more memory than some of its files.
 *
 * @returns how many contents were new
 */
export async function fillCache(reading: Reading, files: readonly Wanted[]): Promise<number> {
  const contents = new Map(files.map((file) => [keyOf(reading, file), file]));
  const fresh = [...contents].flatMap(([key, file]) => (reading.cache.has(key) ? [] : [file]));
  const infos = await reading.git.objects.info(fresh.map(({ blob }) => blob));
  reading.analyst.expect(infos.reduce((sum, info) => sum + (info?.size_bytes ?? 0), 0));
  const portions = portionsOf(fresh.map((file, at) => ({ file, size_bytes: infos[at]?.size_bytes ?? 0 })));
  const work = async () => {
    for (let own = portions.pop(); own !== undefined; own = portions.pop()) {
      await keepFiles(reading, own);
      if (portions.length % PORTIONS_KEPT === 0) Bun.gc(true);
    }
  };
  await Promise.all(Array.from({ length: PORTIONS_AT_ONCE }, work));
  return fresh.length;
}

function portionsOf(files: readonly { file: Wanted; size_bytes: number }[]): Wanted[][] {
  const portions: Wanted[][] = [];
  let room = 0;
  for (const { file, size_bytes } of files) {
    room -= size_bytes;
    if (portions.length === 0 || room < 0 || portions.at(-1)?.length === PORTION_FILES) {
      portions.push([]);
      room = PORTION_BYTES - size_bytes;
    }
    portions.at(-1)?.push(file);
  }
  return portions;
}
