import { bitOf, ERROR_TYPE, type FlatTree } from "../flat_tree.ts";
import type { Tables } from "../units/tables.ts";
import type { Shape, Step } from "./pattern.ts";

/** What one capture of a match found. */
export type Capture = { name: string; at: number };

/**
 * Some types of a language. `has` has a place for each type, and one behind them for what is unknown; `places` are those
 * that are in it; `bits`: see `FlatTree.inside`.
 */
type Types = { has: Uint8Array; places: readonly number[]; bits: number };

/**
 * A shape by the ids of its language. `types`: those of `of`, at hand. `needs`: a set of bits for each child that must be
 * there, of which a node has one (`FlatTree.inside`), or it is none.
 */
export type Form = {
  of: Types;
  types: Uint8Array;
  needs: readonly number[];
  captures: readonly string[];
  children: readonly Place[];
  without: readonly number[];
  closed: boolean;
};
/**
 * A step by ids. `field` -1: any. `told`: something below is captured, so that each way to match is one of its own.
 * `types`: those of all its forms, so that most children are passed by at one look.
 */
export type Place = Pick<Step, "next" | "count"> & {
  field: number;
  any: readonly Form[];
  types: Uint8Array;
  told: boolean;
};

/** A shape in one language; null: it names what the language does not have, or a group of types. */
export function formOf(shape: Shape, tables: Tables): Form | null {
  const types = typesOf(shape, tables);
  const without = shape.without.map(tables.field);
  if (types === null || without.includes(-1)) return null;
  const children: Place[] = [];
  const needs: number[] = [];
  for (const { field, any, next, count } of shape.children) {
    const own = field === null ? -1 : tables.field(field);
    const forms = any.map((one) => formOf(one, tables)).filter((form) => form !== null);
    if (forms.length < any.length || (field !== null && own < 0)) return null;
    const all = union(forms, tables);
    children.push({ next, count, field: own, any: forms, types: all.has, told: forms.some(tells) });
    if (count === "one" && all.bits !== ANY_BITS) needs.push(all.bits);
  }
  const { captures, closed } = shape;
  return { of: types, types: types.has, needs, captures, children, without, closed };
}

const ANY_BITS = -1;

const tells = ({ captures, children }: Form): boolean => captures.length > 0 || children.some(({ told }) => told);

/** null: there is no such node, or what is meant is a group of nodes. */
function typesOf({ type, named }: Shape, tables: Tables): Types | null {
  const known = read.get(tables) ?? new Map<string, Types>();
  read.set(tables, known);
  const key = `${named} ${type ?? ""}`;
  const types = known.get(key) ?? setOf(placesOf(type, named, tables), tables);
  known.set(key, types);
  return types.places.length > 0 ? types : null;
}

/** A query names the same few types in hundreds of places. */
const read = new WeakMap<Tables, Map<string, Types>>();

function placesOf(type: string | null, named: boolean, tables: Tables): readonly number[] {
  const count = tables.named.length;
  if (type === "ERROR") return [count];
  const any = type === "_" && !named;
  if (type !== null && !any) return tables.alike(type, named ? 1 : 0);
  return [...tables.named.keys()].filter((id) => any || tables.named[id] === 1);
}

function union(forms: readonly Form[], tables: Tables): Types {
  const [only, ...others] = forms;
  if (only && others.length === 0) return only.of;
  const places = forms.flatMap(({ of }) => of.places);
  return setOf(places, tables);
}

function setOf(places: readonly number[], { named }: Tables): Types {
  const has = new Uint8Array(named.length + 1);
  let bits = 0;
  for (const place of places) {
    has[place] = 1;
    bits |= bitOf(place === named.length ? ERROR_TYPE : place);
  }
  return { has, places, bits };
}

/**
 * What is searched, what was captured on the way so far, and what is done at each match. `spare`: what captures are written
 * into, again and again. `root`: which one is looked for, for `accept`.
 */
export type Search = {
  flat: FlatTree;
  named: Uint8Array;
  found: Capture[];
  spare: Capture[];
  root: number;
  accept(search: Search): void;
};

/** A form at a node whose children end at `end`, and where the form is that it is a step of; null: it is the whole. */
type Own = { form: Form; end: number; up: Next | null };

/**
 * Where to go on: with the steps of a form from one on, among the children from one on. It is no function, for one that
 * holds what is around it is made anew for each child that is looked at, and most of those fail. `reached`: somebody did.
 */
type Next = { own: Own; step: number; from: number; reached: boolean };

/**
 * Finds all ways in which a form is the tree at a node: each of them is accepted, while `search` has what is captured.
 *
 * @returns whether there was one
 */
export function matches(search: Search, form: Form, at: number, up: Next | null = null): boolean {
  const { flat, found } = search;
  if (form.types[placeOf(form.types, flat.type[at]!)] !== 1) return false;
  for (const bits of form.needs) if ((flat.inside[at]! & bits) === 0) return false;
  for (const field of form.without) if (hasField(flat, at, field)) return false;
  for (const name of form.captures) capture(search, name, at);
  const bare = form.children.length === 0 && !form.closed;
  const done = bare ? goOn(search, up) : below(search, { form, end: flat.next[at]!, up }, 0, at + 1);
  found.length -= form.captures.length;
  return done;
}

function capture({ found, spare }: Search, name: string, at: number): void {
  spare[found.length] ??= { name, at };
  const own = spare[found.length]!;
  own.name = name;
  own.at = at;
  found.push(own);
}

const placeOf = (types: Uint8Array, type: number): number => (type === ERROR_TYPE ? types.length - 1 : type);

/** @returns whether there was a way */
function goOn(search: Search, next: Next | null): boolean {
  if (next === null) {
    search.accept(search);
    return true;
  }
  next.reached = true;
  return below(search, next.own, next.step, next.from);
}

/** The steps of a form from one on, among the children from one on. */
function below(search: Search, own: Own, step: number, from: number): boolean {
  const { flat } = search;
  const { children, closed } = own.form;
  const place = children[step];
  if (place === undefined) return !(closed && namedFrom(search, from, own.end)) && goOn(search, own.up);
  const many = place.count === "many";
  const once = !place.told && children[step + 1]?.next !== true;
  const last = step + 1 === children.length && !closed && !many;
  let done = false;
  let after: Next | null = null; // one is enough: who goes on from a child has come back before the next one
  for (let at = from; at < own.end; at = flat.next[at]!) {
    if (fits(search, place, at)) {
      after ??= last ? null : { own, step: many ? step : step + 1, from: 0, reached: false };
      if (after !== null) after.from = flat.next[at]!;
      if (anyOf(search, place, at, after ?? own.up)) done = true;
    }
    // Of what may come often each one that fits is taken: to try all choices of them would take for ever.
    if ((done && once) || (many && after?.reached) || (place.next && isNamed(search, at))) break;
  }
  return done || (place.count !== "one" && below(search, own, step + 1, from));
}

/** Each form that fits has ways of its own. */
function anyOf(search: Search, { any }: Place, at: number, next: Next | null): boolean {
  let done = false;
  for (const form of any) if (matches(search, form, at, next)) done = true;
  return done;
}

const fits = ({ flat }: Search, { field, types }: Place, at: number): boolean =>
  (field < 0 || flat.field[at] === field) && types[placeOf(types, flat.type[at]!)] === 1;

const isNamed = ({ flat, named }: Search, at: number): boolean => named[flat.type[at]!] !== 0;

function namedFrom(search: Search, from: number, end: number): boolean {
  for (let at = from; at < end; at = search.flat.next[at]!) if (isNamed(search, at)) return true;
  return false;
}

function hasField(flat: FlatTree, node: number, field: number): boolean {
  for (let at = node + 1; at < flat.next[node]!; at = flat.next[at]!) if (flat.field[at] === field) return true;
  return false;
}
