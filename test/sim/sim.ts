import { strict as assert } from "node:assert";
import {
  type Action,
  apply,
  type Event,
  next,
  type Role,
  type Run,
  start,
  type TaskId,
} from "../../packages/kernel/src/index.ts";
import { Chance } from "./chance.ts";
import { checkDecisions, checkEnd, checkReplay, checkState, checkTurn, type Entry } from "./check.ts";
import { type Flight, perform } from "./perform.ts";
import { randomPlan } from "./plan.ts";
import { Bill, World } from "./world.ts";

/** After so many steps nothing goes wrong any more from outside, and the run must come to its end in as many again. */
const WILD_STEPS = 250;
const STEPS_MAX = 20_000;

/** The process is gone. Only the log and the world are left. */
class Crash extends Error {}

/**
 * A governor without git, models or time: it does what `next` says, in a random order, with random outcomes, while people
 * commit, users interrupt and the process dies. Every promise of the kernel is checked on the way.
 */
export class Sim {
  readonly chance: Chance;
  readonly world = new World();
  readonly log: Entry[] = [];
  readonly #bill: Bill;
  readonly #thorough: boolean; // replay the whole log at every event, not at some
  readonly #flights = new Map<string, Flight>();
  readonly #crashes: number;
  #run: Run;
  #steps = 0;
  #calls = 0;

  constructor(seed: number, thorough: boolean) {
    this.chance = new Chance(seed);
    this.#thorough = thorough;
    this.#crashes = this.chance.pick([0, 0.01, 0.05]);
    const started = randomPlan(this.chance, this.world.head);
    this.#bill = new Bill(started.limits);
    this.log.push({ seq: 1, at_ms: 0, event: started });
    this.#run = start(started, 0);
  }

  get run(): Run {
    return this.#run;
  }

  nextCall(): number {
    this.#calls += 1;
    return this.#calls;
  }

  roleOf(task: TaskId): Role {
    const spec = this.#run.started.tasks.find(({ id }) => id === task);
    assert(spec);
    return spec.role;
  }

  /** Runs to the end. The log is what came of it. */
  play(): readonly Entry[] {
    for (let recovering = false; this.#run.state !== "ended"; )
      try {
        if (recovering) this.#recover();
        recovering = false;
        this.#step();
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
        this.#flights.clear();
        this.#bill.hangUp("");
        this.#run = checkReplay(this.#run, this.log);
        recovering = true;
      }
    checkReplay(this.#run, this.log);
    checkDecisions(this.log);
    checkEnd(this.#run, this.log, this.world);
    return this.log;
  }

  readonly record = (event: Event): void => this.recordAll([event]);

  /** All of them or none, as `appendAll` writes them. */
  readonly recordAll = (events: readonly Event[]): void => {
    for (const event of events) {
      checkTurn(this.#run, event);
      this.#run = apply(this.#thorough ? frozen(this.#run) : this.#run, event);
      this.log.push({ seq: this.log.length + 1, at_ms: this.world.now_ms, event });
      if (event.kind === "call_reserved") this.#bill.sent(event);
      if (event.kind === "call_settled") this.#bill.answered(event);
      if (event.kind === "attempt_failed") this.#bill.hangUp(`${event.task}#${event.attempt}#`);
      checkState(this.#run, this.#bill);
      if (this.#thorough || this.chance.yes(0.005)) checkReplay(this.#run, this.log);
    }
    if (this.#wild && this.chance.yes(this.#crashes)) throw new Crash();
  };

  get #wild(): boolean {
    return this.#steps < WILD_STEPS;
  }

  #step(): void {
    this.#steps += 1;
    assert(this.#steps < STEPS_MAX, "the run does not end");
    this.world.now_ms += this.chance.below(20);
    for (const action of next(this.#run)) {
      if (action.do === "end") {
        this.record({ kind: "run_ended", status: action.status });
        return;
      }
      if (action.do === "skip") this.record({ kind: "task_skipped", task: action.task, because: action.because });
      else this.#begin(action);
    }
    const flying = [...this.#flights];
    if (flying.length > 0) {
      const [key, flight] = this.chance.pick(flying);
      if (flight.next().done) this.#flights.delete(key);
    } else assert(next(this.#run).length > 0, "nothing is under way, and nothing is asked for");
    if (!this.#wild) return;
    if (this.chance.yes(this.#crashes / 2)) throw new Crash();
    if (this.chance.yes(0.03)) this.world.commitByHand();
    if (this.chance.yes(0.01)) this.#interrupt();
  }

  #begin(action: Exclude<Action, { do: "end" | "skip" }>): void {
    const key = "task" in action ? `${action.do} ${action.task}` : action.do;
    if (this.#flights.has(key) || !this.#hasRoom(action.do)) return;
    this.#flights.set(key, perform(this, action));
  }

  /** A performer counts what it has begun and the log does not know yet: workers against `jobs`, and one landing. */
  #hasRoom(verb: Action["do"]): boolean {
    const flies = (one: Action["do"]) => [...this.#flights.keys()].some((key) => key.startsWith(`${one} `));
    if (verb === "land") return !flies("land");
    const together = this.#run.started.batch !== undefined;
    if (verb === "judge" || verb === "judge_batch") return !together || !(flies("judge") || flies("judge_batch"));
    if (verb !== "dispatch") return true;
    const taken = this.#run.tasks.filter(({ id, state }) => state === "active" || this.#flights.has(`dispatch ${id}`));
    return taken.length < this.#run.started.jobs;
  }

  /** What was under way died with the process; a landing that had begun is asked for again by `next`. */
  #recover(): void {
    this.record({ kind: "run_resumed", head: this.world.head });
    assert.equal(this.#run.spent.reserved.size, 0, "a call outlived its process");
    for (const { id, state, attempt } of this.#run.tasks)
      if (state === "active")
        this.record({
          kind: "attempt_failed",
          task: id,
          attempt,
          cause: "lost",
          detail: "its process is gone",
          kept: null,
        });
  }

  /** The user stops the run: workers are ended, a landing comes to its end, the rest is left. Later it is resumed. */
  #interrupt(): void {
    const interrupted: Event = { kind: "run_interrupted", signal: "SIGINT" };
    const first = this.chance.yes(0.5); // the log may say so before what was under way has come to rest, or after
    if (first) this.record(interrupted);
    for (const [key, flight] of this.#flights) if (key.startsWith("land ")) while (!flight.next().done);
    for (const { id, state, attempt } of this.#run.tasks)
      if (state === "active")
        this.record({
          kind: "attempt_failed",
          task: id,
          attempt,
          cause: "interrupted",
          detail: "",
          kept: this.world.make(),
        });
    this.#flights.clear();
    if (!first) this.record(interrupted);
    assert.deepEqual(next(this.#run), []);
    this.#bill.hangUp("");
    this.record({ kind: "run_resumed", head: this.world.head });
    if (this.chance.yes(0.3)) this.#retryByHand();
  }

  /** What failed and what was skipped for it wake together. */
  #retryByHand(): void {
    const asleep = this.#run.tasks.filter(({ state }) => state === "failed" || state === "skipped");
    this.recordAll(
      asleep.map(({ id, attempt }): Event => {
        const carry = this.chance.yes(0.5);
        return { kind: "task_retried", task: id, attempt, by: "user", tier: 0, carry };
      }),
    );
  }
}

/** So that a fold which changes its argument is found. */
function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}
