import type { EventOf } from "@dgov/kernel";
import type { Touches } from "@dgov/semantic/touches";
import { DgovError } from "../error.ts";
import type { Symbols } from "../semantic/symbols.ts";

type Record = EventOf<"symbols_touched">;
type Of = Pick<Record, "task" | "attempt">;
/** `paths`: all that differ between the trees. */
type Work = { base: string; tree: string; paths: readonly string[]; touches: Promise<Touches> };

/** More is read by nobody; what settlement refuses is told apart from it. */
const TOUCHED_MAX = 200;
const UNKNOWN_MAX = 50;

/** The record of an attempt: what it did between two trees, in symbols, as far as that is known. */
export async function episodeOf(
  symbols: Pick<Symbols, "version">,
  of: Of,
  { base, tree, paths, touches }: Work,
): Promise<Record> {
  const { touches: all, unknown: dark } = await touches.catch((error: unknown) => nothingKnown(error, paths));
  const trees = { base, tree, grammars: symbols.version() };
  const touched = all
    .slice(0, TOUCHED_MAX)
    .map(({ path, symbol, did, edited, claimed }) => ({ path, symbol, did, edited: [...edited], claimed }));
  return {
    kind: "symbols_touched",
    ...of,
    ...trees,
    touched,
    ...(all.length > TOUCHED_MAX ? { touched_more: all.length - TOUCHED_MAX } : {}),
    unknown: dark.slice(0, UNKNOWN_MAX),
    ...(dark.length > UNKNOWN_MAX ? { unknown_more: dark.length - UNKNOWN_MAX } : {}),
  };
}

/** A record is not worth a run: whoever needs to know asks the same, and fails by itself. */
function nothingKnown(error: unknown, paths: readonly string[]): Touches {
  if (!(error instanceof DgovError)) throw error;
  return { touches: [], unknown: paths.map((path) => ({ path, why: error.message })) };
}
