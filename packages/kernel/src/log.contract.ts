import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Event } from "./event.ts";
import { RunId } from "./plan.ts";
import { LogMoved, type Store, type Stored } from "./store.ts";
import { sampleOf, spec, startedWith, task } from "./testing/events.ts";

/** A place that holds one empty log. `open` may be called more than once: each is another reader or writer of it. */
export type Place = { open: () => Store; remove: () => void };

const [one, two] = [RunId.parse("r1"), RunId.parse("r2")];
const started = startedWith([spec("a")]);
const sample = sampleOf(task("a"));
const seqs = (stored: Iterable<Stored>) => [...stored].map(({ seq }) => seq);

/** What every implementation of `Store` keeps. */
export function storeContract(name: string, make: () => Place): void {
  describe(`${name} is a store`, () => {
    let place: Place;
    let store: Store;
    beforeEach(() => {
      place = make();
      store = place.open();
    });
    afterEach(() => {
      store.close();
      place.remove();
    });

    appendsAndReads(() => store);
    knowsItsRuns(() => store);
    followsWithoutGaps(() => ({ store, place }));
  });
}

function appendsAndReads(store: () => Store): void {
  test("an empty log", () => {
    expect(store().lastSeq()).toBe(0);
    expect(seqs(store().read())).toEqual([]);
    expect(store().runs()).toEqual([]);
    expect(store().lastRun()).toBeNull();
    expect(store().verify()).toBe(0);
  });

  test("gives back what was appended, of every kind", () => {
    const appended = Object.values(sample).map((event, at) => store().append(one, at, 1000 + at, event));
    expect([...store().read()]).toEqual(appended);
    expect(appended.map(({ event }) => event)).toEqual(Object.values(sample));
    expect(appended.map(({ seq }) => seq)).toEqual(appended.map((_, at) => at + 1));
    expect(appended.map(({ at_ms }) => at_ms)).toEqual(appended.map((_, at) => 1000 + at));
    expect(store().verify()).toBe(appended.length);
  });

  test("chains each event to the one before it, across runs", () => {
    const first = store().append(one, 0, 1, started);
    const second = store().append(two, 1, 1, started);
    expect(first.prev).toBe("");
    expect(second.prev).toBe(first.hash);
    expect(second.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each([0, 2, 99])("one event there, %i seen: it has moved, and nothing is written", (seen) => {
    store().append(one, 0, 1, started);
    const late = () => store().append(one, seen, 2, sample.sandbox_chosen);
    expect(late).toThrow(LogMoved);
    expect(late).toThrow("last is 1");
    expect(store().lastSeq()).toBe(1);
    expect(() => store().append(one, 1, 2, sample.sandbox_chosen)).not.toThrow();
  });

  test("appends all or none", () => {
    const bad = { ...sample.tool_called, took_ms: -1 };
    expect(() => store().appendAll(one, 0, 1, [started, bad])).toThrow();
    expect(store().lastSeq()).toBe(0);
    expect(seqs(store().appendAll(one, 0, 1, [started, sample.sandbox_chosen]))).toEqual([1, 2]);
    expect(store().appendAll(one, 2, 1, [])).toEqual([]);
  });

  test("refuses what is no event, a run that is no id, and a time that is none", () => {
    const surplus = { ...sample.sandbox_chosen, surplus: 1 } satisfies Event & { surplus: number };
    expect(() => store().append(one, 0, 1, surplus)).toThrow();
    for (const at_ms of [1.5, -1, Number.NaN]) expect(() => store().append(one, 0, at_ms, started)).toThrow("whole");
    expect(store().lastSeq()).toBe(0);
  });

  test("keeps any text there is", () => {
    const said = `quote " back \\ nul \u0000 lone \ud800 line \u2028 ${"é".repeat(70_000)}`;
    store().append(one, 0, 1, { ...sample.call_settled, said });
    expect([...store().read()].map(({ event }) => event)).toEqual([{ ...sample.call_settled, said }]);
  });

  test("reads by run, number, kind and count, over any page size", () => {
    const kinds = [sample.sandbox_chosen, sample.tool_called, sample.gate_judged];
    const many = Array.from({ length: 600 }, (_, at) => kinds[at % 3] ?? started);
    store().appendAll(one, 0, 1, many);
    store().appendAll(two, 600, 1, many);
    const all = Array.from({ length: 1200 }, (_, at) => at + 1);
    expect(seqs(store().read())).toEqual(all);
    expect(seqs(store().read({ after: 255 }))).toEqual(all.slice(255));
    expect(seqs(store().read({ run: two }))).toEqual(all.slice(600));
    expect(seqs(store().read({ run: two, after: 1100, limit: 3 }))).toEqual([1101, 1102, 1103]);
    expect(seqs(store().read({ kinds: ["tool_called"] }))).toEqual(all.filter((seq) => seq % 3 === 2));
    const either = all.filter((seq) => seq % 3 !== 2);
    expect(seqs(store().read({ kinds: ["gate_judged", "sandbox_chosen"] }))).toEqual(either);
    expect(seqs(store().read({ run: one, kinds: ["gate_judged"], limit: 2 }))).toEqual([3, 6]);
    expect(seqs(store().read({ run: RunId.parse("r") }))).toEqual([]);
    expect(seqs(store().read({ kinds: [] }))).toEqual([]);
    expect(seqs(store().read({ limit: 0 }))).toEqual([]);
    expect(seqs(store().read({ after: 1200 }))).toEqual([]);
  });

  test("a reader may append between two events", () => {
    store().appendAll(one, 0, 1, [started, sample.sandbox_chosen]);
    for (const { seq } of store().read({ limit: 2 })) store().append(one, seq + 1, 1, sample.sandbox_chosen);
    expect(store().verify()).toBe(4);
  });
}

function knowsItsRuns(store: () => Store): void {
  test("runs, newest first, with the plan and the place in the log", () => {
    store().appendAll(two, 0, 10, [started, sample.sandbox_chosen]);
    store().append(one, 2, 20, { ...started, plan: "q", plan_dir: ".dgov/plans/q" });
    store().append(two, 3, 30, sample.sandbox_chosen);
    const older = { run: two, plan: "p", plan_dir: ".dgov/plans/p", first_seq: 1, last_seq: 4 };
    const newer = { run: one, plan: "q", plan_dir: ".dgov/plans/q", first_seq: 3, last_seq: 3 };
    expect(store().runs()).toEqual([
      { ...newer, started_at_ms: 20, last_at_ms: 20 },
      { ...older, started_at_ms: 10, last_at_ms: 30 },
    ]);
    expect(store().lastRun()).toMatchObject(newer);
    expect(store().lastRun(".dgov/plans/p")).toMatchObject(older);
    expect(store().lastRun(".dgov/plans/none")).toBeNull();
  });
}

function followsWithoutGaps(at: () => { store: Store; place: Place }): void {
  test("a follower gets what is there and what comes, once each, and ends with its signal", async () => {
    const { store, place } = at();
    const writer = place.open();
    writer.appendAll(one, 0, 1, [started, sample.sandbox_chosen]);
    const stop = new AbortController();
    const seen: number[] = [];
    let sleeps = 0;
    const sleep_ms = async () => {
      sleeps += 1;
      const last = writer.lastSeq();
      if (sleeps % 2) writer.append(one, last, 1, sample.tool_called);
      if (sleeps % 3 === 0) writer.appendAll(two, writer.lastSeq(), 1, [started, sample.sandbox_chosen]);
      if (sleeps === 12) stop.abort();
    };
    const wait = { poll_ms: 1, sleep_ms, signal: stop.signal };
    for await (const { seq } of store.follow({}, wait)) seen.push(seq);
    expect(seen).toEqual(Array.from({ length: 2 + 6 + 6 }, (_, n) => n + 1).slice(0, seen.length));
    const rest = seqs(writer.read({ after: seen.at(-1) ?? 0 }));
    expect([...seen, ...rest]).toEqual(seqs(writer.read()));
    expect(rest.length).toBeLessThanOrEqual(3); // what came in the very sleep that was ended
    writer.close();
  });

  test("a cursor goes on where it stopped, through a filter", async () => {
    const { store } = at();
    store.appendAll(one, 0, 1, [started, sample.tool_called, sample.sandbox_chosen, sample.tool_called]);
    const signal = new AbortController().signal;
    const wait = { poll_ms: 1, sleep_ms: async () => {}, signal };
    const seen: number[] = [];
    for (let after = 0; seen.length < 2; after = seen.at(-1) ?? 0)
      for await (const { seq } of store.follow({ after, kinds: ["tool_called"], limit: 1 }, wait)) seen.push(seq);
    expect(seen).toEqual([2, 4]);
  });
}
