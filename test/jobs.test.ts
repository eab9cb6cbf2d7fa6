import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commitAll, dgov, eventsOf, git, type Place, readIn, startDgov, writeIn } from "./repo.ts";
import { bash, done, edit, hanging, layTasks, newMark, type Played, processesWith, untilRunning } from "./scripted.ts";

setDefaultTimeout(180_000); // many processes each, and the machine may be busy

const open: Place[] = [];
const started: { kill(signal: NodeJS.Signals): void; exited: Promise<number> }[] = [];
afterEach(async () => {
  for (const child of started.splice(0)) {
    child.kill("SIGTERM");
    await child.exited;
  }
  for (const place of open.splice(0)) {
    for (const { id, state } of jobs(place)) if (state === "running") dgov(place, "jobs", "cancel", id);
    place.stop();
  }
});

const WORK: Played = { attempts: [[edit("src/a.txt", "alpha", "new"), done]] };

function lay(task: Played = WORK, more: Parameters<typeof layTasks>[1] = {}): Place {
  const place = layTasks({ a: task }, more);
  place.env.XDG_STATE_HOME = join(place.folder, "state");
  open.push(place);
  return place;
}

type Job = {
  id: string;
  state: string;
  message: string;
  work: { branch: string; commit: string | null };
  own: { folder: string; pid: number | null };
  next: string | null;
  created: boolean;
};

const said = <View>(place: Place, ...args: string[]): View => {
  const ran = dgov(place, ...args, "--json");
  if (ran.status !== 0 && ran.stdout === "") throw new Error(ran.stderr);
  return JSON.parse(ran.stdout);
};
const submit = (place: Place, ...more: string[]) => said<Job>(place, "jobs", "submit", ".dgov/plans/p", ...more);
const jobs = (place: Place): Job[] => said<{ jobs: Job[] }>(place, "jobs", "list", "--all").jobs;
const show = (place: Place, id: string) => said<Job>(place, "jobs", "show", id);
const serve = (place: Place, ...more: string[]) => {
  const child = startDgov(place, "jobs", "serve", ...more);
  started.push(child);
  return child;
};
const drain = (place: Place) => dgov(place, "jobs", "serve", "--drain");
const textAt = (place: Place, ref: string) => git(place, "show", `${ref}:src/a.txt`);

/** Number 0 would be this very test, and all that was started with it. */
function signalTo(pid: number | null, signal: NodeJS.Signals): void {
  if (!pid || pid < 2) throw new Error("The job has no process");
  process.kill(pid, signal);
}

/** Waits until a job is as it should be, and fails after two minutes. */
async function until(place: Place, id: string, holds: (job: Job) => boolean): Promise<Job> {
  for (let tries = 0; tries < 240; tries++) {
    const job = show(place, id);
    if (holds(job)) return job;
    await Bun.sleep(300);
  }
  throw new Error(`Job ${id} stays ${JSON.stringify(show(place, id))}`);
}

test("C24 a job runs from the commit it was submitted at, and its work comes back as a branch", () => {
  const place = lay();
  const head = git(place, "rev-parse", "main").trim();
  const { id, state } = submit(place);
  expect(state).toBe("queued");
  writeIn(place.root, "src/b.txt", "later\n");
  commitAll(place, "a later commit");
  expect(drain(place)).toMatchObject({ status: 0 });
  const job = show(place, id);
  expect(job).toMatchObject({ state: "succeeded", work: { branch: `dgov/jobs/${id}` } });
  expect(textAt(place, job.work.branch)).toBe("new\n");
  expect(git(place, "merge-base", "main", job.work.branch).trim()).toBe(head);
  expect({ mine: readIn(place, "src/a.txt"), dirty: git(place, "status", "--porcelain") }).toEqual({
    mine: "alpha\n",
    dirty: "",
  });
  expect(eventsOf(place)).toEqual([]); // the log is the job's own
  expect(job.next).toEndWith(`merge ${job.work.branch}`);
  git(place, "merge", "-q", "-m", "take it", job.work.branch);
  expect(readIn(place, "src/a.txt")).toBe("new\n");

  const refused = dgov(place, "jobs", "submit", "p");
  expect(refused).toMatchObject({ status: 3 });
  expect(refused.stderr).toContain("Have the rest done: dgov jobs submit .dgov/plans/p --continue");
  const rest = submit(place, "--continue").id;
  expect(dgov(place, "jobs", "run", rest)).toMatchObject({ status: 0 });
  expect(show(place, rest)).toMatchObject({ state: "succeeded" });
});

test("C24 two jobs of one repository run at once; cancel ends the tree of one, and retry goes on with it", async () => {
  const marks = [newMark(), newMark()];
  const place = lay({ attempts: [[bash(hanging(marks[0]!))], [edit("src/a.txt", "alpha", "again"), done]] });
  const one = submit(place).id;
  const script = ".dgov/plans/p/script.json";
  writeIn(place.root, script, readIn(place, script).replaceAll(marks[0]!, marks[1]!));
  commitAll(place, "another mark");
  const two = submit(place).id;
  serve(place);
  await Promise.all(marks.map((mark) => untilRunning(mark)));
  expect([show(place, one).state, show(place, two).state]).toEqual(["running", "running"]);
  const pid = show(place, one).own.pid;

  expect(dgov(place, "jobs", "cancel", one)).toMatchObject({ status: 0, stdout: `${one} is cancelled\n` });
  expect(processesWith(marks[0]!)).toEqual([]);
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  expect(processesWith(marks[1]!)).not.toEqual([]);
  expect(show(place, two).state).toBe("running");

  expect(dgov(place, "jobs", "retry", one).status).toBe(0);
  const job = await until(place, one, ({ state }) => state === "succeeded" || state === "failed");
  expect({ state: job.state, text: textAt(place, job.work.branch) }).toEqual({ state: "succeeded", text: "again\n" });
  dgov(place, "jobs", "cancel", two);
  expect(processesWith(marks[1]!)).toEqual([]);
});

test("C24 a runner that does not answer is killed with its tree when its job is cancelled", async () => {
  const mark = newMark();
  const place = lay({ attempts: [[bash(hanging(mark))]] });
  const { id } = submit(place);
  serve(place);
  await untilRunning(mark);
  const { pid } = show(place, id).own;
  signalTo(pid, "SIGSTOP");
  const { status } = dgov(place, "jobs", "cancel", id, "--grace-s", "1");
  expect(status).toBe(0);
  for (let tries = 0; tries < 100 && processesWith(mark).length > 0; tries++) await Bun.sleep(100); // its guard sees it
  expect({ left: processesWith(mark), state: show(place, id).state }).toEqual({ left: [], state: "cancelled" });
});

test("C24 no more jobs run at once than the capacity says", async () => {
  const mark = newMark();
  const place = lay({ attempts: [[bash(`sleep ${mark}4`)]] });
  const ids = [submit(place).id, submit(place).id];
  serve(place, "--capacity", "1");
  await untilRunning(mark);
  await Bun.sleep(2_000);
  expect(ids.map((id) => show(place, id).state)).toEqual(["running", "queued"]);
  for (const id of ids.toReversed()) dgov(place, "jobs", "cancel", id);
  expect(jobs(place).map(({ state }) => state)).toEqual(["cancelled", "cancelled"]);
});

test("C24 a job whose process is killed goes on by itself, and lands once", async () => {
  const mark = newMark();
  const place = lay({ attempts: [[bash(`sleep ${mark}4`)], [edit("src/a.txt", "alpha", "again"), done]] });
  const { id } = submit(place);
  serve(place);
  await untilRunning(mark);
  signalTo(show(place, id).own.pid, "SIGKILL");
  const job = await until(place, id, ({ state }) => state === "succeeded" || state === "failed" || state === "lost");
  expect(job.state).toBe("succeeded");
  expect(git(place, "rev-list", "--count", `main..${job.work.branch}`).trim()).toBe("1");
});

test("C24 a job that was left by a killed process is told to be, and can be gone on with by hand", async () => {
  const mark = newMark();
  const place = lay({ attempts: [[bash(`sleep ${mark}4`)], [edit("src/a.txt", "alpha", "again"), done]] });
  const { id } = submit(place);
  const runner = startDgov(place, "jobs", "run", id);
  await untilRunning(mark);
  expect(dgov(place, "jobs", "run", id)).toMatchObject({ status: 1 }); // one at a time
  runner.kill("SIGKILL");
  await runner.exited;
  expect(show(place, id)).toMatchObject({ state: "running", next: "dgov jobs serve" });
  expect(dgov(place, "jobs", "show", id).stdout).toContain("its process is gone");
  expect(dgov(place, "jobs", "run", id)).toMatchObject({ status: 0 });
  expect(textAt(place, `dgov/jobs/${id}`)).toBe("again\n");
});

test("C24 when the server is killed its jobs go on, and the next server takes them as they are", async () => {
  const mark = newMark();
  const place = lay({
    attempts: [
      [bash(`sleep 3 ; true ${mark}`), bash(`sleep ${mark}4`)],
      [edit("src/a.txt", "alpha", "again"), done],
    ],
  });
  const { id } = submit(place);
  const first = startDgov(place, "jobs", "serve");
  await untilRunning(mark);
  first.kill("SIGKILL");
  await first.exited;
  const { own, state } = show(place, id);
  serve(place);
  await Bun.sleep(4_000);
  expect(show(place, id)).toMatchObject({ own, state });
  const busy = dgov(place, "jobs", "serve");
  expect(busy.status).toBe(4);
  expect(busy.stderr).toContain("serves these jobs already");
  dgov(place, "jobs", "cancel", id);
});

test("C24 a server that is stopped stops its jobs, and they go on with the next", async () => {
  const mark = newMark();
  const place = lay({ attempts: [[bash(hanging(mark))], [edit("src/a.txt", "alpha", "again"), done]] });
  const { id } = submit(place);
  const server = startDgov(place, "jobs", "serve");
  await untilRunning(mark);
  server.kill("SIGTERM");
  await server.exited;
  expect(processesWith(mark)).toEqual([]);
  expect(show(place, id)).toMatchObject({ state: "queued" });
  drain(place);
  expect(show(place, id)).toMatchObject({ state: "succeeded" });
});

test("C24 a job that fails says why, and is not retried when there is nothing to retry", () => {
  const place = lay({ attempts: [[done]] });
  const { id } = submit(place);
  drain(place);
  expect(show(place, id)).toMatchObject({
    state: "failed",
    work: { commit: null },
    message: "failed: 1 task has not landed",
  });
  expect(dgov(place, "jobs", "cancel", id).status).toBe(1);
  expect(dgov(place, "jobs", "show", "jnone")).toMatchObject({ status: 3 });
  expect(dgov(place, "jobs", "retry", id).status).toBe(0);
  expect(dgov(place, "jobs", "retry", id).status).toBe(1);
});

test("C24 prune keeps a branch with work that is nowhere else, and the kept work of every attempt", () => {
  const place = lay();
  const [kept, taken] = [submit(place).id, submit(place).id];
  drain(place);
  git(place, "merge", "-q", "-m", "take it", `dgov/jobs/${taken}`);
  const tip = git(place, "rev-parse", `dgov/jobs/${kept}`).trim();
  expect(dgov(place, "jobs", "prune").stdout).toBe("Nothing to remove\n"); // they are young
  const dry = dgov(place, "jobs", "prune", "--keep-days", "0", "--dry-run").stdout;
  expect(dry).toContain("would remove");
  expect(existsSync(show(place, kept).own.folder)).toBe(true);
  const told = dgov(place, "jobs", "prune", "--keep-days", "0").stdout;
  expect(told).toContain(`kept refs/heads/dgov/jobs/${kept}: no other branch has ${tip.slice(0, 12)}`);
  const branches = git(place, "for-each-ref", "--format=%(refname:short)", "refs/heads").trim().split("\n");
  expect(branches).toEqual([`dgov/jobs/${kept}`, "main"]);
  expect(git(place, "for-each-ref", "refs/dgov/attempts").trim().split("\n")).toHaveLength(2);
  expect(existsSync(join(place.folder, "state/dgov/jobs", kept))).toBe(false);
  expect(dgov(place, "jobs", "list").stdout).toBe("No jobs\n");
  expect(dgov(place, "jobs", "retry", kept).status).toBe(1);
  expect(git(place, "fsck", "--no-dangling")).toBe(""); // nothing of it is borrowed from what is gone
});

test("C24 a branch of the job's name that has gone its own way stays as it is", () => {
  const place = lay();
  const { id } = submit(place);
  git(place, "branch", `dgov/jobs/${id}`, git(place, "commit-tree", "-m", "mine", "main^{tree}").trim());
  const mine = git(place, "rev-parse", `dgov/jobs/${id}`).trim();
  drain(place);
  expect(git(place, "rev-parse", `dgov/jobs/${id}`).trim()).toBe(mine);
  expect(show(place, id).message).toContain("has gone its own way");
  expect(textAt(place, `refs/dgov/jobs/${id}/tip`)).toBe("new\n");
});

test("C24 plan and configuration are those of the submission, also where git ignores them", () => {
  const place = lay();
  git(place, "rm", "-rq", "--cached", ".dgov");
  writeIn(place.root, ".gitignore", ".dgov/\n");
  git(place, "add", ".gitignore");
  git(place, "commit", "-q", "-m", ".dgov is mine alone");
  const { id } = submit(place, "--key", "k");
  const script = ".dgov/plans/p/script.json";
  writeIn(place.root, script, readIn(place, script).replace("new", "other"));
  expect(dgov(place, "jobs", "submit", ".dgov/plans/p", "--key", "k").status).toBe(6);
  drain(place);
  expect(show(place, id)).toMatchObject({ state: "succeeded", message: "every task has landed" });
  expect(textAt(place, `dgov/jobs/${id}`)).toBe("new\n");
});

test("A6 C24 a job is done by whom the user's configuration named when it was submitted", () => {
  const place = lay();
  const file = join(place.folder, "own.toml");
  place.env.DGOV_CONFIG = file;
  writeFileSync(file, '[project]\ndefault_agent = "elm-1"\n');
  const { id, own } = submit(place);
  writeFileSync(file, '[project]\ndefault_agent = "oak-2"\n');
  drain(place);
  expect(show(place, id).state).toBe("succeeded");
  const sent = eventsOf({ root: own.folder }).flatMap((event) =>
    event.kind === "task_dispatched" ? [event.agent] : [],
  );
  expect(sent).toEqual(["elm-1"]);
});

test("C24 what could not run is refused before it is in the queue", () => {
  const place = lay();
  writeIn(place.root, "src/b.txt", "not committed\n");
  expect(dgov(place, "jobs", "submit", ".dgov/plans/p")).toMatchObject({ status: 4 });
  git(place, "checkout", "-q", "src/b.txt");
  expect(dgov(place, "jobs", "submit", ".dgov/plans/none")).toMatchObject({ status: 3 });
  expect(dgov(place, "jobs", "submit", ".dgov/plans/p", "--only", "tasks/main.none")).toMatchObject({ status: 3 });
  expect(jobs(place)).toEqual([]);
});

test("C24 install writes a unit, enables nothing, and writes over no other", () => {
  const place = lay();
  place.env.XDG_CONFIG_HOME = join(place.folder, "config");
  const ran = dgov(place, "jobs", "install", "--capacity", "3");
  const file = join(place.folder, "config/systemd/user/dgov-jobs.service");
  expect(ran.stdout).toContain("systemctl --user enable --now dgov-jobs.service");
  const unit = readFileSync(file, "utf8");
  expect(unit).toMatch(/^ExecStart=".*" "jobs" "serve" "--capacity" "3"$/m);
  expect(unit).toContain(`Environment="XDG_STATE_HOME=${place.env.XDG_STATE_HOME}"`);
  expect(existsSync(join(place.folder, "config/systemd/user/default.target.wants"))).toBe(false);
  expect(dgov(place, "jobs", "install", "--capacity", "3").stdout).toContain("Is there already");
  expect(dgov(place, "jobs", "install")).toMatchObject({ status: 4 });
  expect(dgov(place, "jobs", "install", "--force").status).toBe(0);
  expect(readFileSync(file, "utf8")).toContain('"--capacity" "2"');
});

test("C20 the same key and the same body is the same job, another body a conflict", () => {
  const place = lay();
  const first = submit(place, "--key", "nightly-1");
  expect(first.created).toBe(true);
  expect(submit(place, "--key", "nightly-1")).toMatchObject({ id: first.id, created: false });
  const other = dgov(
    place,
    "jobs",
    "submit",
    ".dgov/plans/p",
    "--key",
    "nightly-1",
    "--only",
    "tasks/main.a",
    "--json",
  );
  expect({ status: other.status, code: JSON.parse(other.stdout).error.code }).toEqual({
    status: 6,
    code: "job_conflict",
  });
  const file = ".dgov/plans/p/tasks/main.toml";
  writeIn(place.root, file, readIn(place, file).replace("Edit: do it", "Edit: do more"));
  commitAll(place, "another plan");
  expect(dgov(place, "jobs", "submit", ".dgov/plans/p", "--key", "nightly-1").stderr).toContain(
    "another plan or configuration",
  );
  expect(submit(place, "--key", "nightly-2").created).toBe(true);
  expect(submit(place).created && submit(place).created).toBe(true); // without a key each is its own
  expect(jobs(place)).toHaveLength(4);
  drain(place);
  expect(submit(place, "--key", "nightly-2")).toMatchObject({ created: false, state: "succeeded" });
});

test("C20 a commit that changes nothing that the job is run by is no other body", () => {
  const place = lay();
  const { id, ...first } = submit(place, "--key", "k");
  writeIn(place.root, "src/b.txt", "later\n");
  commitAll(place, "something else");
  expect(submit(place, "--key", "k")).toMatchObject({ id, created: false, work: first.work });
});

test("C20 of many submissions at once with one key there is one job", async () => {
  const place = lay();
  const asked = Array.from({ length: 4 }, () =>
    startDgov(place, "jobs", "submit", ".dgov/plans/p", "--key", "k", "--json"),
  );
  const views = await Promise.all(
    asked.map(async ({ stdout }): Promise<Job> => JSON.parse(await new Response(stdout).text())),
  );
  expect(new Set(views.map(({ id }) => id)).size).toBe(1);
  expect(views.filter(({ created }) => created)).toHaveLength(1);
  expect(git(place, "for-each-ref", "refs/dgov/jobs").trim().split("\n")).toHaveLength(1); // who came late has taken its own back
});

test("C20 a submission that is killed at any moment is there whole or not at all, and is repeated safely", async () => {
  const place = lay();
  for (const after_ms of [60, 150, 250, 350, 450, 600]) {
    const child = startDgov(place, "jobs", "submit", ".dgov/plans/p", "--key", "k");
    await Bun.sleep(after_ms);
    child.kill("SIGKILL");
    await child.exited;
  }
  const { id } = submit(place, "--key", "k");
  expect(jobs(place).map((job) => job.id)).toEqual([id]);
  drain(place);
  expect(show(place, id).state).toBe("succeeded");
});
