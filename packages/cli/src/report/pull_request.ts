import type { ReportedTask, RunReport } from "@dgov/governor/report";
import { sayWhole } from "@dgov/governor/whole_text";
import { cell, code, table } from "../markdown.ts";
import { reportMarkdown } from "./text.ts";

/** What a pull request says of a run: whether all of it landed and passes, task by task who judged it, and the report. */
export function pullRequestBody(report: RunReport): string {
  const { account, tasks, sound } = report;
  const done = tasks.filter(({ status }) => status === "deployed").length;
  const rows = tasks.map((task) => [
    code(task.task),
    cell(task.status.replaceAll("_", " ")),
    task.commit === null ? "" : code(task.commit.slice(0, 12)),
    cell(verdictsOf(task)),
    cell(task.carried ? "an earlier run" : (task.attempts.at(-1)?.model ?? "")),
    `${task.attempts.length}`,
  ]);
  const doubts = [
    ...(account.status === "complete"
      ? []
      : [`**The run is ${cell(account.status)}: not all of its plan is in here.**`]),
    ...(sound ? [] : ["**What this rests on is not sound: see the report.**"]),
    ...(account.whole && account.whole.verdict !== "pass" ? sayWhole(account.whole).map(cell) : []),
  ];
  return `${[
    `Plan ${code(account.plan)}, run ${code(account.run)}: ${done} of ${tasks.length} tasks landed, each judged on top of what landed before it.`,
    ...doubts,
    table(["task", "state", "commit", "gates of its last attempt", "by", "attempts"], rows),
    `<details><summary>Report</summary>\n\n${reportMarkdown(report)}\n</details>`,
  ].join("\n\n")}\n`;
}

function verdictsOf({ gates, votes }: ReportedTask): string {
  const wrong = gates.filter(({ verdict }) => verdict !== "pass").map(({ gate, verdict }) => `${gate}: ${verdict}`);
  const passed = `${gates.length - wrong.length} passed`;
  const seats =
    votes.length === 0
      ? []
      : [`${votes.filter(({ vote }) => vote === "approve").length} of ${votes.length} reviewers approve`];
  return [passed, ...wrong, ...seats].join("; ");
}
