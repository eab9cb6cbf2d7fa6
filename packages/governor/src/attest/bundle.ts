import { Event, RunId } from "@dgov/kernel";
import { bodyOf, hashOf } from "@dgov/kernel/row";
import { z } from "zod";
import { merkleRoot } from "./merkle.ts";
import { opens, placesOf } from "./redact.ts";
import { Hash, LogStatement } from "./statement.ts";

/** What a redacted log of a run is stated by: its kind of statement, inside one of in-toto's. */
const BUNDLE = "urn:dgov:attestation:bundle:1";

const place = { seq: z.int().min(1), hash: Hash };

/** An event as far as it is shown. Of one that is shown in part, `{"redacted": COMMITMENT}` stands for what is not. */
const Shown = z.discriminatedUnion("shown", [
  z.strictObject({
    shown: z.literal("whole"),
    ...place,
    at_ms: z.int().min(0),
    prev: z.union([Hash, z.literal("")]),
    salt: z.string().nullable(),
    event: z.unknown(),
  }),
  z.strictObject({
    shown: z.literal("part"),
    ...place,
    at_ms: z.int().min(0),
    event: z.record(z.string(), z.unknown()),
  }),
  z.strictObject({ shown: z.literal("none"), ...place }),
]);
export type Shown = z.infer<typeof Shown>;

export const Bundle = z.strictObject({
  run: RunId,
  dgov_version: z.string(),
  log: LogStatement,
  events: z.array(Shown).min(1),
  does_not_attest: z.array(z.string()).min(1),
});
export type Bundle = z.infer<typeof Bundle>;

/** Its subject is the log of the run: the root that an attestation of the same run names. */
export const BundleStatement = z.strictObject({
  _type: z.literal("https://in-toto.io/Statement/v1"),
  subject: z.array(z.strictObject({ name: z.string(), digest: z.strictObject({ sha256: Hash }) })).length(1),
  predicateType: z.literal(BUNDLE),
  predicate: Bundle,
});

export const bundled = (predicate: Bundle): z.infer<typeof BundleStatement> => ({
  _type: "https://in-toto.io/Statement/v1",
  subject: [{ name: predicate.run, digest: { sha256: predicate.log.root } }],
  predicateType: BUNDLE,
  predicate,
});

/** Signed with the rest, so that nobody reads more into a bundle than it says. */
export const BUNDLE_DOES_NOT_ATTEST: readonly string[] = [
  "What hidden events say: only that there were so many, in these places, and that they have these hashes",
  "By their hash, what events say that are shown in part: that is the word of whoever signed, and checked where the log is",
  "That what is hidden in one place is not shown in another",
  "That the run is right or wanted, nor when it was: see the attestation of the run",
];

/** @returns why a bundle contradicts itself; null: it does not */
export function bundleFault({ run, log, events }: Bundle): string | null {
  const [first, last] = [events[0]!, events.at(-1)!];
  const same = (shown: Shown, end: Bundle["log"]["first"]) => shown.seq === end.seq && shown.hash === end.hash;
  if (events.length !== log.events || !same(first, log.first) || !same(last, log.last))
    return "it does not have the events that it names";
  if (merkleRoot(events.map(({ hash }) => hash)) !== log.root) return "its events do not have the root that it names";
  for (const [at, shown] of events.entries()) {
    const before = events[at - 1];
    if (before && shown.seq <= before.seq) return `event ${shown.seq} stands after event ${before.seq}`;
    const fault = shown.shown === "whole" ? wholeFault(run, shown, before) : null;
    if (fault !== null) return fault;
  }
  return null;
}

type Whole = Extract<Shown, { shown: "whole" }>;

function wholeFault(
  run: RunId,
  { seq, hash, at_ms, prev, salt, event }: Whole,
  before: Shown | undefined,
): string | null {
  const said = Event.safeParse(event);
  if (!said.success) return `event ${seq} is none that this version of dgov knows`;
  const body = bodyOf({ event: said.data, ...(salt === null ? {} : { salt }) });
  if (hashOf({ seq, run, at_ms, prev, body }) !== hash) return `event ${seq} is not the one that its hash is of`;
  return before && before.seq === seq - 1 && before.hash !== prev
    ? `event ${seq} does not come after event ${before.seq}`
    : null;
}

/** What opens values that a bundle hides: handed on apart from it, to whom they are to be shown. */
export const Openings = z.strictObject({
  run: RunId,
  openings: z.array(z.strictObject({ seq: z.int().min(1), at: z.string(), salt: Hash, value: z.json() })),
});
export type Openings = z.infer<typeof Openings>;

/** @returns which of them fits nothing in the bundle; null: all fit */
export function openingFault({ run, events }: Pick<Bundle, "run" | "events">, told: Openings): string | null {
  if (told.run !== run) return "the openings are of another run";
  const parts = new Map(events.flatMap((one) => (one.shown === "part" ? [[one.seq, one.event] as const] : [])));
  const wrong = told.openings.find((one) => !opens(parts.get(one.seq), one));
  return wrong ? `what is said to be hidden in event ${wrong.seq} at ${wrong.at} is something else` : null;
}

/** How much of a run a bundle shows. `fields`: hidden ones, of events that are shown in part. */
export type Disclosed = { whole: number; part: number; none: number; fields: number };

export function disclosedIn({ events }: Pick<Bundle, "events">): Disclosed {
  const count = (how: Shown["shown"]) => events.filter(({ shown }) => shown === how).length;
  const fields = events.reduce((sum, shown) => sum + (shown.shown === "part" ? placesOf(shown.event).size : 0), 0);
  return { whole: count("whole"), part: count("part"), none: count("none"), fields };
}
