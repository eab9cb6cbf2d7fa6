/**
 * Every way dgov can fail that a person can mend, with the exit status a script may test and the cure.
 * 1 the plan or a gate failed; 2 wrong usage; 3 a bad plan or configuration; 4 the repository is not ready;
 * 5 a tool or provider is missing; 6 a job of that key asks for something else; 130 interrupted.
 */
// biome-ignore format: a table reads by its columns
const ERRORS = {
  already_shipped:      { exit: 3, hint: "Go on with the rest with --continue, or do it all again with --restart" },
  baseline_stale:       { exit: 1, hint: 'Make it anew with "dgov sentrux gate-save", and commit it' },
  baseline_missing:     { exit: 1, hint: 'Make it with "dgov sentrux gate-save", and commit it' },
  config_changed:       { exit: 3, hint: "Put it back, or begin a run that keeps what has landed with --continue" },
  config_exists:        { exit: 3, hint: "Change it by hand, or write over it with --force" },
  config_invalid:       { exit: 3, hint: "Mend the place in .dgov/project.toml, then run again" },
  coverage_unmeasured:  { exit: 1, hint: "Run coverage_cmd by hand: it must pass, and leave a report where {output} stands" },
  finding_unknown:      { exit: 3, hint: 'List what reviewers hold against tasks with "dgov findings"' },
  fork_refused:         { exit: 4, hint: 'See "dgov help fork"' },
  git_failed:           { exit: 4, hint: "Run the git command by hand to see what git needs" },
  git_missing:          { exit: 5, hint: "Install git 2.38 or newer, and put it on PATH" },
  head_detached:        { exit: 4, hint: 'Check out the branch to land on: "git switch BRANCH"' },
  hooks_unapproved:     { exit: 4, hint: 'Read them with "dgov hooks list", and let them run with "dgov hooks approve"' },
  interrupted:          { exit: 130, hint: "Nothing was written; call it again when you like" },
  job_conflict:         { exit: 6, hint: "Submit it with another key, or leave the key out" },
  job_unfit:            { exit: 1, hint: 'See how it stands with "dgov jobs show JOB"' },
  job_unknown:          { exit: 3, hint: 'List the jobs with "dgov jobs list --all"' },
  jobs_served:          { exit: 4, hint: "Let that one serve, or stop it first" },
  kb_unknown:           { exit: 1, hint: 'List the articles with "dgov kb list"' },
  key_missing:          { exit: 5, hint: "Export the variable that api_key_env names, then run again" },
  key_unusable:         { exit: 5, hint: 'Make a pair with "dgov attest keygen FILE"' },
  landing_diverged:     { exit: 4, hint: "Merge the ref that the message names into the branch, then run again" },
  ledger_unproven:      { exit: 1, hint: "Give the commit that mends it: dgov ledger resolve ID --commit COMMIT" },
  log_corrupt:          { exit: 4, hint: "Put .dgov/state.db back from a copy, or move it away to begin anew; landed work is in git" },
  log_too_new:          { exit: 4, hint: "Use a newer dgov" },
  log_unavailable:      { exit: 4, hint: "Make .dgov writable and leave room on the disk, then run again" },
  machine_refused:      { exit: 4, hint: "Leave room on the disk, or mend the permission, then run again" },
  no_answer:            { exit: 1, hint: 'See what it did with "dgov report"' },
  not_a_plan:           { exit: 3, hint: "Give the plan's directory: the one that holds _root.toml" },
  plan_exists:          { exit: 3, hint: "Choose another name, or write over it with --force" },
  plan_invalid:         { exit: 3, hint: "Mend the places listed, then compile again" },
  plan_not_found:       { exit: 3, hint: 'List the plans with "dgov plan list", or make one with "dgov init-plan NAME"' },
  plan_unapproved:      { exit: 3, hint: 'See what is missing with "dgov plan stages PLAN", and go on with "dgov plan continue PLAN"' },
  plan_unfinished:      { exit: 4, hint: "Let its run come to an end, then archive it" },
  plan_uncompiled:      { exit: 3, hint: 'Run "dgov compile DIR"' },
  profile_unknown:      { exit: 2, hint: "Write [profiles.NAME] in .dgov/project.toml, or name one that is there" },
  provider_unknown:     { exit: 3, hint: "Define [providers.NAME] in .dgov/project.toml, or use provider = \"scripted\"" },
  remediation_unneeded: { exit: 1, hint: 'See how the plan stands with "dgov plan status PLAN"' },
  repo_bare:            { exit: 4, hint: "Run dgov in a checkout of the repository" },
  repo_busy:            { exit: 4, hint: "Wait for the other run, or stop it, then run again" },
  repo_dirty:           { exit: 4, hint: "Commit or stash the listed files, then run again" },
  repo_empty:           { exit: 4, hint: "Make a first commit, then run again" },
  repo_missing:         { exit: 4, hint: 'Run "git init" and make a first commit, then run again' },
  repo_unfinished:      { exit: 4, hint: "Finish or abort what git is in the middle of, then run again" },
  run_unknown:          { exit: 3, hint: 'See the last run with "dgov status"' },
  program_missing:      { exit: 5, hint: "Install it, or put its folder on PATH" },
  pull_request_refused: { exit: 1, hint: 'See "dgov help pr"' },
  recipe_unknown:       { exit: 1, hint: 'List the recipes with "dgov verify list"' },
  sandbox_missing:      { exit: 5, hint: "Install bubblewrap: apt-get install bubblewrap" },
  runtime_old:          { exit: 5, hint: "Start it by a newer one: npx bun@latest; or take the executable, which has its own" },
  script_invalid:       { exit: 3, hint: "Mend the script of the scripted provider, then run again" },
  serve_refused:        { exit: 4, hint: "Give another port with --port, or 0 for any that is free" },
  steer_refused:        { exit: 1, hint: 'See how the run stands with "dgov status --all"' },
  stage_refused:        { exit: 1, hint: 'See what comes next with "dgov plan stages PLAN"' },
  target_missing:       { exit: 4, hint: "Make the branch again, then run again" },
  sentrux_failed:       { exit: 1, hint: "Run sentrux by hand to see what it needs" },
  sentrux_missing:      { exit: 5, hint: 'Install sentrux, or set use = "dgov" under [sentrux]' },
  skills_unpinned:      { exit: 3, hint: "Look at them, then give that digest with --sha256" },
  task_waits:           { exit: 4, hint: "Let that one land first: dgov run PLAN --only TASK" },
  task_unknown:         { exit: 3, hint: 'List the tasks with "dgov compile DIR --graph"' },
  telemetry_refused:    { exit: 5, hint: "See that the collector runs and takes OTLP over HTTP at that address" },
  unattestable:         { exit: 1, hint: 'Let the run come to its end, and see "dgov log verify" and "dgov replay RUN"' },
  unit_exists:          { exit: 4, hint: "Look at it, and write over it with --force" },
  work_blocked:         { exit: 1, hint: 'See what it waits for with "dgov work show ID"' },
  work_corrupt:         { exit: 4, hint: "Put the files back from git, or remove what is none of dgov's from the folder" },
  work_unknown:         { exit: 3, hint: 'List the items with "dgov work list"' },
  work_unproven:        { exit: 1, hint: 'Name evidence for each criterion: dgov work done ID --met 1=EVIDENCE; see "dgov evidence list"' },
  usage:                { exit: 2, hint: 'See "dgov help"' },
} as const satisfies Record<string, { exit: 1 | 2 | 3 | 4 | 5 | 6 | 130; hint: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** One place in a file that must be mended. Lines and columns count from 1; null where there is none. */
export type Place = {
  severity: "error" | "warning";
  code: string;
  message: string;
  file: string | null;
  line: number | null;
  column: number | null;
  unit: string | null; // the task it is about
};

/** A failure the user can act on. Anything else that is thrown is a bug of ours, and is reported as one. */
export class DgovError extends Error {
  override name = "DgovError";
  readonly code: ErrorCode;
  readonly places: readonly Place[];
  readonly #hint: string | null;
  constructor(
    code: ErrorCode,
    message: string,
    more: { cause?: unknown; places?: readonly Place[]; hint?: string } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.places = more.places ?? [];
    this.#hint = more.hint ?? null;
  }
  get exit(): number {
    return ERRORS[this.code].exit;
  }
  get hint(): string {
    return this.#hint ?? ERRORS[this.code].hint;
  }
}
