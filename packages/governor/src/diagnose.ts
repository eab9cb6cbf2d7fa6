import { existsSync } from "node:fs";
import { join } from "node:path";
import type { RunRow, Store } from "@dgov/kernel";
import { DgovError } from "./error.ts";
import { newestRun } from "./find_run.ts";
import { openRepository } from "./git/readiness.ts";
import { withLog } from "./log.ts";
import { findRoot } from "./root.ts";
import { processOf } from "./status.ts";
import { type Diagnosis, diagnose as diagnoseRun, found } from "./view/diagnosis.ts";

export type { Diagnosis };

type From = { cwd: string; env: Readonly<Record<string, string | undefined>> };

/** `run` null: nothing was ever run here. `notes`: checks that could not be made, and why. */
export type DiagnosisView = {
  run: string | null;
  plan: string | null;
  findings: Diagnosis[];
  notes: string[];
};

/**
 * What shapes of failure a run has, and what to do about each.
 *
 * @param subject a run, or a task, whose last run is looked at; null: the last run of all
 * @throws DgovError `task_unknown` when the log has neither
 */
export async function diagnose({ cwd, env }: From, subject: string | null): Promise<DiagnosisView> {
  const root = findRoot(cwd);
  const policy = await policyDrift(root, env);
  return withLog(root, (log) => {
    const asked = runOf(log, subject);
    if (!asked) return { run: null, plan: null, ...policy };
    const { row, task } = asked;
    const newest = log.lastRun(row.plan_dir)?.run === row.run; // an older run of its plan is never gone on with
    const all = diagnoseRun(log.read({ run: row.run, after: row.first_seq - 1 }), newest ? processOf(root) : "unknown");
    const findings = all.filter((one) => task === null || one.task === null || one.task === task);
    return { run: row.run, plan: row.plan, findings: [...findings, ...policy.findings], notes: policy.notes };
  });
}

function runOf(log: Store, subject: string | null): { row: RunRow; task: string | null } | null {
  if (subject === null) {
    const row = newestRun(log);
    return row && { row, task: null };
  }
  const rows = log.runs();
  const named = rows.find(({ run }) => run === subject);
  if (named) return { row: named, task: null };
  const ran = rows.find((row) => tasksIn(log, row).includes(subject));
  if (ran) return { row: ran, task: subject };
  throw new DgovError(
    "task_unknown",
    `Cannot diagnose "${subject}": the log has no such run, and no run with such a task`,
    {
      hint: 'See the last run and its tasks with "dgov status --all"',
    },
  );
}

function tasksIn(log: Store, { run, first_seq }: RunRow): string[] {
  const [first] = log.read({ run, kinds: ["run_started"], after: first_seq - 1, limit: 1 });
  return first?.event.kind === "run_started" ? first.event.tasks.map(({ id }) => id) : [];
}

const PROBE = ".dgov/plans/archive/_probe/_root.toml";

/** Whether git keeps the archive of plans. A check that cannot be made is told, and no finding. */
async function policyDrift(root: string, env: From["env"]): Promise<Pick<DiagnosisView, "findings" | "notes">> {
  if (!existsSync(join(root, ".git"))) return { findings: [], notes: [] };
  try {
    const git = await openRepository(root, env);
    const asked = ["--no-literal-pathspecs", "check-ignore", "--no-index", "-v", "--", PROBE];
    const { exit, bytes } = await git.ask(asked, { ok: [0, 1], user: true });
    const said = new TextDecoder().decode(bytes).split("\t")[0]?.trim() ?? "";
    const ignored = exit === 0 && !/:!/.test(said); // a rule that begins with ! takes it back in
    return {
      findings: ignored ? [found("archive_policy_drift", null, `Git ignores "${PROBE}" by ${said}`)] : [],
      notes: [],
    };
  } catch (error) {
    if (!(error instanceof DgovError)) throw error;
    return { findings: [], notes: [`Cannot check whether git keeps archived plans: ${error.message}`] };
  }
}
