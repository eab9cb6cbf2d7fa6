import { runPlan } from "../../packages/governor/src/run.ts";
import type { World } from "../../packages/governor/src/session.ts";
import { DGOV, type Place } from "../repo.ts";

/** Runs the plan of a place in this process, as `dgov run` does, with jails of the program `self`. @returns the run's status; what it throws goes up */
export async function play(
  { root, env, self = DGOV }: Pick<Place, "root" | "env"> & { self?: readonly string[] },
  notify: World["notify"],
  mode: "go" | "continue" = "go",
): Promise<string> {
  const view = await runPlan(
    { cwd: root, plan: ".dgov/plans/p", only: [], mode, jobs: 2, yes: false, dry_run: false },
    {
      now_ms: Date.now,
      sleep_ms: (ms) => Bun.sleep(Math.min(ms, 50)), // it waits for nobody
      random: Math.random,
      env,
      self,
      signal: new AbortController().signal,
      warn: () => {},
      notify,
    },
  );
  return view.status;
}

/** How a process ends whose run was disturbed and has survived it, well or refused; and one whose run was not. */
export const REACHED = 11;
export const NOT_REACHED = 12;
