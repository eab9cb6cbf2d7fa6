import { RunId, replay, type Stored } from "@dgov/kernel";
import type { Hand } from "@dgov/worker";
import { newBell } from "../bell.ts";
import { openReadable } from "../log.ts";
import type { RunView } from "../run_view.ts";
import type { World } from "../session.ts";
import { notBegun, type Standing, standingAfter, standingIn, standingOf } from "./standing.ts";

/** How a run ended: with a view, or by what it threw. */
type End = { view: RunView } | { error: unknown };

/**
 * Between a run that does its work and somebody who asks when they like how it stands.
 *
 * `hand`   the tools of the attempt under way, null: none is
 * `order`  what that is to do, as a worker is told
 * `isAsked` whether somebody is to do or to know something now: nothing moves by itself until they do
 * `begin`  is given what has the run done, with the ears that it must have
 * `until`  waits until it is so, or so long. @throws what the run threw; the next `begin` begins it anew
 * `leave`  whoever worked is gone; resolves when the run is over
 */
export type Desk = {
  standing(): Standing;
  hand(): Hand | null;
  order(): string | null;
  isAsked(): boolean;
  lend(order: string, hand: Hand): void;
  takeBack(): void;
  begin(run: (ears: Pick<World, "notify" | "signal">) => Promise<RunView>): void;
  until(isSo: () => boolean, wait_ms: number): Promise<void>;
  leave(): Promise<void>;
};

type Of = { root: string; task: string; approval: boolean };

export function createDesk({ root, task, approval }: Of, world: Pick<World, "sleep_ms" | "signal">): Desk {
  const bell = newBell();
  const stop = new AbortController();
  const state: State = { standing: notBegun(task), hand: null, order: null, run: null, gone: false, over: false };
  const stand = (standing: Partial<Standing>) => {
    state.standing = { ...state.standing, ...standing };
    bell.ring();
  };
  const hear = ({ run, event }: Stored) => {
    const before = event.kind === "run_resumed" ? resumed(root, run, state.standing) : state.standing;
    stand({ ...standingAfter(before, event, approval), run });
  };
  return {
    standing: () => state.standing,
    hand: () => state.hand,
    order: () => state.order,
    isAsked: () => state.over || state.standing.state === "working" || state.standing.state === "approval",
    lend(order, hand) {
      Object.assign(state, { hand, order });
      stand({ state: "working" });
      if (state.gone) stop.abort(GONE);
    },
    takeBack() {
      Object.assign(state, { hand: null, order: null });
      if (state.standing.state === "working") stand({ state: "judging" });
    },
    begin(run) {
      if (state.run !== null) return;
      const signal = AbortSignal.any([world.signal, stop.signal]);
      state.run = run({ notify: hear, signal }).then(
        (view): End => {
          state.over = true;
          stand(standingIn(view, state.standing));
          return { view };
        },
        (error: unknown): End => ({ error }),
      );
    },
    async until(isSo, wait_ms) {
      const late = new AbortController();
      const over = world.sleep_ms(wait_ms, late.signal).then(() => late.abort());
      while (!isSo() && !late.signal.aborted && !world.signal.aborted) {
        const ended = await Promise.race([bell.next(), over, state.run]);
        if (!ended || !("error" in ended)) continue;
        state.run = null;
        late.abort();
        throw ended.error;
      }
      late.abort();
    },
    async leave() {
      state.gone = true;
      if (!FINISHED.includes(state.standing.state)) stop.abort(GONE);
      await state.run;
    },
  };
}

type State = {
  standing: Standing;
  hand: Hand | null;
  order: string | null;
  run: Promise<End> | null;
  gone: boolean;
  over: boolean;
};

const GONE = "whoever worked by hand is gone";

/** What comes to its end without whoever has worked. */
const FINISHED: readonly Standing["state"][] = ["judging", "landed", "failed"];

function resumed(root: string, id: string, before: Standing): Standing {
  const log = openReadable(root);
  try {
    const run = replay(log.read({ run: RunId.parse(id) }));
    return run === null ? before : standingOf(run, before);
  } finally {
    log.close();
  }
}
