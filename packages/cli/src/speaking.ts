import { type HeldFinding, type Spoken, speakOf, type Word } from "@dgov/governor/findings";
import { z } from "zod";
import { plain } from "./ansi.ts";
import type { Here } from "./command.ts";
import { STEERING_FLAGS, TASK } from "./steering.ts";

/** Which blocker is meant, and what is said of it. */
export const FINDING = TASK.extend({
  finding: z.string().describe('Its name, as "dgov findings" has it: oak-1 is the first of the seat oak'),
});
/** Nobody is heard without one. */
export const REASON = z.string().trim().min(1);
export const SPEAKING_FLAGS = STEERING_FLAGS.extend({
  reason: REASON.describe("What its reviewer and the next attempt are told, and the log keeps"),
});

type Asked = z.infer<typeof FINDING> & z.infer<typeof SPEAKING_FLAGS>;

/** Says it to a reviewer of the last run here. */
export const say = (word: Word, { task, finding, reason, wait }: Asked, here: Here): Promise<Spoken> => {
  const { cwd, env, now_ms, random, sleep_ms, signal } = here;
  const speaking = { word, task, finding, reason, wait_ms: wait * 1000 };
  return speakOf(speaking, { cwd, env, now_ms, random, sleep_ms, signal });
};

/** A person's word on a blocker, and whether anybody has heard it. */
export function saidText({ does, by, reason, taken }: NonNullable<HeldFinding["said"]>): string {
  const then = taken ? "" : ", not heard yet";
  return `${does === "dismiss" ? "dismissed" : "answered"} by ${plain(by)}${then}: ${plain(reason)}`;
}

const DID: Readonly<Record<Word, string>> = { answer: "Answered", dismiss: "Dismissed" };

/** What has come of it, and who hears it when. */
export function saySpoken({ word, task, finding, over, taken, state, process, plan_dir }: Spoken): string {
  const what = `${plain(finding)} of ${plain(task ?? "")}`;
  const again = `"dgov run ${plain(plan_dir)}${over ? " --continue" : ""}"`;
  if (over || process === "gone") return `To ${word} ${what}: no run is under way, and ${again} takes it up`;
  if (!taken) return `To ${word} ${what}: the run takes it up as soon as it can`;
  const next = state === "failed" ? `; "dgov retry ${plain(task ?? "")}" has it tried again` : "";
  return `${DID[word]} ${what}: it is heard when its work is judged next${next}`;
}
