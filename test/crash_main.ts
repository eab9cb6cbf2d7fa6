/**
 * dgov run, killed by its own hand: `bun crash_main.ts SEQ PLAN [continue]` ends with SIGKILL the moment event SEQ, or the first of
 * the kind SEQ, is in the log, before anything else can happen. What `kill -9` does at a moment of its choosing, done at each.
 */
import { runPlan } from "../packages/governor/src/run.ts";
import { DGOV } from "./repo.ts";

const [seq, plan, mode] = process.argv.slice(2);
await runPlan(
  {
    cwd: process.cwd(),
    plan: plan ?? "",
    only: [],
    mode: mode === "continue" ? mode : "go",
    jobs: 2,
    yes: false,
    dry_run: false,
  },
  {
    now_ms: Date.now,
    sleep_ms: (ms) => Bun.sleep(ms),
    random: Math.random,
    env: process.env,
    self: DGOV,
    signal: new AbortController().signal,
    warn: () => {},
    notify: (stored) => {
      if (stored.seq === Number(seq) || stored.event.kind === seq) process.kill(process.pid, "SIGKILL");
    },
  },
);
