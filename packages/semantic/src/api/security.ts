import type { Calling } from "./calling.ts";
import { unlike } from "./calling.ts";
import { isStuck, settled } from "./follow.ts";
import { entries, type Spot, tableAt, under } from "./spot.ts";
import { isList, isTable } from "./value.ts";

/** Scopes by scheme: all of them are needed. */
type Way = ReadonlyMap<string, ReadonlySet<string>>;
type Ends = { base: Spot; head: Spot };

/** Compares how callers of an operation may authenticate. Who could before must still be able to. */
export function compareSecurity(calling: Calling, roots: Ends, { base, head }: Ends): void {
  const { say, sent: flow } = calling;
  const [was, is] = [saidOf(roots.base, base), saidOf(roots.head, head)];
  const [before, after] = [waysOf(was), waysOf(is)];
  const spots = { base: was ?? base, head: is ?? head };
  const isKept = (way: Way) => after.some((other) => isWithin(other, way));
  for (const way of before)
    if (!isKept(way)) say("security_tightened", { flow, words: "" }, `${wayWords(way)} is no longer enough`, spots);
  for (const way of after)
    if (!before.some((other) => isWithin(other, way)))
      say("security_loosened", { flow, words: "" }, `${wayWords(way)} is enough now`, spots);
  compareSchemes(calling, roots, new Set(before.flatMap((way) => [...way.keys()])));
}

/** What the operation says holds, and where it says nothing what the document says. Without any, nobody need say who they are. */
const saidOf = (root: Spot, operation: Spot): Spot | null => under(operation, "security") ?? under(root, "security");

function waysOf(listed: Spot | null): Way[] {
  const ways = entries(listed).map(
    ([, way]): Way =>
      new Map(entries(way).map(([scheme, { value }]) => [scheme, new Set(isList(value) ? value.map(String) : [])])),
  );
  return ways.length > 0 ? ways : [new Map()];
}

/** Whether who has what the second needs has all that the first needs. */
const isWithin = (one: Way, other: Way): boolean =>
  [...one].every(
    ([scheme, scopes]) => other.has(scheme) && [...scopes].every((scope) => other.get(scheme)?.has(scope)),
  );

function wayWords(way: Way): string {
  if (way.size === 0) return "no authentication";
  return [...way]
    .map(([scheme, scopes]) => (scopes.size > 0 ? `${scheme} (${[...scopes].join(", ")})` : scheme))
    .join(" with ");
}

const SCHEME = "bearerFormat description deprecated flows".split(" ");

function compareSchemes(calling: Calling, roots: Ends, names: ReadonlySet<string>): void {
  for (const name of names) {
    const [was, is] = [schemeOf(roots.base, name), schemeOf(roots.head, name)];
    if (!was || !is) continue;
    const changed = [...unlike(was, is, SCHEME, calling.same), ...(flowsOf(was) === flowsOf(is) ? [] : ["flows"])];
    if (changed.length > 0)
      calling.say(
        "security_scheme_changed",
        { flow: calling.sent, words: "" },
        `${changed.join(" and ")} of "${name}" changed`,
        {
          base: was,
          head: is,
        },
      );
  }
}

function schemeOf(root: Spot, name: string): Spot | null {
  let at: Spot | null = root;
  for (const key of ["components", "securitySchemes", name]) at = at && under(at, key);
  const meant = at && settled(at);
  return meant && !isStuck(meant) ? meant : null;
}

/** Where tokens come from, without the words about scopes: which of these are needed the operations say. */
function flowsOf(scheme: Spot): string {
  const { flows } = tableAt(scheme);
  if (!isTable(flows)) return "";
  return Object.keys(flows)
    .sort()
    .map((name) => {
      const flow = flows[name];
      const urls = isTable(flow) ? [flow.authorizationUrl, flow.tokenUrl, flow.refreshUrl] : [];
      return `${name} ${urls.map(String).join(" ")}`;
    })
    .join("\n");
}
