import { strict as assert } from "node:assert";
import {
  apply,
  type Event,
  type EventKind,
  type EventOf,
  type Run,
  type RunId,
  replay,
  type Store,
  type Stored,
  start,
} from "@dgov/kernel";

/** Chance, time and the rest of the world, as arguments: the library has none of its own. */
export type World = {
  now_ms: () => number;
  sleep_ms: (ms: number, signal: AbortSignal) => Promise<void>;
  random: () => number;
  env: Readonly<Record<string, string | undefined>>;
  self: readonly string[]; // argv prefix that starts this program again
  signal: AbortSignal; // aborted when the user stops the run
  notify: (stored: Stored) => void; // told of every event once it is in the log
  warn: (line: string) => void; // a line for the user that is no event
};

/**
 * A run and its log, kept in step. `record` is the only way a fact comes into being: it is checked against the state,
 * then written, then applied. A failed append throws, and stops the run.
 */
export class Session {
  readonly id: RunId;
  readonly #store: Store;
  readonly #world: Pick<World, "now_ms" | "notify">;
  #seq: number;
  #run: Run;

  private constructor(id: RunId, store: Store, world: Pick<World, "now_ms" | "notify">, run: Run) {
    this.id = id;
    this.#store = store;
    this.#world = world;
    this.#seq = store.lastSeq();
    this.#run = run;
  }

  /** Begins a run: its first event is in the log when this returns. */
  static begin(
    id: RunId,
    store: Store,
    world: Pick<World, "now_ms" | "notify">,
    started: EventOf<"run_started">,
  ): Session {
    const at_ms = world.now_ms();
    world.notify(store.append(id, store.lastSeq(), at_ms, started));
    return new Session(id, store, world, start(started, at_ms));
  }

  /** Takes up a run where its log ends. */
  static resume(id: RunId, store: Store, world: Pick<World, "now_ms" | "notify">): Session {
    const run = replay(store.read({ run: id }));
    assert(run, `No run "${id}" in the log`);
    return new Session(id, store, world, run);
  }

  get run(): Run {
    return this.#run;
  }

  get elapsed_ms(): number {
    return this.#world.now_ms() - this.#run.started_at_ms;
  }

  /** What the log holds of this run, of some kinds. */
  read(kinds: readonly EventKind[]): Event[] {
    return [...this.#store.read({ run: this.id, kinds })].map(({ event }) => event);
  }

  /** @throws AssertionError for an illegal event, `LogMoved` when another process has written: nothing is recorded then */
  record(event: Event): void {
    const after = apply(this.#run, event);
    const stored = this.#store.append(this.id, this.#seq, this.#world.now_ms(), event);
    this.#seq = stored.seq;
    this.#run = after;
    this.#world.notify(stored);
  }
}
