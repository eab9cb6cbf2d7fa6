import { createHash, createHmac } from "node:crypto";
import { canonical, Event, type Stored } from "@dgov/kernel";
import { DgovError } from "../error.ts";

/** What is not to be shown: events of a kind, one by its number, a field of a kind, or values that have a text in them. */
export type Selector =
  | { by: "kind"; kind: string }
  | { by: "seq"; seq: number }
  | { by: "field"; kind: string; path: readonly string[] }
  | { by: "text"; text: string };

/** The kinds there are, each with the names of its fields. */
const FIELDS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Event.options.map(({ shape }) => [shape.kind.value, new Set(Object.keys(shape))]),
);

/**
 * Reads `KIND`, `KIND.FIELD`, a number or `text:TEXT`. A name that is none is refused: it would leave shown what was meant.
 *
 * @throws DgovError `usage`
 */
export function readSelector(text: string): Selector {
  const refused = (why: string) =>
    new DgovError("usage", `Cannot redact "${text}": ${why}`, {
      hint: 'Give KIND, KIND.FIELD, the number of an event, or "text:TEXT"; "dgov watch --ndjson" shows them',
    });
  if (text.startsWith("text:")) {
    if (text.length === "text:".length) throw refused("no text is given");
    return { by: "text", text: text.slice("text:".length) };
  }
  if (/^\d{1,15}$/.test(text)) return { by: "seq", seq: Number(text) };
  const [kind = "", ...path] = text.split(".");
  const fields = FIELDS.get(kind);
  if (!fields) throw refused(`there is no kind of event "${kind}"`);
  const [field] = path;
  if (field === undefined) return { by: "kind", kind };
  if (field === "kind") throw refused("the kind of an event that is shown in part is shown");
  if (!fields.has(field)) throw refused(`events of the kind "${kind}" have no field "${field}"`);
  return { by: "field", kind, path };
}

/** Where a value stands in an event: a JSON pointer (RFC 6901). */
type Pointer = string;

/** Which of an event is hidden: all of it, or what stands at these places; none: it is shown as a whole. */
type Hidden = "all" | ReadonlySet<Pointer>;

/** What selectors hide of an event. */
export function hiddenIn({ seq, event }: Pick<Stored, "seq" | "event">, selectors: readonly Selector[]): Hidden {
  const places = new Set<Pointer>();
  for (const selector of selectors) {
    if (selector.by === "kind" ? selector.kind === event.kind : selector.by === "seq" && selector.seq === seq)
      return "all";
    if (selector.by === "field" && selector.kind === event.kind)
      for (const place of placesAt(event, selector.path)) places.add(place);
    if (selector.by === "text") for (const place of placesWith(event, selector.text)) places.add(place);
  }
  return places.has("/kind") ? "all" : places;
}

/** The places of a field, in each member of the lists on the way to it. */
function placesAt(value: unknown, path: readonly string[], here = ""): Pointer[] {
  const [name, ...rest] = path;
  if (name === undefined) return [here];
  if (Array.isArray(value)) return value.flatMap((member, at) => placesAt(member, path, `${here}/${at}`));
  const member = own(value, name);
  return member === undefined ? [] : placesAt(member, rest, `${here}/${escapedName(name)}`);
}

/** The places of texts that have this one in them, as it is or as JSON writes it. */
function placesWith(value: unknown, text: string, here = ""): Pointer[] {
  if (typeof value === "string") return contains(value, text) ? [here] : [];
  if (Array.isArray(value)) return value.flatMap((member, at) => placesWith(member, text, `${here}/${at}`));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => placesWith(member, text, `${here}/${escapedName(name)}`));
}

/** Whether a text is in another, as it is or as JSON writes it. */
export const contains = (whole: string, text: string): boolean =>
  whole.includes(text) || whole.includes(JSON.stringify(text).slice(1, -1));

const own = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? new Map(Object.entries(value)).get(name) : undefined;

const escapedName = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");

/** What stands in the place of a value that is hidden. */
type Commitment = { redacted: string };

/** An event with commitments in the place of what is hidden. */
export function redacted(
  { seq, event, salt }: { seq: number; event: Event; salt: string },
  hidden: ReadonlySet<Pointer>,
): unknown {
  const masked = (value: unknown, here: Pointer): unknown => {
    if (hidden.has(here)) return { redacted: commitment({ salt: fieldSalt(salt, seq, here), at: here, value }) };
    if (Array.isArray(value)) return value.map((member, at) => masked(member, `${here}/${at}`));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name, masked(member, `${here}/${escapedName(name)}`)]),
    );
  };
  return masked(event, "");
}

/** A value under a salt of its own: who has not the salt cannot try values until one fits. `at`: its place in the event. */
export type Opening = { salt: string; at: Pointer; value: unknown };

const commitment = ({ salt, at, value }: Opening): string =>
  createHash("sha256")
    .update(`dgov-field-1\n${canonical({ at, salt, value })}`)
    .digest("hex");

/** Of the event's salt, so that nothing has to be kept beside the log; it does not lead back to that, nor to another. */
const fieldSalt = (salt: string, seq: number, at: Pointer): string =>
  createHmac("sha256", Buffer.from(salt, "hex")).update(`${seq} ${at}`).digest("hex");

/** What opens each value that is hidden in an event, in the order of their places. */
export const openingsOf = (
  { seq, event, salt }: { seq: number; event: Event; salt: string },
  hidden: ReadonlySet<Pointer>,
): Opening[] => [...hidden].sort().map((at) => ({ salt: fieldSalt(salt, seq, at), at, value: valueAt(event, at) }));

/** Whether a value is the one that was committed to at its place. */
export function opens(shown: unknown, opening: Opening): boolean {
  const hidden = valueAt(shown, opening.at);
  return isCommitment(hidden) && hidden.redacted === commitment(opening);
}

const valueAt = (value: unknown, at: Pointer): unknown =>
  at
    .split("/")
    .slice(1)
    .reduce((inside, name) => own(inside, name.replaceAll("~1", "/").replaceAll("~0", "~")), value);

/** Whether what is shown of an event in part is what the event says. */
export const showsThe = (shown: unknown, stored: { seq: number; event: Event; salt?: string }): boolean => {
  const { salt } = stored;
  return salt !== undefined && canonical(shown) === canonical(redacted({ ...stored, salt }, placesOf(shown)));
};

/** The places where a value is hidden. */
export function placesOf(shown: unknown, here = ""): Set<Pointer> {
  if (isCommitment(shown)) return new Set([here]);
  const members = Array.isArray(shown)
    ? shown.map((member, at) => [`${at}`, member] as const)
    : typeof shown === "object" && shown !== null
      ? Object.entries(shown)
      : [];
  return new Set(members.flatMap(([name, member]) => [...placesOf(member, `${here}/${escapedName(name)}`)]));
}

const isCommitment = (value: unknown): value is Commitment =>
  typeof value === "object" && value !== null && Object.keys(value).join() === "redacted";
