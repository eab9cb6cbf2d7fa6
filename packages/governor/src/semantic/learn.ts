import type { Depth, Summary } from "@dgov/semantic";
import { type Earlier, joined, type Piece, piecesOf } from "@dgov/semantic/pieces";
import { type Analyst, analysed, type Text } from "./analyst.ts";
import type { Packed } from "./packed.ts";

/** What is said of a text: as its process has packed it, or put together from what its changed stretches say. */
export type Found = { packed: Packed } | { summary: Summary };

/**
 * `earlier`  what is known of another content of the file at a path; null: nothing
 * `heard`    is told what is found of each text as soon as it is, and once more where it had to be asked again
 */
export type Learning = {
  analyst: Pick<Analyst, "analyse">;
  depth: Depth;
  earlier: (path: string) => Earlier | null;
  heard: (at: number, found: Found) => void;
};

/** A text that nobody has looked at yet. `whole`: stretches of it have said too little. */
type Open = Text & { at: number; whole: boolean };
/** What is asked of one of them now, and what was answered. `pieces` null: all of it is asked about. */
type Order = Open & { pieces: Pieces | null; texts: readonly Text[]; parts: Packed[] };
type Pieces = { of: readonly Piece[]; earlier: Earlier };

/**
 * Has texts looked at. Where their units alone are wanted, and it is known what another content of the file says, only the
 * changed ones are looked at: a commit changes little of its files. Of two contents of a file the first is looked at first.
 *
 * @throws DgovError like `Analyst.analyse`
 */
export async function learn(learning: Learning, texts: readonly Text[]): Promise<void> {
  const whole = learning.depth === "all"; // what refers to others is not told of one unit by itself
  let open = texts.map((text, at): Open => ({ ...text, at, whole }));
  while (open.length > 0) {
    const orders = ordersOf(open, learning.earlier);
    const asked = new Set(orders.map(({ at }) => at));
    const again = await ask(learning, orders);
    open = open.flatMap((one) => (!asked.has(one.at) ? [one] : again.has(one.at) ? [{ ...one, whole: true }] : []));
  }
}

/** All but those whose file has another content that is asked about now. */
function ordersOf(open: readonly Open[], earlier: Learning["earlier"]): Order[] {
  const asked = new Set<string>();
  return open.flatMap((one): Order[] => {
    const { path, text, whole } = one;
    const was = whole ? null : earlier(path);
    if (was === null && !whole && asked.has(path)) return [];
    asked.add(path);
    const of = was && piecesOf(was, text);
    if (was === null || of === null) return [{ ...one, pieces: null, texts: [{ path, text }], parts: [] }];
    return [
      { ...one, pieces: { of, earlier: was }, texts: of.map((piece) => ({ path, text: piece.text })), parts: [] },
    ];
  });
}

/** @returns those of which the whole has to be looked at, after all */
async function ask({ analyst, depth, heard }: Learning, orders: readonly Order[]): Promise<Set<number>> {
  const again = new Set<number>();
  const take = (order: Order, n: number, packed: Packed) => {
    if (order.parts[n] === packed) return; // it was heard already
    order.parts[n] = packed;
    if (order.parts.filter(Boolean).length === order.texts.length) finish(order);
  };
  const finish = ({ at, pieces, parts }: Order) => {
    const summary = pieces && joinedOf(pieces, parts);
    if (summary) heard(at, { summary });
    else if (pieces) again.add(at);
    else heard(at, { packed: parts[0]! });
  };
  const asked = orders.flatMap((order) => order.texts.map((text, n) => ({ order, text, n })));
  const texts = asked.map(({ text }) => text);
  const tell = (at: number, packed: Packed) => take(asked[at]!.order, asked[at]!.n, packed);
  for (const [at, packed] of (await analyst.analyse(texts, depth, tell)).entries()) tell(at, packed);
  return again;
}

function joinedOf({ of, earlier }: Pieces, parts: readonly Packed[]): Summary | null {
  const found = parts.map(analysed);
  const summaries = found.flatMap((one) => ("summary" in one ? [one.summary] : []));
  return summaries.length === of.length ? joined(earlier, of, summaries) : null;
}
