import { readStatus, type Status } from "@dgov/governor/status";
import { sayWhole } from "@dgov/governor/whole_text";
import { z } from "zod";
import { paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { columns } from "../print.ts";

export const status = defineCommand({
  name: "status",
  summary: "Show how the last run stands, and what waits for you",
  examples: ["dgov status", "dgov status --all"],
  args: z.strictObject({}),
  flags: z.strictObject({ all: z.boolean().default(false).describe("List the tasks that have landed, too") }),
  run: async ({ all }, here) => readStatus(here.cwd, { all }),
  text: renderStatus,
});

const SIGNS = { landed: "✔", failed: "✘", skipped: "–" } as const;

/** Why an attempt ended that nobody found fault with: the next run goes on from it. */
const CUT_OFF: ReadonlySet<string> = new Set(["interrupted", "lost"]);

const isStopped = ({ state, phase }: { state: string; phase: string }) => state === "failed" && CUT_OFF.has(phase);

/** Tasks by the words that their rows have: what was stopped has not failed. */
function countsOf({ state_counts, task_list }: Status): [state: string, count: number][] {
  const stopped = task_list.filter(isStopped).length;
  const known = Object.entries(state_counts).map(([state, count = 0]): [string, number] => [
    state,
    state === "failed" ? count - stopped : count,
  ]);
  return [...known, ["stopped", stopped] as [string, number]].filter(([, count]) => count > 0);
}

export function renderStatus(view: Status): string {
  const { run } = view;
  if (!run) return "idle: nothing was ever run here";
  const landed = view.state_counts.landed ?? 0;
  const branch = run.target.replace(/^refs\/heads\//, "");
  const counts = countsOf(view).map(([state, count]) => `${count} ${state}`);
  const head = [
    `${paint(view.status === "needs_attention" ? "yellow" : "bold", view.status.replaceAll("_", " "))}: ${standing(view)}`,
    `plan ${plain(run.plan)}, run ${run.run}, onto ${plain(branch)}, sandbox ${run.sandbox ?? "not chosen yet"}`,
    `tasks: ${view.tasks} total, ${counts.length > 0 && landed < view.tasks ? counts.join(", ") : `${landed} landed`}`,
  ];
  const rows = view.task_list.map(({ slug, state, phase }) =>
    isStopped({ state, phase })
      ? ["·", "stopped", slug, "(its work is kept)"]
      : [
          state in SIGNS ? SIGNS[state as keyof typeof SIGNS] : "·",
          state,
          slug,
          phase === "" ? "" : `(${plain(phase)})`,
        ],
  );
  const whole = run.whole === null ? [] : sayWhole(run.whole).map(plain);
  const stated = run.unverified.map(({ task, text }) => `not shown: ${task} states ${plain(text)}`);
  return [...head, ...whole, ...stated, ...(rows.length > 0 ? [columns(rows, "  ")] : [])].join("\n");
}

function standing({ run }: Status): string {
  if (!run) return "";
  if (run.state === "ended") return `the last run is ${run.result ?? "over"}`;
  const again = `"dgov run ${run.plan_dir}" goes on from here`;
  if (run.state === "interrupted") return `the last run was interrupted; ${again}`;
  return run.process === "gone" ? `the last run's process is gone; ${again}` : "a run is under way";
}
