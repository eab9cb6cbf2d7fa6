import { isStuck, referred } from "./follow.ts";
import { entries, idOf, type Spot, tableAt, under } from "./spot.ts";
import { canonical, isList, isTable, type Json } from "./value.ts";

/** A schema: all of these hold at once. None: anything goes. */
export type Node = readonly Spot[];

/** A limit and whether it is excluded itself; null: there is none. */
export type Bound = { value: number; excluded: boolean } | null;

/**
 * What all parts of a schema say together, with references followed and `allOf` taken apart.
 *
 * `types`     null: any     `list`  the values of `enum` and `const` by their text; null: any
 * `others`    keywords that are not compared, with where they stand     `opaque`  references that lead nowhere
 */
export type View = {
  parts: Spot[];
  types: ReadonlySet<string> | null;
  list: ReadonlyMap<string, Json> | null;
  bounds: Map<string, Bound>;
  texts: Map<"pattern" | "format" | "multipleOf" | "default", Set<string>>;
  flags: Set<"uniqueItems" | "deprecated">;
  properties: Map<string, Spot[]>;
  required: Set<string>;
  inside: Map<"items" | "additionalProperties", Spot[]>;
  unions: { word: "anyOf" | "oneOf"; members: Spot[]; spot: Spot }[];
  others: Map<string, Spot>;
  opaque: Set<string>;
};

/** Counts what is looked at: a document in which that does not end is told to be too large. */
export type Steps = { left: number };
export class TooLarge extends Error {}

export function step(steps: Steps): void {
  steps.left -= 1;
  if (steps.left < 0) throw new TooLarge("they are too large to be compared");
}

export function viewOf(node: Node, steps: Steps, depth = 0): View {
  const view = emptyView();
  const stack = [...node];
  const seen = new Set<string>();
  for (let spot = stack.pop(); spot; spot = stack.pop()) {
    step(steps);
    if (seen.has(idOf(spot))) continue;
    seen.add(idOf(spot));
    const { value } = spot;
    if (value === true) continue;
    if (value === false) view.types = new Set();
    else if (!isTable(value)) view.others.set("a schema", spot);
    else stack.push(...partsOf(view, spot));
  }
  // In the order of the document, which decides nothing but in which order things are told.
  for (const part of view.parts) readPart(view, part, { steps, depth });
  return view;
}

const emptyView = (): View => ({
  parts: [],
  ...{ types: null, list: null },
  bounds: new Map(),
  texts: new Map(),
  flags: new Set(),
  properties: new Map(),
  required: new Set(),
  inside: new Map(),
  unions: [],
  others: new Map(),
  opaque: new Set(),
});

/** What else holds where this holds. What stands beside a reference says nothing in OpenAPI 3.0. */
function partsOf(view: View, spot: Spot): Spot[] {
  const { $ref } = tableAt(spot);
  const more: Spot[] = [];
  if (typeof $ref === "string") {
    const found = referred(spot, $ref);
    if (isStuck(found)) view.opaque.add(`${found.stuck} ${$ref}`);
    else more.push(found);
    if (spot.side.nullable) return more;
  }
  if (Object.keys(tableAt(spot)).some((key) => key !== "$ref" && key !== "allOf")) view.parts.push(spot);
  return [...more, ...entries(under(spot, "allOf")).map(([, part]) => part)];
}

type Reading = { steps: Steps; depth: number };

function readPart(view: View, spot: Spot, reading: Reading): void {
  readTypes(view, spot);
  readBounds(view, spot);
  for (const [key, inside] of entries(spot)) readKeyword(view, key, inside, reading);
}

/** Keywords that say nothing of what is possible; and those that are read elsewhere. */
const SILENT = new Set(
  "title description summary example examples externalDocs $comment $defs definitions readOnly writeOnly $ref allOf type nullable const enum exclusiveMinimum exclusiveMaximum".split(
    " ",
  ),
);

function readKeyword(view: View, key: string, spot: Spot, reading: Reading): void {
  const { value } = spot;
  if (SILENT.has(key) || key.startsWith("x-") || BOUNDS.has(key)) return;
  if (key === "properties") for (const [name, one] of entries(spot)) push(view.properties, name, one);
  else if (key === "required" && isList(value)) for (const name of value) view.required.add(String(name));
  else if (key === "items" && !isList(value)) push(view.inside, key, spot);
  else if (key === "additionalProperties") push(view.inside, key, spot);
  else if (key === "uniqueItems" || key === "deprecated") {
    if (value === true) view.flags.add(key);
  } else if (key === "pattern" || key === "format" || key === "multipleOf" || key === "default") {
    view.texts.set(key, (view.texts.get(key) ?? new Set()).add(canonical(value)));
  } else if ((key === "anyOf" || key === "oneOf") && isList(value)) readUnion(view, key, spot, reading);
  else view.others.set(key, spot);
}

function push<Key>(map: Map<Key, Spot[]>, key: Key, spot: Spot): void {
  const known = map.get(key);
  if (known) known.push(spot);
  else map.set(key, [spot]);
}

function readTypes(view: View, spot: Spot): void {
  const { type, nullable, enum: list, const: only } = tableAt(spot);
  const types = typeof type === "string" ? [type] : isList(type) ? type.map(String) : null;
  if (types !== null)
    view.types = both(view.types, [...types, ...(spot.side.nullable && nullable === true ? ["null"] : [])]);
  const values = only !== undefined ? [only] : isList(list) ? list : null;
  if (values === null) return;
  const named = new Map(values.map((value) => [canonical(value), value]));
  view.list = view.list === null ? named : new Map([...view.list].filter(([text]) => named.has(text)));
}

const both = (known: ReadonlySet<string> | null, types: readonly string[]): ReadonlySet<string> =>
  new Set(
    known === null ? types : types.filter((type) => known.has(type) || (type === "integer" && known.has("number"))),
  );

/** Keywords that are limits, with what they limit; `low`: at least so much. */
export const BOUNDS: ReadonlyMap<string, { of: "range" | "length" | "size"; low: boolean }> = new Map([
  ["minimum", { of: "range", low: true }],
  ["maximum", { of: "range", low: false }],
  ["minLength", { of: "length", low: true }],
  ["maxLength", { of: "length", low: false }],
  ["minItems", { of: "size", low: true }],
  ["maxItems", { of: "size", low: false }],
  ["minProperties", { of: "size", low: true }],
  ["maxProperties", { of: "size", low: false }],
]);

function readBounds(view: View, spot: Spot): void {
  const table = tableAt(spot);
  const note = (key: string, bound: Exclude<Bound, null>) => {
    const known = view.bounds.get(key) ?? null;
    const low = BOUNDS.get(key)?.low ?? true;
    if (known === null || isTighter(bound, known, low)) view.bounds.set(key, bound);
  };
  for (const key of BOUNDS.keys()) {
    const value = table[key];
    const excluding = table[EXCLUDING[key] ?? ""];
    if (typeof value === "number") note(key, { value, excluded: excluding === true });
    if (typeof excluding === "number") note(key, { value: excluding, excluded: true });
  }
}

const EXCLUDING: Readonly<Record<string, string>> = { minimum: "exclusiveMinimum", maximum: "exclusiveMaximum" };

export function isTighter(one: Exclude<Bound, null>, other: Exclude<Bound, null>, low: boolean): boolean {
  if (one.value !== other.value) return low === one.value > other.value;
  return one.excluded && !other.excluded;
}

const DEPTH_MAX = 20;

/** Something or null, the way 3.1 says it, is that something with null among its types. */
function readUnion(view: View, word: "anyOf" | "oneOf", spot: Spot, { steps, depth }: Reading): void {
  const members = entries(spot).map(([, member]) => member);
  const [first, second] = members;
  const only = members.length === 2 ? (isNull(second) ? first : isNull(first) ? second : undefined) : undefined;
  const alone = members.length === 1 ? first : only;
  if (alone && depth < DEPTH_MAX) merge(view, viewOf([alone], steps, depth + 1), only ? "null" : null);
  else view.unions.push({ word, members, spot });
}

function isNull(spot: Spot | undefined): boolean {
  if (!spot || !isTable(spot.value)) return false;
  const { type, ...rest } = spot.value;
  return type === "null" && Object.keys(rest).every((key) => SILENT.has(key) && key !== "$ref" && key !== "allOf");
}

/** Takes over what another view says. `more`: a type that is possible besides. */
function merge(view: View, other: View, more: string | null): void {
  if (other.types !== null) view.types = both(view.types, [...other.types, ...(more === null ? [] : [more])]);
  if (other.list !== null) {
    const { list } = other;
    view.list = view.list === null ? list : new Map([...view.list].filter(([text]) => list.has(text)));
  }
  for (const [key, bound] of other.bounds) {
    const known = view.bounds.get(key) ?? null;
    const low = BOUNDS.get(key)?.low ?? true;
    if (bound && (known === null || isTighter(bound, known, low))) view.bounds.set(key, bound);
  }
  for (const [key, texts] of other.texts) view.texts.set(key, new Set([...(view.texts.get(key) ?? []), ...texts]));
  for (const flag of other.flags) view.flags.add(flag);
  for (const [name, spots] of other.properties) for (const spot of spots) push(view.properties, name, spot);
  for (const name of other.required) view.required.add(name);
  for (const [key, spots] of other.inside) for (const spot of spots) push(view.inside, key, spot);
  view.unions.push(...other.unions);
  for (const [key, spot] of other.others) view.others.set(key, spot);
  for (const ref of other.opaque) view.opaque.add(ref);
}
