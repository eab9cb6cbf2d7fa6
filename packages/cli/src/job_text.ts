import type { JobView } from "@dgov/governor/jobs";
import { plain } from "./ansi.ts";
import { columns } from "./print.ts";

/** A job for a person: how it stands, where its work is, and what is likely wanted now. */
export function renderJob(job: JobView): string {
  const { id, state, message, next, key } = job;
  const { repository, plan, base } = job.from;
  const { branch, commit, run } = job.work;
  const { log, pruned } = job.own;
  const rows = [
    ["plan", plan],
    ["repository", repository],
    ["from", base.slice(0, 12)],
    ["branch", commit === null ? `${branch} (nothing has landed)` : `${branch} at ${commit.slice(0, 12)}`],
    ...(key === null ? [] : [["key", key]]),
    ...(run === null ? [] : [["run", run]]),
    ["log", pruned ? "pruned" : log],
    ...(next === null ? [] : [["next", next]]),
  ];
  const head = `${id} ${state}${message === "" ? "" : `: ${plain(message)}`}`;
  return [
    head,
    columns(
      rows.map((row) => row.map(plain)),
      "  ",
    ),
  ].join("\n");
}
