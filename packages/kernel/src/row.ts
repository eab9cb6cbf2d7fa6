import { canonical } from "./canonical.ts";
import { Event } from "./event.ts";
import { RunId } from "./plan.ts";
import { LogCorrupt, type Stored } from "./store.ts";

/**
 * An event as the table holds it. `body` is canonical JSON, of the event and of the salt beside its keys; `kind` repeats the
 * event's for an index.
 */
export type Row = { seq: number; run: string; at_ms: number; kind: string; prev: string; hash: string; body: string };

/** Where a chain ends. */
export type Tip = { seq: number; hash: string };
export const NOTHING: Tip = { seq: 0, hash: "" };

/** @throws LogCorrupt unless the row comes right after this one */
export function checkLink(before: Tip | null, row: Row): void {
  if (!before || row.seq !== before.seq + 1) throw new LogCorrupt(row.seq, "gap");
  if (row.prev !== before.hash) throw new LogCorrupt(row.seq, "chain");
}

/** Checks a row on the way out as it was checked on the way in. */
export function parse(row: Row): Stored {
  if (hashOf(row) !== row.hash) throw new LogCorrupt(row.seq, "hash");
  const run = RunId.safeParse(row.run);
  const { salt, said } = apart(json(row));
  const event = Event.safeParse(said);
  if (!run.success) throw new LogCorrupt(row.seq, "schema", { cause: run.error });
  if (!event.success) throw new LogCorrupt(row.seq, "schema", { cause: event.error });
  if (event.data.kind !== row.kind) throw new LogCorrupt(row.seq, "kind");
  return {
    ...{ seq: row.seq, run: run.data, at_ms: row.at_ms, prev: row.prev, hash: row.hash },
    ...salt,
    event: event.data,
  };
}

/** What is hashed of an event: canonical JSON, with its salt if it has one. */
export const bodyOf = ({ event, salt }: Pick<Stored, "event" | "salt">): string => canonical({ ...event, salt });

/** No event has a key of that name. */
const SALT = /^[0-9a-f]{32}$/;

/** What is no salt stays with the event, which then is none. */
function apart(body: unknown): { salt: { salt: string } | null; said: unknown } {
  if (typeof body !== "object" || body === null || !("salt" in body)) return { salt: null, said: body };
  const { salt, ...said } = body;
  return typeof salt === "string" && SALT.test(salt) ? { salt: { salt }, said } : { salt: null, said: body };
}

function json({ seq, body }: Row): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new LogCorrupt(seq, "json", { cause });
  }
}

/** sha-256 of the canonical JSON of `{ at_ms, body, prev, run, seq }`. The body is canonical already, so it is set in as it is. */
export function hashOf({ seq, run, at_ms, prev, body }: Omit<Row, "kind" | "hash">): string {
  const text = `{"at_ms":${at_ms},"body":${body},"prev":"${prev}","run":"${run}","seq":${seq}}`;
  return Bun.CryptoHasher.hash("sha256", text, "hex");
}
