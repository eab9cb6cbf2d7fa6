import { refIn } from "./follow.ts";
import { isSame } from "./same.ts";
import type { Pair } from "./schemas.ts";
import { entries, idOf, type Spot, tableAt, under } from "./spot.ts";
import { told } from "./value.ts";
import type { Node, View } from "./view.ts";

/** Compares the shapes that a value may have. */
export function compareUnions(pair: Pair): void {
  compareDiscriminator(pair);
  const { base, head, say } = pair;
  const [was, is] = [base.unions[0], head.unions[0]];
  if (!was && !is) return;
  const single = base.unions.length <= 1 && head.unions.length <= 1;
  if (single && was && is && was.word === is.word) compareMembers(pair, was.members, is.members);
  else if (!sameUnions(pair)) say("alternatives_changed", unionWords(was, is), { base: was?.spot, head: is?.spot });
}

/** One shape that has others beside it now, or no longer has. @returns whether it is that */
export function compareAlone(pair: Pair, base: Node, head: Node): boolean {
  const [was, is] = [listIn(pair.base), listIn(pair.head)];
  const [one, other] = [base[0], head[0]];
  if (is && one && base.length === 1 && pair.base.unions.length === 0) compareMembers(pair, [one], is);
  else if (was && other && head.length === 1 && pair.head.unions.length === 0) compareMembers(pair, was, [other]);
  else return false;
  return true;
}

const BESIDE = /^(oneOf|anyOf|discriminator|title|description|\$ref|x-.*)$/;

/** The shapes of a schema that says nothing else. */
function listIn({ unions, parts }: View): readonly Spot[] | null {
  const says_more = parts.some((part) => Object.keys(tableAt(part)).some((key) => !BESIDE.test(key)));
  return unions.length === 1 && !says_more ? (unions[0]?.members ?? null) : null;
}

type Union = View["unions"][number] | undefined;

function unionWords(was: Union, is: Union): string {
  if (!was) return `shapes are listed by "${is?.word}" now`;
  return is ? "shapes are put together in another way" : "shapes are no longer listed";
}

function sameUnions({ base, head, steps }: Pair): boolean {
  if (base.unions.length !== head.unions.length) return false;
  return base.unions.every(({ word, spot }, at) => {
    const other = head.unions[at];
    return other?.word === word && isSame(spot, other.spot, steps);
  });
}

type Matched = { pairs: [Spot, Spot][]; left: Spot[]; right: Spot[] };

/** Shapes that go together: of one name, or that say the same; what is left is told by its title or its type. */
function matched({ steps }: Pair, base: readonly Spot[], head: readonly Spot[]): Matched {
  const pairs: [Spot, Spot][] = [];
  let [left, right] = [[...base], [...head]];
  const match = (goes: (one: Spot, other: Spot) => boolean) => {
    for (const one of left) {
      const other = right.find((candidate) => goes(one, candidate));
      if (!other) continue;
      pairs.push([one, other]);
      right = right.filter((spot) => spot !== other);
    }
    const taken = new Set(pairs.map(([one]) => one));
    left = left.filter((spot) => !taken.has(spot));
  };
  match((one, other) => refIn(one) !== null && refIn(one) === refIn(other));
  match((one, other) => isSame(one, other, steps));
  match((one, other) => nameOf(one) !== null && nameOf(one) === nameOf(other));
  if (left.length === 1 && right.length === 1) match(() => true);
  return { pairs, left, right };
}

function nameOf(spot: Spot): string | null {
  const { title, type } = tableAt(spot);
  if (typeof title === "string") return `title ${title}`;
  return typeof type === "string" ? `type ${type}` : null;
}

function compareMembers(pair: Pair, base: readonly Spot[], head: readonly Spot[]): void {
  const { say, inside } = pair;
  const { pairs, left, right } = matched(pair, base, head);
  for (const [one, other] of pairs) inside([one], [other], ` (${shapeWords(other)})`);
  for (const spot of left) say("alternative_removed", `the shape ${shapeWords(spot)} is gone`, { base: spot });
  for (const spot of right) say("alternative_added", `the shape ${shapeWords(spot)} is new`, { head: spot });
}

function shapeWords(spot: Spot): string {
  const ref = refIn(spot);
  const { title, type } = tableAt(spot);
  if (ref !== null) return `"${ref.slice(ref.lastIndexOf("/") + 1)}"`;
  if (typeof title === "string") return `"${title}"`;
  return typeof type === "string" ? type : `number ${Number(idOf(spot).split("/").pop()) + 1}`;
}

/** What tells shapes apart: a property, and which of its values stands for which. */
function compareDiscriminator({ base, head, say }: Pair): void {
  const [was, is] = [discriminatorOf(base), discriminatorOf(head)];
  const spots = { base: was.spot, head: is.spot };
  if (was.property !== is.property)
    say("discriminator_changed", `shapes were told apart by ${was.property} and are by ${is.property}`, spots);
  if (was.property !== is.property) return;
  for (const [value, target] of was.mapping)
    if (!is.mapping.has(value)) say("enum_value_removed", `"${value}" stands for no shape any more`, spots);
    else if (is.mapping.get(value) !== target)
      say("discriminator_changed", `"${value}" stands for another shape`, spots);
  for (const value of is.mapping.keys())
    if (!was.mapping.has(value)) say("enum_value_added", `"${value}" stands for a shape, too`, spots);
}

function discriminatorOf(view: View) {
  const spot = view.others.get("discriminator");
  const property = spot && under(spot, "propertyName");
  const mapping = new Map(entries(spot ? under(spot, "mapping") : null).map(([value, to]) => [value, told(to.value)]));
  return { spot, property: property ? told(property.value) : "nothing", mapping };
}
