import type { Became, Summary } from "@dgov/semantic";
import type { Heads } from "@dgov/semantic/heads";
import { type Packed, pack, unpack } from "./packed.ts";

/** What a text says, or why nothing is known of it, as a clause. */
export type Analysed = { summary: Summary } | { unknown: string };

/** What is said of a text; our own child has packed it. */
export const analysed = (packed: Packed): Analysed =>
  (unpack(packed) as Analysed | null) ?? { unknown: "what was said of it did not arrive" };

/** What is said of two contents: of their changed units, or of all there are (`whole`). */
export type SaidChanged = { was: Analysed; is: Analysed; whole: boolean };

/** What is kept of a content: what stands at its top, or all its units. */
export type Kept = { heads: Heads } | Analysed;

export const saidOf = (said: Summary | { unknown: string }): Analysed => ("unknown" in said ? said : { summary: said });

export const keptOf = (said: Heads | Summary | { unknown: string }): Kept =>
  "heads" in said ? { heads: said } : saidOf(said);

/** In this order: what is said of both, and what is kept of each. */
export const packChanged = ({ was, is, heads }: Became): Packed[] => {
  const said: SaidChanged = { was: saidOf(was), is: saidOf(is), whole: heads === null };
  const kept: Kept[] = heads === null ? [said.was, said.is] : [{ heads: heads.was }, { heads: heads.is }];
  return [pack(said), ...kept.map(pack)];
};

/** null: it did not arrive. */
export const changedSaid = (packed: Packed): SaidChanged | null => unpack(packed) as SaidChanged | null;
