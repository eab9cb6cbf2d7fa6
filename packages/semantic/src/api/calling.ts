import type { Comparing } from "./finding.ts";
import { isStuck, type Stuck, settled } from "./follow.ts";
import type { Flow, Kind } from "./rules.ts";
import { isSame } from "./same.ts";
import { STUCK } from "./schemas.ts";
import { type Spot, tableAt, under } from "./spot.ts";
import type { Node } from "./view.ts";

/**
 * One operation that is compared.
 *
 * `sent`  what its callers send, `got`  what they are sent: in a callback the interface is the caller
 */
export type Calling = {
  sent: Flow;
  got: Flow;
  say: (kind: Kind, at: At, says: string, spots: { base?: Spot; head?: Spot }) => void;
  schema: (base: Node, head: Node, flow: Flow, where: string) => void;
  stuck: (found: Stuck, at: Spot) => void;
  /** Fields that are not compared must be the same. */
  fields: (base: Spot, head: Spot, compared: readonly string[], where: string) => void;
  same: (base: Spot, head: Spot) => boolean;
};

/** A value of an operation: which way it goes, and what it is called. */
export type At = { flow: Flow; words: string };
export type Saying = Pick<Calling, "say"> & At;

/** @param operation what it is called, as `GET /things` */
export function openCalling({ found, steps, schemas }: Comparing, operation: string, calls: boolean): Calling {
  const at = (where: string) => (where === "" ? operation : `${operation} > ${where}`);
  const [sent, got]: [Flow, Flow] = calls ? ["response", "request"] : ["request", "response"];
  const say: Calling["say"] = (kind, { flow, words }, says, { base, head }) => {
    found.push({ kind, flow, where: at(words), says, base: base ?? null, head: head ?? null, pair: null });
  };
  const same = (base: Spot, head: Spot) => isSame(base, head, steps);
  return {
    ...{ sent, got, say, same },
    schema: (base, head, flow, where) => schemas.ask({ base, head, flow, where: at(where), operation }),
    stuck: ({ stuck, ref }, spot) =>
      say(
        "reference_unknown",
        { flow: sent, words: "" },
        `"${ref}" ${STUCK[stuck] ?? ""}`,
        spot.side.isHead ? { head: spot } : { base: spot },
      ),
    fields(base, head, compared, where) {
      for (const key of unlike(base, head, [...compared, ...WORDS], same))
        say("field_changed", { flow: sent, words: where }, `"${key}" says something else, and is not compared`, {
          base,
          head,
        });
    },
  };
}

/** Fields for people. */
const WORDS = "summary description tags externalDocs example examples title $ref".split(" ");

export function unlike(
  base: Spot,
  head: Spot,
  known: readonly string[],
  same: (base: Spot, head: Spot) => boolean,
): string[] {
  const keys = new Set([...Object.keys(tableAt(base)), ...Object.keys(tableAt(head))]);
  return [...keys].filter((key) => {
    if (known.includes(key) || key.startsWith("x-")) return false;
    const [was, is] = [under(base, key), under(head, key)];
    return !was || !is || !same(was, is);
  });
}

/** Both ends of what may be references; null: one leads nowhere, which has been said. */
export function followed(
  { stuck, same }: Pick<Calling, "stuck" | "same">,
  base: Spot,
  head: Spot,
): [Spot, Spot] | null {
  const [from, to] = [settled(base), settled(head)];
  if (!isStuck(from) && !isStuck(to)) return [from, to];
  const isKnown = isStuck(from) && isStuck(to) && to.stuck === "remote" && same(base, head);
  if (!isKnown) stuck(isStuck(to) ? to : (from as Stuck), isStuck(to) ? head : base);
  return null;
}
