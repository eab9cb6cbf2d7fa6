import { Database, SQLiteError } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { canonical } from "@dgov/kernel";
import { DgovError } from "../error.ts";
import { type Job, JobBody, JobEvent, jobOf, type StoredEvent, type Submission } from "./job.ts";

/**
 * The jobs of one user, kept as facts that are only ever added. Whoever decides on one does it in `change`, which no other
 * process comes between.
 */
export interface Queue {
  /** Every job, oldest first. */
  jobs(): Job[];
  /** @throws DgovError `job_unknown` */
  job(id: string): Job;
  /** @returns null when no submission has the key */
  byKey(key: string): Job | null;
  /**
   * Adds a job, unless one has its key already.
   *
   * @returns the job, and whether it is new
   * @throws DgovError `job_conflict` when that one asks for something else
   */
  submit(submission: Submission): { job: Job; created: boolean };
  /** Adds what `decide` makes of a job as it is at this moment; null: nothing. @returns the job as it is then */
  change(id: string, at_ms: number, decide: (job: Job) => JobEvent | null): Job;
  /** Another text whenever something was added. */
  stamp(): string;
  close(): void;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS job (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id     TEXT    NOT NULL UNIQUE,
    key    TEXT    UNIQUE,
    body   TEXT    NOT NULL,
    base   TEXT    NOT NULL,
    target TEXT    NOT NULL,
    at_ms  INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS fact (
    seq   INTEGER PRIMARY KEY AUTOINCREMENT,
    job   TEXT    NOT NULL REFERENCES job (id),
    at_ms INTEGER NOT NULL,
    event TEXT    NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS fact_of_job ON fact (job, seq);
  ${["job", "fact"].map(onlyAdded).join("\n")}
  PRAGMA user_version = 1;
`;

function onlyAdded(table: string): string {
  const refuse = (verb: string) =>
    `CREATE TRIGGER IF NOT EXISTS ${table}_no_${verb} BEFORE ${verb} ON ${table} BEGIN SELECT RAISE(ABORT, 'only added to'); END;`;
  return `${refuse("UPDATE")} ${refuse("DELETE")}`;
}

const BUSY_MS = 10_000;

type Row = { id: string; key: string | null; body: string; base: string; target: string; at_ms: number };

/** Opens the queue in a file, and makes it where there is none. @throws DgovError `machine_refused` */
export function openQueue(path: string): Queue {
  const db = guarded(path, () => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const opened = new Database(path, { create: true, strict: true });
    opened.run(`PRAGMA busy_timeout = ${BUSY_MS}`);
    opened.run("PRAGMA journal_mode = WAL");
    opened.run("PRAGMA synchronous = FULL"); // a submission that was answered survives a loss of power
    opened.transaction(() => opened.run(SCHEMA)).immediate();
    return opened;
  });
  const factsOf = (id: string): StoredEvent[] =>
    db
      .query<{ at_ms: number; event: string }, [string]>("SELECT at_ms, event FROM fact WHERE job = ? ORDER BY seq")
      .all(id)
      .map(({ at_ms, event }) => ({ at_ms, event: JobEvent.parse(JSON.parse(event)) }));
  const read = (row: Row): Job => jobOf({ ...row, body: JobBody.parse(JSON.parse(row.body)) }, factsOf(row.id));
  const find = (column: "id" | "key", value: string): Job | null => {
    const row = db.query<Row, [string]>(`${SELECT} WHERE ${column} = ?`).get(value);
    return row ? read(row) : null;
  };
  const known = (id: string): Job => {
    const job = find("id", id);
    if (job === null) throw new DgovError("job_unknown", `Cannot find the job "${id}": there is none of this name`);
    return job;
  };
  return {
    jobs: () => guarded(path, () => db.query<Row, []>(`${SELECT} ORDER BY number`).all().map(read)),
    job: (id) => guarded(path, () => known(id)),
    byKey: (key) => guarded(path, () => find("key", key)),
    submit: (submission) =>
      guarded(path, () =>
        db
          .transaction(() => {
            const { id, key, body, base, target, at_ms } = submission;
            const same = key === null ? null : find("key", key);
            if (same) return { job: sameBody(same, body), created: false };
            db.query(
              "INSERT INTO job (id, key, body, base, target, at_ms) VALUES ($id, $key, $body, $base, $target, $at_ms)",
            ).run({ id, key, body: canonical(body), base, target, at_ms });
            return { job: known(id), created: true };
          })
          .immediate(),
      ),
    change: (id, at_ms, decide) =>
      guarded(path, () =>
        db
          .transaction(() => {
            const event = decide(known(id));
            if (event !== null)
              db.query("INSERT INTO fact (job, at_ms, event) VALUES ($id, $at_ms, $event)").run({
                ...{ id, at_ms, event: canonical(event) },
              });
            return known(id);
          })
          .immediate(),
      ),
    stamp: () =>
      guarded(path, () => {
        const last = db.query<{ jobs: number; facts: number }, []>(STAMP).get();
        return `${last?.jobs ?? 0} ${last?.facts ?? 0}`;
      }),
    close: () => db.close(),
  };
}

const STAMP =
  "SELECT (SELECT coalesce(max(number), 0) FROM job) AS jobs, (SELECT coalesce(max(seq), 0) FROM fact) AS facts";
const SELECT = "SELECT id, key, body, base, target, at_ms FROM job";

/** @throws DgovError `job_conflict` */
export function sameBody(job: Job, body: JobBody): Job {
  if (canonical(job.body) === canonical(body)) return job;
  const differs = Object.entries(body).find(
    ([name, value]) => canonical(Reflect.get(job.body, name)) !== canonical(value),
  );
  const what = differs?.[0] === "inputs" ? "plan or configuration" : `"${differs?.[0]}"`;
  throw new DgovError(
    "job_conflict",
    `Cannot submit with the key "${job.key}": job ${job.id} has it, and asks for another ${what}`,
  );
}

/** What SQLite says against a file is the machine's word, and no bug. */
function guarded<Value>(path: string, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SQLiteError)) throw error;
    throw new DgovError("machine_refused", `Cannot use the queue "${path}": ${error.code ?? error.message}`, {
      cause: error,
    });
  }
}
