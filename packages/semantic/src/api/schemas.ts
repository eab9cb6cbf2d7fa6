import type { Comparing, Found, Wanted } from "./finding.ts";
import { isStuck, settled } from "./follow.ts";
import type { Flow, Kind } from "./rules.ts";
import { compareValues } from "./schema_values.ts";
import { idOf, type Spot, tableAt, under } from "./spot.ts";
import { compareAlone, compareUnions } from "./unions.ts";
import { type Node, type Steps, type View, viewOf } from "./view.ts";

/** Two schemas that are compared. `say` notes a change, `inside` asks for two that stand in them to be compared. */
export type Pair = {
  base: View;
  head: View;
  flow: Flow;
  steps: Steps;
  say: (kind: Kind, says: string, spots?: { base?: Spot | undefined; head?: Spot | undefined }) => void;
  inside: (base: Node, head: Node, where: string) => void;
};

type Waiting = Omit<Wanted, "operation"> & { key: string };

/**
 * Compares schemas, each two once, whoever uses them, and in no circle. `uses` says afterwards which operations come by a pair.
 */
export function openSchemas(found: Found[], steps: Steps) {
  const waiting: Waiting[] = [];
  const known = new Set<string>();
  const users = new Map<string, Set<string>>(); // by pair: pairs and operations that come to it
  const ask = ({ operation, ...wanted }: Wanted) => {
    const { base, head, flow } = wanted;
    const key = `${flow} ${base.map(idOf).sort().join(",")} ${head.map(idOf).sort().join(",")}`;
    const from = users.get(key) ?? new Set();
    users.set(key, from.add(operation));
    if (known.has(key)) return;
    known.add(key);
    waiting.push({ ...wanted, key });
  };
  const run = () => {
    // A list and not a recursion: a chain of references is as long as its author likes.
    for (let next = waiting.pop(); next; next = waiting.pop()) compare(next, { found, steps, ask });
  };
  return { ask, run, uses: (key: string) => usersOf(users, key) };
}

/** Keys of pairs begin with their flow, names of operations do not. */
const isPair = (name: string): boolean => /^(request|response) /.test(name);

/** The nearest come first: more than some are read by nobody, and in a large interface all come by each. */
function usersOf(users: ReadonlyMap<string, ReadonlySet<string>>, key: string): string[] {
  const seen = new Set([key]);
  const found: string[] = [];
  for (const one of seen) {
    if (!isPair(one)) found.push(one);
    if (found.length >= OPERATIONS_MAX) break;
    for (const user of users.get(one) ?? []) seen.add(user);
  }
  return found.sort();
}
const OPERATIONS_MAX = 50;

type Place = { found: Found[]; steps: Steps; ask: Comparing["schemas"]["ask"] };

function compare({ base, head, flow, where, key }: Waiting, { found, steps, ask }: Place): void {
  const before = viewOf(base, steps);
  const after = viewOf(head, steps);
  const spots = { base: before.parts[0] ?? base[0], head: after.parts[0] ?? head[0] };
  const pair: Pair = {
    base: before,
    head: after,
    ...{ flow, steps },
    say(kind, says, at = spots) {
      found.push({ kind, flow, where, says, base: at.base ?? null, head: at.head ?? null, pair: key });
    },
    inside: (one, other, step_in) => ask({ base: one, head: other, flow, where: `${where}${step_in}`, operation: key }),
  };
  if (!compareReferences(pair) || compareAlone(pair, base, head) || !compareValues(pair)) return;
  compareProperties(pair);
  compareInside(pair);
  compareUnions(pair);
}

/** What cannot be looked into is the same where it is called the same. @returns whether it is worth going on */
function compareReferences({ base, head, say }: Pair): boolean {
  const changed = [...head.opaque].filter((ref) => !base.opaque.has(ref) || ref.startsWith("missing"));
  const gone = [...base.opaque].filter((ref) => !head.opaque.has(ref));
  for (const ref of [...changed, ...gone].slice(0, 1)) {
    const [stuck = "", ...words] = ref.split(" ");
    say("reference_unknown", `"${words.join(" ")}" ${STUCK[stuck] ?? "leads nowhere"}`);
  }
  return changed.length + gone.length === 0;
}

export const STUCK: Readonly<Record<string, string>> = {
  remote: "is not in the repository, and nobody goes and gets it",
  missing: "leads to nothing",
  circular: "leads back to itself",
};

function compareProperties({ base, head, flow, say, inside }: Pair): void {
  const [before, after] = [passing(base.properties, flow), passing(head.properties, flow)];
  const hidden = (view: View, name: string) => view.properties.has(name) && !passing(view.properties, flow).has(name);
  const names = new Set([...before.keys(), ...after.keys(), ...base.required, ...head.required]);
  for (const name of names) {
    const [was, is] = [before.get(name), after.get(name)];
    const needs = (view: View) => view.required.has(name) && !hidden(view, name);
    const needed = { base: needs(base), head: needs(head) };
    const spots = { base: was?.[0], head: is?.[0] };
    if (was && !is && !needed.head) say("property_removed", `the property "${name}" is gone`, spots);
    else if (!was && is && !needed.base) {
      const kind = needed.head ? "required_property_added" : "property_added";
      say(kind, `the property "${name}" is new${needed.head ? ", and required" : ""}`, spots);
    } else {
      if (needed.head && !needed.base) say("property_required", `the property "${name}" is required now`, spots);
      if (needed.base && !needed.head) say("property_optional", `the property "${name}" may be missing now`, spots);
      if (was || is) inside(was ?? [], is ?? [], `.${name}`);
    }
  }
}

/** What is only read is not sent, and what is only written is not answered. */
function passing(properties: ReadonlyMap<string, Spot[]>, flow: Flow): Map<string, Spot[]> {
  const left_out = flow === "request" ? "readOnly" : "writeOnly";
  const isOut = (spot: Spot) => {
    const meant = settled(spot);
    return tableAt(spot)[left_out] === true || (!isStuck(meant) && tableAt(meant)[left_out] === true);
  };
  return new Map([...properties].filter(([, spots]) => !spots.some(isOut)));
}

function compareInside({ base, head, say, inside, steps }: Pair): void {
  const [was, is] = [base.inside.get("items"), head.inside.get("items")];
  if (was || is) inside(was ?? [], is ?? [], "[]");
  const others = (view: View) => view.inside.get("additionalProperties") ?? [];
  const [before, after] = [others(base), others(head)];
  const forbids = (node: Node) => viewOf(node, steps).types?.size === 0;
  const [first, then] = [forbids(before), forbids(after)];
  const spots = { base: before[0], head: after[0] };
  if (!first && then) say("other_properties_forbidden", "there may be no other properties any more", spots);
  else if (first && !then) say("other_properties_allowed", "there may be other properties now", spots);
  else if (!first && (before.length > 0 || after.length > 0)) inside(before, after, ".*");
}

/** The schema under a key, as what may be compared; nothing there: anything goes. */
export const schemaUnder = (spot: Spot | null, key: string): Node => {
  const schema = spot && under(spot, key);
  return schema ? [schema] : [];
};
