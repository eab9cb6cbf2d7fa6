import { counted } from "@dgov/governor/counted";
import { type ReplayView, replayRun } from "@dgov/governor/replay_run";
import { z } from "zod";
import { paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { columns } from "../print.ts";

export const replay = defineCommand({
  name: "replay",
  summary: "Decide a run once more from its log alone, and compare each decision",
  details:
    "Needs no model, key, network, plan or worktree. What workers and commands answered is a fact and is taken from the log; every dispatch, verdict, landing, retry, skip and end that follows from the facts is derived again. Exits with 1 at the first that differs.",
  examples: ["dgov replay RUN"],
  args: z.strictObject({ run: z.string().describe("The run's id, or a beginning of it that no other has") }),
  flags: z.strictObject({}),
  run: async ({ run }, { cwd }) => replayRun(cwd, run),
  text: renderReplay,
  exit: ({ agrees }) => (agrees ? 0 : 1),
});

const WORDS: Readonly<Record<keyof ReplayView["decisions"], string>> = {
  dispatch: "attempts begun",
  route: "routes chosen",
  spend: "model calls paid for",
  weigh: "statements and tests weighed",
  judge: "candidates judged",
  judge_batch: "batches judged",
  land: "turns to land",
  retry: "retries",
  skip: "tasks skipped",
  judge_head: "judgements of all that has landed",
  keep_good: "last good heads kept",
  end: "ends of the run",
};

export function renderReplay({ run, plan, events, state, tasks, decisions, difference }: ReplayView): string {
  const all = Object.values(decisions).reduce((sum, one) => sum + one, 0);
  const kinds = (Object.keys(WORDS) as (keyof typeof WORDS)[]).filter((kind) => decisions[kind] > 0);
  const rows = kinds.map((kind) => [String(decisions[kind]).padStart(5), WORDS[kind]]);
  const stood = tasks.map(({ task, state: now, attempts }) => [now, task, attempts > 1 ? `${attempts} attempts` : ""]);
  const about = `run ${run} of "${plain(plan)}", ${counted(events, "event")}`;
  const lines = difference
    ? [
        `${paint("red", "differs:")} ${about} agree, and then event ${difference.seq} does not`,
        `  ${difference.kind}${difference.task === null ? "" : ` of ${difference.task}`}: ${plain(difference.why)}`,
        `  asked for instead: ${difference.asked.map(sayAction).join("; ") || "nothing"}`,
      ]
    : [`${paint("green", "agrees:")} ${about}: all ${counted(all, "decision")} come out as recorded`];
  if (rows.length > 0) lines.push(columns(rows));
  lines.push(`The run ${difference ? "was" : "is"} ${state}`, columns(stood, "  "));
  return lines.join("\n");
}

type Action = NonNullable<ReplayView["difference"]>["asked"][number];

function sayAction(action: Action): string {
  switch (action.do) {
    case "dispatch":
      return `begin attempt ${action.attempt} of ${action.task} at rung ${action.tier}`;
    case "judge":
      return `judge ${action.task}`;
    case "judge_batch":
      return `judge ${action.tasks.map(({ task }) => task).join(", ")} together`;
    case "land":
      return `land ${action.task}`;
    case "retry":
      return `try ${action.task} again at rung ${action.tier}${action.carry ? ", going on from its work" : ", afresh"}`;
    case "skip":
      return `skip ${action.task} because of ${action.because}`;
    case "judge_head":
      return `judge ${action.commit ?? "the target's head"}, with all that has landed`;
    case "keep_good":
      return `keep ${action.commit} as the last good head`;
    case "end":
      return `end as "${action.status}"`;
  }
}
