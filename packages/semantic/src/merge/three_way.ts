import type { Span } from "../unit.ts";
import { commonPairs } from "./diff.ts";
import type { Three } from "./piece.ts";

/**
 * A stretch of three sequences, as positions in each. `same`: nobody changed it; `left`, `right`: only that side did;
 * `both`: the two did the same; `clash`: each did something else.
 */
export type Chunk = { is: "same" | "left" | "right" | "both" | "clash"; at: Three<Span> };

/**
 * Compares three sequences: what is in all of them holds it together, and between two such places each side may have
 * its way where the other left the base as it was. Changes that touch clash, as they do in git.
 */
export function threeWay(all: Three<readonly string[]>): Chunk[] {
  const inLeft = new Map(commonPairs(all.base, all.left));
  const inRight = new Map(commonPairs(all.base, all.right));
  const chunks: Chunk[] = [];
  let [base, left, right] = [0, 0, 0];
  const between = (to: readonly [number, number, number]) => {
    const at = { base: [base, to[0]], left: [left, to[1]], right: [right, to[2]] } as const;
    if (to[0] > base || to[1] > left || to[2] > right) chunks.push({ is: changed(all, at), at });
    [base, left, right] = to;
  };
  for (let own = 0; own < all.base.length; own += 1) {
    const [toLeft, toRight] = [inLeft.get(own), inRight.get(own)];
    if (toLeft === undefined || toRight === undefined) continue;
    if (own > base || toLeft > left || toRight > right) between([own, toLeft, toRight]);
    const last = chunks.at(-1);
    const start = last?.is === "same" ? chunks.pop()!.at : { base: [own], left: [toLeft], right: [toRight] };
    const to = [own + 1, toLeft + 1, toRight + 1] as const;
    const at = {
      base: [start.base[0]!, to[0]],
      left: [start.left[0]!, to[1]],
      right: [start.right[0]!, to[2]],
    } as const;
    chunks.push({ is: "same", at });
    [base, left, right] = to;
  }
  between([all.base.length, all.left.length, all.right.length]);
  return chunks;
}

function changed(all: Three<readonly string[]>, at: Three<Span>): Chunk["is"] {
  const equal = (one: "base" | "left", other: "left" | "right") => {
    const [start, end] = at[one];
    const [from, to] = at[other];
    if (end - start !== to - from) return false;
    for (let n = 0; n < end - start; n += 1) if (all[one][start + n] !== all[other][from + n]) return false;
    return true;
  };
  if (equal("left", "right")) return "both";
  if (equal("base", "left")) return "right";
  return equal("base", "right") ? "left" : "clash";
}
