import type { Kind } from "./rules.ts";
import { isSame } from "./same.ts";
import type { Pair } from "./schemas.ts";
import { told } from "./value.ts";
import { BOUNDS, type Bound, isTighter, type View } from "./view.ts";

/** Compares what values are possible. @returns whether they are of types that it makes sense to compare further */
export function compareValues(pair: Pair): boolean {
  if (!compareTypes(pair)) return false;
  compareList(pair);
  compareBounds(pair);
  compareTexts(pair);
  compareFlags(pair);
  compareOthers(pair);
  return true;
}

const words = (types: Iterable<string> | null): string =>
  types === null ? "anything" : [...types].join(" or ") || "nothing";

function compareTypes({ base, head, say }: Pair): boolean {
  const [was, is] = [base.types, head.types];
  if (was && is && was.has("null") !== is.has("null"))
    say(
      is.has("null") ? "null_added" : "null_removed",
      is.has("null") ? "it may be null now" : "it cannot be null any more",
    );
  const [before, after] = [plain(was), plain(is)];
  const lost = before === null ? after !== null : before.some((type) => !holds(after, type));
  const gained = after === null ? before !== null : after.some((type) => !holds(before, type));
  if (!lost && !gained) return true;
  const kind: Kind = lost && gained ? "type_changed" : lost ? "type_narrowed" : "type_widened";
  say(kind, `its type was ${words(before)} and is ${words(after)}`);
  return kind !== "type_changed";
}

const plain = (types: ReadonlySet<string> | null): string[] | null =>
  types === null ? null : [...types].filter((type) => type !== "null").sort();

const holds = (types: readonly string[] | null, type: string): boolean =>
  types === null || types.includes(type) || (type === "integer" && types.includes("number"));

function compareList({ base, head, say }: Pair): void {
  const [was, is] = [base.list, head.list];
  if (was === null && is !== null) say("enum_imposed", `only ${listed(is)} are possible now`);
  if (was !== null && is === null) say("enum_lifted", `it need not be one of ${listed(was)} any more`);
  if (was === null || is === null) return;
  for (const [text, value] of was)
    if (!is.has(text) && value !== null) say("enum_value_removed", `${told(value)} is no longer possible`);
  for (const [text, value] of is)
    if (!was.has(text) && value !== null) say("enum_value_added", `${told(value)} is possible, too`);
}

const listed = (list: NonNullable<View["list"]>): string => {
  const values = [...list.values()].map(told);
  return values.length > LISTED_MAX ? `${values.slice(0, LISTED_MAX).join(", ")}, …` : values.join(", ");
};
const LISTED_MAX = 8;

const NARROWED = { range: "range_narrowed", length: "length_narrowed", size: "size_narrowed" } as const;
const WIDENED = { range: "range_widened", length: "length_widened", size: "size_widened" } as const;

function compareBounds({ base, head, say }: Pair): void {
  for (const [key, { of, low }] of BOUNDS) {
    const [was, is] = [base.bounds.get(key) ?? null, head.bounds.get(key) ?? null];
    const says = `"${key}" was ${boundWords(was)} and is ${boundWords(is)}`;
    if (is && (was === null || isTighter(is, was, low))) say(NARROWED[of], says);
    else if (was && (is === null || isTighter(was, is, low))) say(WIDENED[of], says);
  }
}

const boundWords = (bound: Bound): string =>
  bound === null ? "nothing" : `${bound.value}${bound.excluded ? ", excluded" : ""}`;

const TEXTS: readonly ["pattern" | "format" | "multipleOf" | "default", added: Kind, removed: Kind, changed: Kind][] = [
  ["pattern", "pattern_added", "pattern_removed", "pattern_changed"],
  ["format", "format_added", "format_removed", "format_changed"],
  ["multipleOf", "multiple_changed", "multiple_changed", "multiple_changed"],
  ["default", "default_added", "default_changed", "default_changed"],
];

/** Formats of numbers, each with one that holds all that it holds. */
const ROOM: Readonly<Record<string, string>> = { '"int32"': '"int64"', '"float"': '"double"' };

function compareTexts({ base, head, say }: Pair): void {
  for (const [key, added, removed, changed] of TEXTS) {
    const [was, is] = [one(base, key), one(head, key)];
    const says = `"${key}" was ${was ?? "nothing"} and is ${is ?? "nothing"}`;
    if (was === is) continue;
    if (was === null) say(added, says);
    else if (is === null) say(removed, says);
    else if (key === "format" && ROOM[was] === is) say("format_widened", says);
    else if (key === "format" && ROOM[is] === was) say("format_narrowed", says);
    else say(changed, says);
  }
}

function one(view: View, key: (typeof TEXTS)[number][0]): string | null {
  const texts = [...(view.texts.get(key) ?? [])].sort();
  return texts.length === 0 ? null : texts.join(" and ");
}

function compareFlags({ base, head, say }: Pair): void {
  const [was, is] = [base.flags, head.flags];
  if (is.has("uniqueItems") && !was.has("uniqueItems")) say("unique_required", "items must differ now");
  if (was.has("uniqueItems") && !is.has("uniqueItems")) say("unique_lifted", "items may be equal now");
  if (is.has("deprecated") && !was.has("deprecated")) say("deprecated", "it is deprecated");
  if (was.has("deprecated") && !is.has("deprecated")) say("undeprecated", "it is no longer deprecated");
}

function compareOthers({ base, head, say, steps }: Pair): void {
  for (const key of new Set([...base.others.keys(), ...head.others.keys()])) {
    if (key === "discriminator") continue;
    const [was, is] = [base.others.get(key), head.others.get(key)];
    if (was && is && isSame(was, is, steps)) continue;
    const did = !was ? "is new" : !is ? "is gone" : "says something else";
    say("keyword_changed", `"${key}" ${did}, and is not compared`, { base: was, head: is });
  }
}
