import type { EventOf } from "@dgov/kernel";
import type { Merged, SideNames, Three } from "@dgov/semantic/merge";
import type { Git } from "../git/git.ts";
import type { Conflict, Mend } from "../git/integrate.ts";
import type { Symbols } from "../semantic/symbols.ts";
import { textOf } from "../semantic/texts.ts";

/**
 * Merges symbol by symbol what git cannot by lines, and keeps how. `files`: what was merged, when all of it was; `refusals`:
 * by path, why it was not, in sentences.
 */
export type BySymbol = {
  mend: Mend;
  files: ReadonlyMap<string, Extract<Merged, { did: "merged" }>["decisions"]>;
  refusals: ReadonlyMap<string, readonly string[]>;
};

type Place = { git: Git; symbols: Pick<Symbols, "merge">; names: SideNames };

export function openBySymbol({ git, symbols, names }: Place): BySymbol {
  const files: Map<string, Extract<Merged, { did: "merged" }>["decisions"]> = new Map();
  const refusals = new Map<string, string[]>();
  const mendOne = async (conflict: Conflict): Promise<string | null> => {
    const { path } = conflict;
    const merged = await mergeConflict({ git, symbols, names }, conflict);
    if (merged.did === "merged") {
      files.set(path, merged.decisions);
      return merged.text;
    }
    const why = merged.did === "refused" ? [merged.reason] : merged.conflicts.map(({ sentence }) => sentence);
    refusals.set(path, why);
    return null;
  };
  const mend: Mend = async (conflicts) => {
    const contents = new Map<string, Uint8Array>();
    for (const conflict of conflicts) {
      const text = await mendOne(conflict);
      if (text !== null) contents.set(conflict.path, new TextEncoder().encode(text));
    }
    return refusals.size > 0 ? null : contents;
  };
  return { mend, files, refusals };
}

/** One file on which git gave up, merged symbol by symbol. It has to be plain text on all sides that have it. */
export async function mergeConflict({ git, symbols, names }: Place, conflict: Conflict): Promise<Merged> {
  const texts = await textsOf(git, conflict);
  if (texts === null) return { did: "refused", reason: "it is not text in UTF-8 on all sides" };
  return symbols.merge({ path: conflict.path, texts, names });
}

/** A file that both sides added has an empty base. null: one of them is no text. */
async function textsOf(git: Git, { blobs }: Conflict): Promise<Three<string> | null> {
  const read = async (blob: { oid: string } | null) =>
    blob === null ? "" : (textOf(await git.objects.content(blob.oid)).text ?? null);
  const [base, left, right] = [await read(blobs.base), await read(blobs.ours), await read(blobs.theirs)];
  return base === null || left === null || right === null ? null : { base, left, right };
}

/** The event's list of what was decided, unit by unit. */
export function decidedIn(files: BySymbol["files"]): EventOf<"merged_by_symbol">["files"] {
  return [...files].map(([path, decisions]) => ({
    path,
    decided: decisions.map(({ key, from, rule }) => ({ symbol: key, from: from ?? "both", rule })),
  }));
}

/** By path, the units that were put together line by line: there a person looks twice. */
export const linesMerged = (files: BySymbol["files"]): ReadonlyMap<string, readonly string[]> =>
  new Map(
    [...files].map(([path, decisions]) => [
      path,
      decisions.filter(({ rule }) => rule === "lines").map(({ key }) => key),
    ]),
  );
