import type { Cause } from "@dgov/kernel";

/** What a person can do about each end of a task, in one sentence. */
export const HINTS: Readonly<Record<Cause, string>> = {
  error: "Look at the attempt with --events; if the tools crash every time, report it",
  timeout: "Give the task a larger timeout_s, or split it; with --continue its kept work is handed on",
  turns: "Give the task a larger iteration_budget, or split it: it asks for more than one sitting",
  stuck: "Say in the prompt what done looks like; the model stopped without saying it",
  incomplete: "Read what the worker says is missing, then split the task or give it what it lacks",
  blocked: "Read what the worker asks for, answer it in the prompt, then run with --continue",
  provider: 'See whether the provider answers, then run with --continue; "dgov doctor" tells what is set up',
  budget: "Raise the ceiling in [budget] or [limits], then run with --continue",
  setup: "Run setup_cmd by hand in a fresh checkout: it fails before any worker begins",
  lost: "Run again: the work is kept, and the run goes on from it",
  interrupted: "Run again: the work is kept, and the run goes on from it",
  scope: "Claim the files under [files] if the task needs them; if it does not, say so in the prompt",
  symbol_scope: "Claim the symbols under [files] (path::NAME), or the whole file, if the task needs them",
  read_scope: "Move the files from read to edit if the task must change them; if not, say so in the prompt",
  path_policy: "The project's [scope] forbids these paths: change the plan, or the policy",
  reserved_path: "These files belong to dgov: no task may change them",
  empty_diff: "Say in the prompt what must change; if nothing must, remove the task",
  diff_size: "Split the task, or raise diff_max_files",
  gate: "Run the gate's command on the kept work, and say in the prompt what must hold",
  text_conflict: "Order the two tasks with depends_on, so that the second sees what the first did",
  semantic: "Order the two tasks with depends_on, or tell both how their parts fit together",
  review: "Read the findings, then change the prompt or the work",
  unwatched: "Say in the prompt that the task's tests are to be run, and seen to fail, before the first change",
  broken: "The gate itself could not answer: run its command by hand and mend it; the work is kept",
};
