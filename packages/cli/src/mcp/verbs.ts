import type { Background } from "@dgov/governor/background";
import { createBackground } from "@dgov/governor/background";
import { steer as steerRun, type Verb } from "@dgov/governor/steer";
import { watch } from "@dgov/governor/watching";
import type { Command, Here } from "../command.ts";
import { compile } from "../commands/compile.ts";
import { cost } from "../commands/cost.ts";
import { diagnose } from "../commands/diagnose.ts";
import { pause } from "../commands/pause.ts";
import { planList } from "../commands/plan_list.ts";
import { planRefute } from "../commands/plan_refute.ts";
import { planReview } from "../commands/plan_review.ts";
import { planStatus } from "../commands/plan_status.ts";
import { report } from "../commands/report.ts";
import { status } from "../commands/status.ts";
import { unpause } from "../commands/unpause.ts";
import { validate } from "../commands/validate.ts";

/** What the tools are made of. `command` takes flags, and words that none of them is. */
export type Verbs = {
  command(name: string, flags: readonly string[], words: readonly string[]): Promise<unknown>;
  steer(verb: Verb, task: string | null, reason: string): Promise<unknown>;
  events(after: number, most: number): Promise<unknown>;
  background: Background;
};

/** The commands that others may call. */
const COMMANDS: readonly Command[] = [
  compile,
  cost,
  diagnose,
  pause,
  planList,
  planRefute,
  planReview,
  planStatus,
  report,
  status,
  unpause,
  validate,
];

const STEER_WAIT_MS = 10_000;

/** `client`: what the other side calls itself, for the log. */
export function createVerbs(here: Here, client: () => string): Verbs {
  const quiet = withoutOutput(here);
  const { cwd, env, self, now_ms, random, sleep_ms } = quiet;
  return {
    async command(name, flags, words) {
      const one = COMMANDS.find((command) => command.name === name);
      if (one === undefined) throw new Error(`No command "${name}" is for others`);
      const { json, exit } = await one.perform([...flags, "--", ...words], quiet);
      return { exit, view: json };
    },
    steer: (verb, task, reason) =>
      steerRun(
        { verb, task, reason, by: `mcp ${client()}`.slice(0, 200), wait_ms: STEER_WAIT_MS },
        { cwd, env, now_ms, random, sleep_ms, signal: quiet.signal },
      ),
    async events(after, most) {
      const found: unknown[] = [];
      let cursor = after;
      const wait = { poll_ms: 200, sleep_ms, signal: quiet.signal };
      for await (const stored of watch(cwd, { all: true, plan: null, after, follow: false }, wait)) {
        if (found.length === most) return { events: found, cursor, more: true };
        cursor = stored.seq;
        found.push({ seq: stored.seq, run: stored.run, at_ms: stored.at_ms, ...stored.event });
      }
      return { events: found, cursor, more: false };
    },
    background: createBackground({ cwd, env, self, sleep_ms }),
  };
}

/** Standard output is the protocol's: what a command would stream there is no part of its answer. */
function withoutOutput(here: Here): Here {
  const terminal = { ...here.terminal, isTty: false, outIsTty: false, inIsTty: false, write: () => {} };
  const silent = { json: true, terminal, stdout: async () => {}, stderr: () => {} };
  return Object.defineProperties({} as Here, {
    ...Object.getOwnPropertyDescriptors(here),
    ...Object.getOwnPropertyDescriptors(silent),
  });
}
