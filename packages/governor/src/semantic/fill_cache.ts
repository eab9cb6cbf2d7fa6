import { isKept, type KeptDepth, keepFiles, keyOf, type Reading } from "./read_files.ts";
import type { Wanted } from "./tree_views.ts";

/** As much as is worth a question; what is read of one portion is given up before the next but one. */
const PORTION_BYTES = 100_000;
const PORTION_FILES = 200;
/** By itself the collector of garbage waits until what was read of very many portions is there at once. */
const PORTIONS_KEPT = 6;
/** While one portion is looked at, the next is read from the repository. */
const PORTIONS_AT_ONCE = 3;

/** `begins`: told of how many there are; `goesOn`: asked before each portion, what is left then is not looked at. */
export type Filling = { depth: KeptDepth; begins?: (files: number) => void; goesOn: () => boolean };

/** How many contents were looked at, and how many are left. What is no text, or in no language, is neither. */
export type Filled = { looked: number; left: number };

/**
 * Looks at all contents that nobody has looked at, so that whoever wants to know what they say finds it in the cache.
 * Nothing of it is held: the whole of a large repository needs no more memory than some of its files.
 */
export async function fillCache(
  reading: Reading,
  files: readonly Wanted[],
  { depth, begins, goesOn }: Filling = { depth: "all", goesOn: () => true },
): Promise<Filled> {
  const contents = new Map(files.map((file) => [keyOf(reading, file), file]));
  const unknown = [...contents.values()].filter((file) => !isKept(reading, file, depth));
  const infos = await reading.git.objects.info(unknown.map(({ blob }) => blob));
  const fresh = unknown.flatMap((file, at) => {
    const info = infos[at];
    return info ? [{ file, size_bytes: info.size_bytes }] : []; // of a partial clone not all is there
  });
  reading.analyst.expect(fresh.reduce((sum, { size_bytes }) => sum + size_bytes, 0));
  begins?.(fresh.length);
  const portions = portionsOf(fresh);
  let looked = 0;
  const work = async () => {
    while (portions.length > 0 && goesOn()) {
      const count = await keepFiles(reading, portions.pop() ?? [], depth);
      looked += count;
      if (portions.length % PORTIONS_KEPT === 0) Bun.gc(true);
    }
  };
  await Promise.all(Array.from({ length: PORTIONS_AT_ONCE }, work));
  return { looked, left: portions.reduce((sum, own) => sum + own.length, 0) };
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
