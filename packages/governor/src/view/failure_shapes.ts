import type { Cause } from "@dgov/kernel";

/** What kind of repair a failure asks for, and so who makes it: the first two are the words of dgov 0.8. */
export type IntentClass =
  | "Governance repair" // the plan's claims and order
  | "Project policy" // the project's own rules
  | "Task repair" // what the task asks, or how much
  | "Work repair" // the code that was made
  | "Environment repair" // the machine, the tools, the provider
  | "Run recovery"; // nothing is wrong with the work

/** A shape of failure. `do_not` is what people do that makes it worse. */
export type Shape = { name: string; intent_class: IntentClass; next_action: string; do_not: string };

/** How a task fell in the end: the shape of each cause. What to do next is the hint of the cause. */
// biome-ignore format: a table reads by its columns
export const BY_CAUSE: Readonly<Record<Cause, Omit<Shape, "next_action">>> = {
  error:         { name: "worker_crash",              intent_class: "Environment repair", do_not: "Do not change the task: its worker never got to say what is wrong with it" },
  timeout:       { name: "task_outlives_its_time",    intent_class: "Task repair",        do_not: "Do not raise the time again and again: a task that needs it twice is two tasks" },
  turns:         { name: "iteration_exhaustion",      intent_class: "Task repair",        do_not: "Do not run it again as it is: it uses up the same turns" },
  stuck:         { name: "worker_never_done",         intent_class: "Task repair",        do_not: "Do not take its last words for a result: nothing was judged" },
  incomplete:    { name: "worker_says_incomplete",    intent_class: "Task repair",        do_not: "Do not land its work by hand: its own worker says that part is missing" },
  blocked:       { name: "person_needed",             intent_class: "Task repair",        do_not: "Do not run it again before its question is answered" },
  provider:      { name: "provider_unreachable",      intent_class: "Environment repair", do_not: "Do not change the plan: no model has read it" },
  budget:        { name: "budget_spent",              intent_class: "Project policy",     do_not: "Do not split the run to get round the limit: ask for a larger one" },
  setup:         { name: "worktree_prep_drift",       intent_class: "Environment repair", do_not: "Do not put the setup into the prompt: the worker never began" },
  lost:          { name: "attempt_lost",              intent_class: "Run recovery",       do_not: "Do not restart the plan: what was done would be paid for twice" },
  interrupted:   { name: "attempt_interrupted",       intent_class: "Run recovery",       do_not: "Do not restart the plan: what was done would be paid for twice" },
  cancelled:     { name: "cancelled_by_person",       intent_class: "Run recovery",       do_not: "Do not look for a fault in the work: a person stopped it, and it is kept" },
  scope:         { name: "plan_claims_violation",     intent_class: "Governance repair",  do_not: "Do not commit the file by hand to make room for it: no other task would know" },
  symbol_scope:  { name: "symbol_claims_violation",   intent_class: "Governance repair",  do_not: "Do not claim the whole file while another task claims symbols of it" },
  read_scope:    { name: "plan_claims_violation",     intent_class: "Governance repair",  do_not: "Do not drop the read claim alone: the file would be out of reach altogether" },
  path_policy:   { name: "project_scope_violation",   intent_class: "Project policy",     do_not: "Do not widen [scope] for one task: it holds for all of them" },
  reserved_path: { name: "reserved_path_written",     intent_class: "Governance repair",  do_not: "Do not let a task write what judges it: baselines and configuration are a person's" },
  empty_diff:    { name: "empty_work",                intent_class: "Task repair",        do_not: "Do not ask for some change so that the gate passes" },
  diff_size:     { name: "oversized_work",            intent_class: "Task repair",        do_not: "Do not raise the limit for one task: nobody reads a change of that size" },
  gate:          { name: "gate_failure",              intent_class: "Work repair",        do_not: "Do not switch the gate off, and do not land the kept work by hand" },
  text_conflict: { name: "overlapping_tasks",         intent_class: "Governance repair",  do_not: "Do not merge the kept work by hand: what comes of it was never judged" },
  semantic:      { name: "parts_do_not_fit",          intent_class: "Governance repair",  do_not: "Do not mend one side alone: each was right by itself" },
  review:        { name: "review_refused",            intent_class: "Work repair",        do_not: "Do not ask other reviewers until one agrees" },
  unwatched:     { name: "tests_not_seen_red",        intent_class: "Work repair",        do_not: "Do not take a test for proof that nobody has seen fail" },
  broken:        { name: "gate_could_not_answer",     intent_class: "Environment repair", do_not: "Do not blame the work: it was not judged" },
};

/** What only shows over several events of a run. */
// biome-ignore format: a table reads by its columns
export const PATTERNS = {
  same_failure_repeated:  { intent_class: "Task repair",        next_action: "Say in the prompt what the finding asks for, or mend the check: further attempts alone have not helped", do_not: "Do not run with --continue before something has changed" },
  shared_gate_failure:    { intent_class: "Environment repair", next_action: "Run the gate's command on the target itself: tasks that have nothing in common fail with the same words", do_not: "Do not try the tasks again one by one" },
  base_already_red:       { intent_class: "Work repair",        next_action: "Mend the target first: the gate falls there as well, without this work", do_not: "Do not let the task mend what it does not claim" },
  breaks_only_together:   { intent_class: "Governance repair",  next_action: "Order the task behind the one that has landed with depends_on: the work is right by itself, and not on top of it", do_not: "Do not try the same work again on the same head" },
  gate_cannot_be_asked:   { intent_class: "Environment repair", next_action: "Run the gate's command by hand: it can be asked of no tree on this machine", do_not: "Do not blame the work: it was not judged" },
  no_progress:            { intent_class: "Task repair",        next_action: "Read the findings beside the kept work, and say in the prompt what must be different", do_not: "Do not pay for another attempt of the same agent as it is" },
  refusals_fought:        { intent_class: "Governance repair",  next_action: 'Grant what the task needs, or say in the prompt that it has none of it: "dgov plan review PLAN --events TASK" shows the calls', do_not: "Do not loosen the policy for all tasks because of one" },
  run_bash_verify_misuse: { intent_class: "Governance repair",  next_action: "Set test_cmd, lint_cmd and the like, so that the worker has its tools for them, or drop require_wrapped_verify_tools", do_not: "Do not write shell commands for checks into prompts" },
  target_moves:           { intent_class: "Run recovery",       next_action: "Let nothing else push to the target while the run lasts, or give the run a branch of its own", do_not: "Do not blame the tasks: their work was good, and judged again each time" },
  dependency_failed:      { intent_class: "Governance repair",  next_action: "Mend the task that fell; with --continue those that wait for it are taken up again", do_not: "Do not drop the dependency so that they begin: they would be built on work that is not there" },
  attempt_lost_again:     { intent_class: "Environment repair", next_action: "See what kills dgov (memory, a limit of the machine, a supervisor) before it is run again", do_not: "Do not just start it again: it has died at the same task before" },
  stale_run_window:       { intent_class: "Run recovery",       next_action: "Run the plan again: the run goes on from its log, and nothing that landed is done twice", do_not: "Do not remove .dgov/state.db: it is what the run goes on from" },
  landing_waits:          { intent_class: "Run recovery",       next_action: "Run the command in the evidence: the work has landed, and the checkout has not followed", do_not: "Do not make the change again by hand" },
  red_together:           { intent_class: "Work repair",        next_action: "Mend the head and have it judged again with --continue, or take the last good head with the command in the evidence and run with --continue, which does the rest anew", do_not: "Do not count the plan as done because every task has landed: no task's own tests show what fails" },
  archive_policy_drift:   { intent_class: "Project policy",     next_action: "Let git keep .dgov/plans/archive/: take the rule out of the ignore file that the evidence names", do_not: "Do not force-add archived plans one by one" },
} as const satisfies Record<string, Omit<Shape, "name">>;
export type Pattern = keyof typeof PATTERNS;
