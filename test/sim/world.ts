import { strict as assert } from "node:assert";
import type { EventOf, RunLimits, TaskId, Usage } from "../../packages/kernel/src/index.ts";

/** The n-th git object id. */
export const oid = (n: number): string => n.toString(16).padStart(40, "0");

/** What outlives a crash besides the log: the target branch, and what was in truth judged and landed on it. */
export class World {
  head = oid(0);
  now_ms = 0;
  readonly landed = new Map<TaskId, number>(); // how often each task's work came onto the branch
  readonly #history = new Set<string>([this.head]);
  readonly #judged = new Map<string, string>(); // integrated commit → the head it was judged on
  #objects = 0;

  /** A new git object. */
  make(): string {
    this.#objects += 1;
    return oid(this.#objects);
  }

  /** A person commits to the target. */
  commitByHand(): void {
    this.head = this.make();
    this.#history.add(this.head);
  }

  /** Notes that this commit was judged, on this head. */
  judge(commit: string, head: string): void {
    this.#judged.set(commit, head);
  }

  has(commit: string): boolean {
    return this.#history.has(commit);
  }

  /** The compare-and-swap of the ref. Only what was judged on exactly this head may come onto the branch, and once. */
  swap(tasks: readonly TaskId[], from: string, to: string): boolean {
    if (this.head !== from) return false;
    assert.equal(this.#judged.get(to), from, `"${tasks.join(", ")}" lands what was not judged on this head`);
    this.head = to;
    this.#history.add(to);
    for (const task of tasks) {
      this.landed.set(task, (this.landed.get(task) ?? 0) + 1);
      assert.equal(this.landed.get(task), 1, `"${task}" landed twice`);
    }
    return true;
  }
}

type Call = { tokens: number; cost_micros: number; open: boolean };

/** The bill as a provider would write it, kept apart from the kernel's own: what was sent, and what it came to. */
export class Bill {
  readonly #limits: RunLimits;
  readonly #calls = new Map<string, Call>();
  #over = { count: 0, tokens: 0, cost_micros: 0 }; // by calls that used more than they had reserved, since the last was sent
  #inFlight = 0; // when the last was sent, that one included

  constructor(limits: RunLimits) {
    this.#limits = limits;
  }

  /** What was used, where it is known, and what may have been used, where it is not. */
  total(): { calls: number; tokens: number; cost_micros: number } {
    let [tokens, cost_micros] = [0, 0];
    for (const call of this.#calls.values()) {
      tokens += call.tokens;
      cost_micros += call.cost_micros;
    }
    return { calls: this.#calls.size, tokens, cost_micros };
  }

  sent(event: EventOf<"call_reserved">): void {
    this.#calls.set(key(event), { tokens: event.tokens, cost_micros: event.cost_micros, open: true });
    this.#over = { count: 0, tokens: 0, cost_micros: 0 };
    this.#inFlight = [...this.#calls.values()].filter(({ open }) => open).length;
    this.check("a call was sent that the run could not afford");
  }

  answered(event: EventOf<"call_settled">): void {
    const call = this.#calls.get(key(event));
    assert(call?.open, "an answer without a call");
    const used = tokensOf(event.usage);
    const { cost_micros } = event.usage;
    if (used > call.tokens || cost_micros > call.cost_micros) this.#over.count += 1;
    this.#over.tokens += Math.max(0, used - call.tokens);
    this.#over.cost_micros += Math.max(0, cost_micros - call.cost_micros);
    this.#calls.set(key(event), { tokens: used, cost_micros, open: false });
    assert(this.#over.count <= this.#inFlight, "more calls overshot than were in flight");
    this.check("more was spent than the calls in flight overshot");
  }

  /** Calls whose answer nobody will hear: they are billed at the most they can have cost. */
  hangUp(of: string): void {
    for (const [id, call] of this.#calls) if (id.startsWith(of)) call.open = false;
  }

  check(complaint: string): void {
    const { calls, tokens, cost_micros } = this.total();
    const within = (used: number, limit: number | null) => assert(limit === null || used <= limit, complaint);
    within(calls, this.#limits.calls);
    within(tokens - this.#over.tokens, this.#limits.tokens);
    within(cost_micros - this.#over.cost_micros, this.#limits.cost_micros);
  }
}

const key = (event: { task: TaskId; attempt: number; call: number }) => `${event.task}#${event.attempt}#${event.call}`;
const tokensOf = ({ input_tokens, output_tokens }: Usage): number => input_tokens + output_tokens;
