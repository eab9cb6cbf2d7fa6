import { describe, expect, test } from "bun:test";
import { type Event, TaskId } from "@dgov/kernel";
import { rederive } from "@dgov/kernel/rederive";
import { type Performers, runLoop } from "./loop.ts";
import { NOBODY } from "./steering/desk.ts";
import { eventsIn, sessionOf, WORKER } from "./testing/site.ts";

const id = (slug: string): TaskId => TaskId.parse(`core/main.${slug}`);
const oid = (digit: string): string => digit.repeat(40);
const [A, B, C, D] = [id("a"), id("b"), id("c"), id("d")];
const never = new AbortController().signal;
const notPaused = NOBODY;

type Fake = {
  /** What an attempt ends with; default: a candidate. Awaited, so that it may take its time. */
  work?: (task: TaskId, attempt: number, signal: AbortSignal) => Promise<"frozen" | "failed">;
  change?: Partial<Performers>;
};

/** Performers that record what real ones would, and remember how many of a kind were under way at once. */
function fake(
  session: ReturnType<typeof sessionOf>["session"],
  { work = async () => "frozen", change = {} }: Fake = {},
) {
  const most: Record<string, number> = {};
  const now: Record<string, number> = {};
  const counted =
    <Args extends unknown[]>(kind: string, perform: (...args: Args) => Promise<void>) =>
    async (...args: Args) => {
      now[kind] = (now[kind] ?? 0) + 1;
      most[kind] = Math.max(most[kind] ?? 0, now[kind]);
      await Bun.sleep(1);
      await perform(...args);
      now[kind] -= 1;
    };
  const judged = { head: oid("0"), tree: oid("2"), commit: oid("3") };
  const performers: Performers = {
    dispatch: counted("dispatch", async ({ task, attempt }, signal) => {
      const of = { task, attempt };
      session.record({ kind: "task_dispatched", ...of, base: oid("0"), ...WORKER, carried_from: null });
      if ((await work(task, attempt, signal)) === "frozen")
        session.record({
          kind: "candidate_frozen",
          ...of,
          base: oid("0"),
          tree: oid("1"),
          commit: oid("1"),
          summary: "",
        });
      else
        session.record({
          kind: "attempt_failed",
          ...of,
          cause: signal.aborted ? "interrupted" : "stuck",
          detail: "",
          kept: null,
        });
    }),
    judge: counted("judge", async ({ task, attempt }) => {
      session.record({ kind: "candidate_passed", task, attempt, ...judged });
    }),
    judge_batch: async () => {
      throw new Error("Nothing is judged together here");
    },
    judge_head: async () => {
      const commit = oid("3");
      session.record({ kind: "head_judged", commit, tree: oid("2"), verdict: "pass", gates: [], known: [] });
    },
    keep_good: async () => {
      throw new Error("Nothing is red here");
    },
    land: counted("land", async ({ task, attempt }) => {
      session.record({ kind: "landing_started", task, attempt, ...judged });
      await Bun.sleep(1);
      session.record({ kind: "task_landed", task, attempt, commit: oid("3") });
    }),
    retry: async ({ task, attempt, tier, carry }) => {
      session.record({ kind: "task_retried", task, attempt, by: "policy", tier, carry });
    },
    ...change,
  };
  return { performers, most };
}

const told = (events: readonly Event[]) =>
  events.flatMap((event) => ("task" in event ? [`${event.kind} ${event.task.slice(-1)}`] : [event.kind]));

test("C4 no more workers than jobs, and one landing at a time, however many are ready", async () => {
  const { session, log } = sessionOf(
    [..."abcdefgh"].map((slug) => ({ id: id(slug) })),
    { jobs: 3 },
  );
  const { performers, most } = fake(session);
  expect(await runLoop(session, performers, never, notPaused)).toBe(true);
  expect(most).toMatchObject({ dispatch: 3, land: 1 });
  expect(eventsIn(log).at(-1)).toEqual({ kind: "run_ended", status: "complete" });
});

/** Eight candidates on a target whose head moves with each landing: how they are judged until all have landed. */
async function judgedUntilLanded(judge_ms: number) {
  const tasks = [..."abcdefgh"].map((slug) => ({ id: id(slug) }));
  const { session, clock } = sessionOf(tasks, { jobs: 3 });
  for (const { id: task } of tasks) {
    const of = { task, attempt: 1, base: oid("0") };
    session.record({ kind: "task_dispatched", ...of, ...WORKER, carried_from: null });
    session.record({ kind: "candidate_frozen", ...of, tree: oid("1"), commit: oid("1"), summary: "" });
  }
  const target = { head: 0, moving: false };
  const seen = { all: 0, atOnce: 0, duringLanding: 0 };
  let judging = 0;
  const { performers } = fake(session, {
    change: {
      judge: async ({ task, attempt }) => {
        judging += 1;
        seen.all += 1;
        seen.atOnce = Math.max(seen.atOnce, judging);
        seen.duringLanding += Number(target.moving);
        const head = oid(String(target.head));
        await Bun.sleep(2);
        clock.now_ms += judge_ms;
        judging -= 1;
        session.record({ kind: "candidate_passed", task, attempt, head, tree: oid("2"), commit: oid("3") });
      },
      land: async ({ task, attempt }) => {
        const judged = session.run.tasks.find((one) => one.id === task)?.work?.integrated;
        const head = oid(String(target.head));
        if (judged?.head !== head) return session.record({ kind: "candidate_stale", task, attempt, head });
        target.moving = true;
        session.record({ kind: "landing_started", task, attempt, head, tree: oid("2"), commit: oid("3") });
        await Bun.sleep(2);
        target.head += 1;
        target.moving = false;
        session.record({ kind: "task_landed", task, attempt, commit: oid("3") });
      },
    },
  });
  expect(await runLoop(session, performers, never, notPaused)).toBe(true);
  return seen;
}

test("candidates are judged side by side, as many as tasks may be at work, and none while another lands", async () => {
  expect(await judgedUntilLanded(60_000)).toMatchObject({ atOnce: 3, duringLanding: 0 });
});

test("where judging takes no time, one is judged after another, and hardly one for nothing", async () => {
  const { all, duringLanding } = await judgedUntilLanded(1);
  expect(duringLanding).toBe(0);
  expect(all).toBeLessThanOrEqual(8 + 2); // of the first three nobody knows how long they take
});

test("who comes next is looked at while another one lands, and what fails of it changes nothing", async () => {
  const tasks = [A, B, C].map((task) => ({ id: task }));
  const { session } = sessionOf(tasks, { jobs: 3 });
  for (const { id: task } of tasks) {
    const of = { task, attempt: 1, base: oid("0") };
    session.record({ kind: "task_dispatched", ...of, ...WORKER, carried_from: null });
    session.record({ kind: "candidate_frozen", ...of, tree: oid("1"), commit: oid("1"), summary: "" });
  }
  const order: string[] = [];
  const { performers } = fake(session);
  const noting: Performers = {
    ...performers,
    judge: async (action, signal) => {
      order.push(`judge ${action.task.at(-1)}`);
      await performers.judge(action, signal);
    },
    land: async (action, signal) => {
      order.push(`land ${action.task.at(-1)}`);
      await performers.land(action, signal);
    },
    lookAhead: async ({ task }) => {
      order.push(`look ${task.at(-1)}`);
      await Bun.sleep(0);
      order.push(`seen ${task.at(-1)}`);
      throw new Error("nothing can look at symbols");
    },
  };
  session.record({ kind: "candidate_passed", task: A, attempt: 1, head: oid("0"), tree: oid("2"), commit: oid("3") });
  expect(await runLoop(session, noting, never, notPaused)).toBe(true);
  expect(order.filter((line) => line.startsWith("look"))).toEqual(["look b"]);
  expect(order.indexOf("seen b")).toBeLessThan(order.indexOf("judge b"));
  expect(order[0]).toBe("land a");
});

test("a task begins when what it depends on has landed, and not before", async () => {
  const { session, log } = sessionOf([{ id: A }, { id: B, after: [A] }]);
  await runLoop(session, fake(session).performers, never, notPaused);
  const order = told(eventsIn(log));
  expect(order.indexOf("task_dispatched b")).toBeGreaterThan(order.indexOf("task_landed a"));
});

test("who waits for a failed task is skipped, and who waits for that one too; the rest lands", async () => {
  const { session, log } = sessionOf([{ id: A }, { id: B, after: [A] }, { id: C, after: [B] }, { id: D }]);
  await runLoop(
    session,
    fake(session, { work: async (task) => (task === A ? "failed" : "frozen") }).performers,
    never,
    notPaused,
  );
  const order = told(eventsIn(log));
  expect(order.filter((line) => line.startsWith("task_skipped"))).toEqual(["task_skipped b", "task_skipped c"]);
  expect(order).toContain("task_landed d");
  expect(eventsIn(log).at(-1)).toEqual({ kind: "run_ended", status: "partial" });
});

test("a slow task does not hold up another one", async () => {
  const { session } = sessionOf([{ id: A }, { id: B }]);
  const slow = Promise.withResolvers<void>();
  const { performers } = fake(session, {
    work: async (task) => {
      if (task === A) await slow.promise;
      return "frozen";
    },
  });
  const landed = Promise.withResolvers<void>();
  const { land } = performers;
  performers.land = async (action, signal) => {
    await land(action, signal);
    if (action.task === B) landed.resolve();
  };
  const running = runLoop(session, performers, never, notPaused);
  await landed.promise;
  expect(session.run.tasks.map(({ state }) => state)).toEqual(["active", "landed"]);
  slow.resolve();
  expect(await running).toBe(true);
});

describe("what ends a run early", () => {
  test("the user: all under way comes to rest before the run says that it is interrupted", async () => {
    const { session, log } = sessionOf([{ id: A }, { id: B }, { id: C }]);
    const user = new AbortController();
    const { performers } = fake(session, {
      work: async (_, __, signal) => {
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
        await Bun.sleep(5);
        return "failed";
      },
    });
    setTimeout(() => user.abort("SIGINT"), 10);
    expect(await runLoop(session, performers, user.signal, notPaused)).toBe(false);
    expect(eventsIn(log).at(-1)).toEqual({ kind: "run_interrupted", signal: "SIGINT" });
    expect(told(eventsIn(log)).filter((line) => line.startsWith("attempt_failed"))).toHaveLength(2);
    expect(session.run.tasks.map(({ state }) => state)).toEqual(["failed", "failed", "waiting"]);
  });

  test("a signal that came before the first action: nothing begins", async () => {
    const { session, log } = sessionOf([{ id: A }]);
    expect(await runLoop(session, fake(session).performers, AbortSignal.abort("SIGTERM"), notPaused)).toBe(false);
    expect(told(eventsIn(log))).toEqual(["run_started", "run_interrupted"]);
  });

  test("a performer that throws: the others are told to stop and waited for, and the error goes up", async () => {
    const { session, log } = sessionOf([{ id: A }, { id: B }]);
    const stopped: TaskId[] = [];
    const { performers } = fake(session, {
      work: async (task, _, signal) => {
        if (task === A) throw new Error("a bug");
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
        stopped.push(task);
        return "failed";
      },
    });
    await expect(runLoop(session, performers, never, notPaused)).rejects.toThrow("a bug");
    expect(stopped).toEqual([B]);
    expect(told(eventsIn(log))).not.toContain("run_ended"); // it can be gone on with
  });

  test("a performer that throws while the user stops the run: the error goes up, and is not taken for an interruption", async () => {
    const { session, log } = sessionOf([{ id: A }]);
    const user = new AbortController();
    const { performers } = fake(session, {
      work: async () => {
        user.abort("SIGINT");
        await Bun.sleep(1);
        throw new Error("a bug");
      },
    });
    await expect(runLoop(session, performers, user.signal, notPaused)).rejects.toThrow("a bug");
    expect(told(eventsIn(log))).not.toContain("run_interrupted");
  });

  test("a performer that does nothing is a bug, and is not asked for ever again", async () => {
    const { session } = sessionOf([{ id: A }]);
    const { performers } = fake(session, { change: { judge: async () => undefined } });
    await expect(runLoop(session, performers, never, notPaused)).rejects.toThrow('Performed "judge core/main.a"');
  });
});

describe("C22 a run that is paused", () => {
  test("begins nothing more, lets what is under way land, and stops", async () => {
    const { session, log } = sessionOf([{ id: A }, { id: B }, { id: C, after: [A] }], { jobs: 1 });
    const paused = () => (session.run.tasks[0]!.attempt > 0 ? "look first" : null);
    expect(await runLoop(session, fake(session).performers, never, { ...NOBODY, paused })).toBe(false);
    const [first, ...more] = told(eventsIn(log)).filter((line) => line.startsWith("run_paused"));
    expect([first, more]).toEqual(["run_paused", []]); // once, however often it is looked for
    expect(session.run.tasks.map(({ state }) => state)).toEqual(["landed", "waiting", "waiting"]);
    expect(eventsIn(log).at(-1)).toEqual({ kind: "run_interrupted", signal: "pause" });
    session.record({ kind: "run_resumed", head: oid("0") });
    expect(await runLoop(session, fake(session).performers, never, notPaused)).toBe(true);
    expect(session.run.tasks.map(({ state }) => state)).toEqual(["landed", "landed", "landed"]);
    const { difference } = rederive(log.read());
    expect(difference).toBeNull();
  });

  test("is not paused where nothing is left to begin", async () => {
    const { session: over, log: all } = sessionOf([{ id: A }]);
    const once = () => (over.run.tasks[0]!.attempt > 0 ? "late" : null);
    expect(await runLoop(over, fake(over).performers, never, { ...NOBODY, paused: once })).toBe(true);
    expect(told(eventsIn(all)).some((line) => line.startsWith("run_paused"))).toBe(false);
  });
});

test("a retry that waits takes no slot, and the task goes on after it", async () => {
  const { session, log } = sessionOf([{ id: A }, { id: B }], {
    jobs: 1,
    retry: { retries: 2, settlement_retries: 1, tiers: 1, backoff_ms: [1] },
  });
  const { performers } = fake(session);
  const { dispatch } = performers;
  performers.dispatch = async (action, signal) => {
    if (action.task !== A || action.attempt > 1) return dispatch(action, signal);
    const of = { task: A, attempt: 1 };
    session.record({ kind: "task_dispatched", ...of, base: oid("0"), ...WORKER, carried_from: null });
    session.record({ kind: "attempt_failed", ...of, cause: "provider", detail: "", kept: null });
  };
  const { retry } = performers;
  const waits = Promise.withResolvers<void>();
  performers.retry = async (action, signal) => {
    await waits.promise;
    await retry(action, signal);
  };
  const { land } = performers;
  performers.land = async (action, signal) => {
    await land(action, signal);
    if (action.task === B) waits.resolve();
  };
  expect(await runLoop(session, performers, never, notPaused)).toBe(true);
  const order = told(eventsIn(log));
  expect(order.indexOf("task_landed b")).toBeLessThan(order.indexOf("task_retried a"));
  expect(order).toContain("task_landed a");
});
