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
  type TaskId,
} from "@dgov/kernel";
import { newBell } from "./bell.ts";
import { NOT_WORKED, type Worked, workedAfter, workedMs } from "./worked.ts";

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
  readonly recorded = newBell(); // rung after each event
  readonly #store: Store;
  readonly #world: Pick<World, "now_ms" | "notify">;
  tip: Readonly<Tip>; // the log's last event, of whatever run; nobody else sets it
  #run: Run;
  #rest: Rest;
  #worked: Worked;
  readonly #places = new Map<TaskId, Place[]>(); // where the log has what happened to each task

  private constructor(
    id: RunId,
    store: Store,
    world: Pick<World, "now_ms" | "notify">,
    { run, rest, worked }: Standing,
  ) {
    this.id = id;
    this.#store = store;
    this.#world = world;
    this.tip = tipOf(store);
    this.#run = run;
    this.#rest = rest;
    this.#worked = worked;
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
    return new Session(id, store, world, {
      run: start(started, at_ms),
      rest: { rested_ms: 0, last_ms: at_ms },
      worked: NOT_WORKED,
    });
  }

  /** Takes up a run where its log ends. */
  static resume(id: RunId, store: Store, world: Pick<World, "now_ms" | "notify">): Session {
    const run = replay(store.read({ run: id }));
    assert(run, `No run "${id}" in the log`);
    const rest: Rest = { rested_ms: 0, last_ms: run.started_at_ms };
    const session = new Session(id, store, world, { run, rest, worked: NOT_WORKED });
    for (const stored of store.read({ run: id })) session.#note(stored);
    return session;
  }

  get run(): Run {
    return this.#run;
  }

  /** How long the run has been at work; the time between an interruption and going on is nobody's. */
  get elapsed_ms(): number {
    return this.#world.now_ms() - this.#run.started_at_ms - this.#rest.rested_ms;
  }

  /** How long the run, and a task over all its attempts, have been at work. */
  worked(task: TaskId): { run_ms: number; task_ms: number } {
    return { run_ms: this.elapsed_ms, task_ms: workedMs(this.#worked, task, this.#world.now_ms()) };
  }

  /**
   * What the log holds of this run, of one kind or of some, in order. Of one task it is read where it stands, however much else
   * there is; null: of the whole run.
   */
  read<Kind extends EventKind>(kind: Kind | readonly Kind[], task: TaskId | null): EventOf<Kind>[] {
    const kinds: readonly EventKind[] = typeof kind === "string" ? [kind] : kind;
    const stored =
      task === null
        ? [...this.#store.read({ run: this.id, kinds })]
        : (this.#places.get(task) ?? [])
            .filter((place) => kinds.includes(place.kind))
            .flatMap(({ seq }) => [...this.#store.read({ after: seq - 1, limit: 1 })]);
    return stored.map(({ event }) => event as EventOf<Kind>); // asked for by its kind
  }

  /** @throws AssertionError for an illegal event, `LogMoved` when another process has written: nothing is recorded then */
  record(event: Event): void {
    const after = apply(this.#run, event);
    this.#accept(after, [this.#store.append(this.id, this.tip.seq, this.#world.now_ms(), event)]);
  }

  /** Records all of them or none, for facts that mean something only together. Throws as `record` does. */
  recordAll(events: readonly Event[]): void {
    const after = events.reduce(apply, this.#run);
    if (events.length > 0)
      this.#accept(after, this.#store.appendAll(this.id, this.tip.seq, this.#world.now_ms(), events));
  }

  #note(stored: Stored): void {
    this.#rest = restAfter(this.#rest, stored);
    this.#worked = workedAfter(this.#worked, stored);
    const { seq, event } = stored;
    if (!("task" in event)) return;
    const places = this.#places.get(event.task) ?? [];
    places.push({ seq, kind: event.kind });
    this.#places.set(event.task, places);
  }

  #accept(after: Run, all: readonly Stored[]): void {
    this.#run = after;
    for (const stored of all) {
      this.tip = { seq: stored.seq, hash: stored.hash };
      this.#note(stored);
      this.#world.notify(stored);
    }
    this.recorded.ring();
  }
}

type Tip = { seq: number; hash: string };

function tipOf(store: Store): Tip {
  const [last] = store.read({ after: store.lastSeq() - 1, limit: 1 });
  assert(last, "No event in the log of a run");
  return { seq: last.seq, hash: last.hash };
}

type Place = { seq: number; kind: EventKind };
type Standing = { run: Run; rest: Rest; worked: Worked };

/** `rested_ms`: time in which the run was not at work, so far; `last_ms`: when its last event was. */
type Rest = { rested_ms: number; last_ms: number };

const restAfter = ({ rested_ms, last_ms }: Rest, { at_ms, event }: Stored): Rest => ({
  rested_ms: event.kind === "run_resumed" ? rested_ms + Math.max(0, at_ms - last_ms) : rested_ms,
  last_ms: at_ms,
});
