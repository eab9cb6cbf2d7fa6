import { counted } from "@dgov/governor/counted";
import { type DebriefView, debrief as lookBack } from "@dgov/governor/debrief";
import { z } from "zod";
import { paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { clock } from "../live.ts";

export const debrief = defineCommand({
  name: "debrief",
  summary: "Look back on the last run: what stood in the way of each task, and who said what of it",
  details:
    "Of the last run alone. Each line begins with the number of the event that shows it; comments are what people, reviewers and gates have\n" +
    "said beside their verdicts.",
  examples: ["dgov debrief", "dgov debrief add-limits --diff tasks/main.limiter"],
  args: z.strictObject({ plan: z.string().optional().describe("Whose last run; default: the last of all") }),
  flags: z.strictObject({
    diff: z.string().optional().describe("Show the patch of this task: what landed, or what its last attempt left"),
    timeline: z.string().optional().describe("Show what happened to this task, event by event"),
  }),
  run: ({ plan = null, diff = null, timeline = null }, { cwd, env }) =>
    lookBack({ cwd, env }, plan, { diff, timeline }),
  text: renderDebrief,
});

function renderDebrief({ run, plan, status, from_ms, to_ms, tasks, comments, diff, timeline }: DebriefView): string {
  const setbacks = tasks.flatMap(({ task, state, attempts, setbacks: all }) =>
    all.length === 0 && state === "landed"
      ? []
      : [
          `${paint(state === "landed" ? "green" : "red", plain(task))}  ${state} after ${counted(attempts, "attempt")}`,
          ...all.map(({ seq, attempt, text }) => `    ${seq}  attempt ${attempt}: ${plain(text)}`),
        ],
  );
  const at = (at_ms: number) => new Date(at_ms).toISOString().slice(11, 19);
  const smooth = tasks.filter(({ state, setbacks: all }) => state === "landed" && all.length === 0).length;
  return [
    `Run ${run} of ${plain(plan)}: ${status}, ${clock(to_ms - from_ms)}`,
    `${smooth} of ${tasks.length} tasks landed at the first try`,
    ...(setbacks.length === 0 ? [] : ["", "What stood in the way:", ...setbacks]),
    ...(comments.length === 0 ? [] : ["", "What was said:"]),
    ...comments.map(
      ({ seq, at_ms, task, by, text }) => `    ${seq}  ${at(at_ms)}  ${plain(by)} of ${plain(task)}: ${plain(text)}`,
    ),
    ...(timeline === null ? [] : ["", `What happened to ${plain(timeline.task)}:`]),
    ...(timeline?.events ?? []).map(({ seq, at_ms, text }) => `    ${seq}  ${at(at_ms)}  ${plain(text)}`),
    ...(diff === null ? [] : ["", `The patch of ${plain(diff.task)}:`]),
    ...(diff?.patch ?? "").split("\n").flatMap((line) => (line === "" ? [] : [line.split("\t").map(plain).join("\t")])),
  ].join("\n");
}
