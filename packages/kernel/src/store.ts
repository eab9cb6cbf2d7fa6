import type { Event, EventKind } from "./event.ts";
import type { RunId } from "./plan.ts";

/**
 * Where events are kept. One implementation is the SQLite file of `log.ts`; whatever else keeps events passes the same
 * `log.contract.ts`. There is no update and no delete. The number of the event last seen is the fence: of two governors
 * that write at once, one gets `LogMoved`.
 */
export interface Store {
  /**
   * Appends one event at `seq + 1`. It is on disk when this returns, as far as `DURABLE` of `event.ts` asks for it.
   *
   * @param seq   the last sequence number the caller has seen, of any run; 0 for an empty log
   * @param at_ms milliseconds since the Unix epoch, from the caller's clock: the log has no clock of its own
   * @throws LogMoved when `seq` is not the log's last: nothing was written, so it is safe to read on and decide again
   * @throws LogUnavailable when it cannot be written: nothing was written, and the run must stop
   */
  append(run: RunId, seq: number, at_ms: number, event: Event): Stored;

  /** Appends all of them or none; otherwise as `append`. */
  appendAll(run: RunId, seq: number, at_ms: number, events: readonly Event[]): Stored[];

  /**
   * Events in the order they were appended, read as they are asked for. Each is checked against its hash and its schema;
   * a read of the whole log (neither `run` nor `kinds`) checks the chain as well.
   *
   * @throws LogCorrupt at the first event that is not what was written; none is ever passed over
   */
  read(filter?: Filter): Iterable<Stored>;

  /** As `read`, and then whatever is appended, by any process, until the signal. Never repeats, never leaves a gap. */
  follow(filter: Filter, wait: Wait): AsyncIterable<Stored>;

  /** The sequence number of the last event; 0 for an empty log. */
  lastSeq(): number;

  /** Every run in the log, newest first. Costs a few index look-ups a run, however many events it has. */
  runs(): RunRow[];

  /** The newest run, of this plan directory if one is given. */
  lastRun(plan_dir?: string): RunRow | null;

  /**
   * Walks the whole chain, and the indexes by which parts of it are read. Events cut off at the end cannot be missed by it:
   * nothing in the log says how many there were.
   *
   * @param each is given every event that is whole, in order
   * @returns how many events there are
   * @throws LogCorrupt at the first break; LogUnavailable `SQLITE_CORRUPT…` for a file that cannot be read as a database
   */
  verify(each?: (stored: Stored) => void): number;

  close(): void;
}

/**
 * An event as the log holds it. `prev` is the hash of the event before it, of whatever run; empty for the first. `salt` (32
 * hex digits) is hashed with it, so that its hash can be shown and nobody can guess it; absent in older logs.
 */
export type Stored = {
  seq: number;
  run: RunId;
  at_ms: number;
  prev: string;
  hash: string;
  salt?: string;
  event: Event;
};

/** Conditions hold together. `after` is a sequence number, not included; `kinds: []` matches nothing. */
export type Filter = { run?: RunId; after?: number; kinds?: readonly EventKind[]; limit?: number };

/** How a follower waits: it looks every `poll_ms`. `sleep_ms` resolves after that time, or early when the signal comes. */
export type Wait = {
  poll_ms: number;
  sleep_ms: (ms: number, signal: AbortSignal) => Promise<void>;
  signal: AbortSignal;
};

/** A run's place in the log. Between `first_seq` and `last_seq` there may be events of other runs. */
export type RunRow = {
  run: RunId;
  plan: string;
  plan_dir: string;
  first_seq: number;
  last_seq: number;
  started_at_ms: number;
  last_at_ms: number;
};

/** Another process appended first. Nothing was written: read from `seq`, apply, and decide again. */
export class LogMoved extends Error {
  override name = "LogMoved";
  readonly seq: number;
  readonly last: number;
  constructor(seq: number, last: number) {
    super(`Cannot append after event ${seq}: the log's last is ${last}`);
    this.seq = seq;
    this.last = last;
  }
}

/**
 * How an event differs from what was written: `hash` its fields or its own hash · `chain` the hash it names as its
 * predecessor's · `gap` a number is missing before it · `kind` its column and its body differ · `json`, `schema` it is not
 * an event that this version knows · `illegal` its run cannot take it
 */
export type Corruption = "hash" | "chain" | "gap" | "kind" | "json" | "schema" | "illegal";

/** The log was changed by something other than `append`, or by a version that knows other events. */
export class LogCorrupt extends Error {
  override name = "LogCorrupt";
  readonly seq: number;
  readonly why: Corruption;
  constructor(seq: number, why: Corruption, options?: ErrorOptions) {
    super(`Cannot read event ${seq}: it is not what was written ("${why}")`, options);
    this.seq = seq;
    this.why = why;
  }
}

/** The file is of a later version of dgov. */
export class LogTooNew extends Error {
  override name = "LogTooNew";
  readonly version: number;
  constructor(path: string, version: number) {
    super(`Cannot open "${path}": its format is ${version}, which is newer than this program`);
    this.version = version;
  }
}

/** The file cannot be opened, read or written. `code` is SQLite's, or `FOREIGN` for a database of another program. */
export class LogUnavailable extends Error {
  override name = "LogUnavailable";
  readonly code: string;
  constructor(path: string, code: string, options?: ErrorOptions) {
    super(`Cannot use the log "${path}": ${code}`, options);
    this.code = code;
  }
}
