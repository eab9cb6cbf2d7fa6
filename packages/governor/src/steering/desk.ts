import type { RunId } from "@dgov/kernel";
import { newBell } from "../bell.ts";
import { pausedBecause } from "../pause.ts";
import type { World } from "../session.ts";
import { type Filed, isWord, readRequest, removeRequest, requestFiles } from "./request.ts";

/**
 * What people want of a run while it lasts.
 *
 * `paused`    why no attempt may be begun; null: it may
 * `requests`  what was asked for and is not done yet, oldest first
 * `done`      takes one away: what it asked for is on record, or there is nothing to be done
 * `heard`     resolves when something new has been asked for
 * `patience`  resolves, with true, when a person has been waited for long enough; with false when `signal` fires before
 */
export type Steering = {
  paused(): string | null;
  requests(): Filed[];
  done(filed: Filed): void;
  heard(): Promise<void>;
  patience(signal: AbortSignal): Promise<boolean>;
};

/** Nobody can ask for anything. */
export const NOBODY: Steering = {
  paused: () => null,
  requests: () => [],
  done: () => {},
  heard: () => new Promise(() => {}),
  patience: async () => true,
};

const LOOK_EVERY_MS = 200;

type Place = { root: string; run: RunId; wait_ms: number };

/** Steering for as long as `use` takes. */
export async function withSteering<Value>(
  place: Place,
  world: Pick<World, "sleep_ms" | "warn">,
  use: (steering: Steering) => Promise<Value>,
): Promise<Value> {
  const steering = openSteering(place, world);
  try {
    return await use(steering);
  } finally {
    steering.close();
  }
}

/** Listens for requests of this run, and takes away what was asked of another, but for words to its reviewers. `close` must be called. */
export function openSteering(
  { root, run, wait_ms }: Place,
  world: Pick<World, "sleep_ms" | "warn">,
): Steering & { close(): void } {
  const bell = newBell();
  const closed = new AbortController();
  const seen = new Set<string>();
  const requests = (): Filed[] =>
    requestFiles(root).flatMap((file) => {
      seen.add(file);
      const request = readRequest(root, file);
      if (request?.run === run) return [{ file, request }];
      if (request !== null && isWord(request)) return []; // the next run of its plan takes it
      if (request === null) world.warn(`Not a request, and taken away: .dgov/runtime/requests/${file}`);
      removeRequest(root, file);
      return [];
    });
  const listen = async () => {
    while (!closed.signal.aborted) {
      await world.sleep_ms(LOOK_EVERY_MS, closed.signal);
      if (requestFiles(root).some((file) => !seen.has(file))) bell.ring();
    }
  };
  void listen();
  return {
    paused: () => pausedBecause(root),
    requests,
    done: ({ file }) => removeRequest(root, file),
    heard: () => bell.next(),
    async patience(signal) {
      await world.sleep_ms(wait_ms, signal);
      return !signal.aborted;
    },
    close: () => closed.abort(),
  };
}
