import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Cause, type Event, RunId } from "@dgov/kernel";
import { ownIdentity } from "./git/lockfile.ts";
import { removeDeadLocks } from "./git/worktrees.ts";
import { keepOrphans, recover } from "./recover.ts";
import { eventsIn, openSite, RUN, WORKER } from "./testing/site.ts";

setDefaultTimeout(60_000);

const open: { repo: { remove(): void } }[] = [];
afterEach(() => {
  for (const { repo } of open.splice(0)) repo.remove();
});

async function lay() {
  const place = await openSite();
  open.push(place);
  return place;
}
type Place = Awaited<ReturnType<typeof lay>>;

/** What a killed process leaves: a worktree with its owner's name and work in it. Its lock is let go as by its death. */
async function killed({ site, head, task }: Place, { run = RUN, attempt = 1, text = "mine\n" } = {}) {
  const lease = await site.pool.acquire(head, { owner: { run, task, attempt, base: head } });
  writeFileSync(join(lease.path, "a.txt"), text);
  await Bun.file(`${lease.path}.lock`).delete();
  return lease;
}
const started = ({ site, head, task }: Place, carried_from: string | null = null, attempt = 1) =>
  site.session.record({ kind: "task_dispatched", task, attempt, base: head, ...WORKER, carried_from });
const afterDeath = (place: Place) => ({ ...place.site, pool: place.pool() });
const last = ({ log }: Place): Event | undefined => eventsIn(log).at(-1);

test("C15 what a killed attempt left is kept, and the attempt is lost, not failed by itself", async () => {
  const place = await lay();
  started(place);
  await killed(place);
  const site = afterDeath(place);
  await recover(site, "go");
  await site.pool.close();
  const event = last(place);
  if (event?.kind !== "attempt_failed" || event.kept === null) throw new Error("Nothing was kept");
  expect(event.cause).toBe("lost");
  expect(await place.repo.user("show", `${event.kept}:a.txt`)).toBe("mine");
  expect(await place.repo.user("rev-parse", `refs/dgov/attempts/r1/${place.task}/1`)).toBe(event.kept);
});

test("an attempt that was cut off before it had a worktree hands on what it was to go on from", async () => {
  const place = await lay();
  started(place, "a".repeat(40));
  const site = afterDeath(place);
  await recover(site, "go");
  expect(last(place)).toMatchObject({ kind: "attempt_failed", cause: "lost", kept: "a".repeat(40) });
});

test("one that had undone all of it hands on nothing", async () => {
  const place = await lay();
  started(place, "a".repeat(40));
  await killed(place, { text: "one\n" });
  const site = afterDeath(place);
  await recover(site, "go");
  expect(last(place)).toMatchObject({ kind: "attempt_failed", kept: null });
});

test("work of another run that nobody had kept is kept before its worktree is used again", async () => {
  const place = await lay();
  await killed(place, { run: RunId.parse("r0"), text: "of a run before\n" });
  const site = afterDeath(place);
  await keepOrphans(site);
  await site.pool.close();
  expect(await place.repo.user("show", `refs/dgov/attempts/r0/${place.task}/1:a.txt`)).toBe("of a run before");
  expect(await site.pool.orphans()).toEqual([]);
});

test("what was kept already is not kept again with what stands there now", async () => {
  const place = await lay();
  const ref = `refs/dgov/attempts/r0/${place.task}/1`;
  await place.repo.user("update-ref", ref, place.head);
  await killed(place, { run: RunId.parse("r0"), text: "half cleaned\n" });
  await keepOrphans(afterDeath(place));
  expect(await place.repo.user("rev-parse", ref)).toBe(place.head);
});

test.each<[Cause, "go" | "continue", Event["kind"], boolean | null]>([
  ["stuck", "go", "attempt_failed", null],
  ["stuck", "continue", "task_retried", true],
  ["broken", "continue", "task_retried", true],
  ["scope", "continue", "task_retried", false],
  ["timeout", "continue", "attempt_failed", null], // the policy itself tries that again
])("given up by %s, taken up by %s: %s", async (cause, mode, kind, carry) => {
  const place = await lay();
  started(place);
  const of = { task: place.task, attempt: 1 };
  place.site.session.record({ kind: "attempt_failed", ...of, cause, detail: "", kept: null });
  await recover(place.site, mode);
  expect(last(place)?.kind).toBe(kind);
  if (carry !== null) expect(last(place)).toMatchObject({ by: "user", carry });
});

test("a worktree that this process could not keep is found again, kept, and given back", async () => {
  const place = await lay();
  const { site, head, task } = place;
  started(place);
  const lease = await site.pool.acquire(head, { owner: { run: RUN, task, attempt: 1, base: head } });
  writeFileSync(join(lease.path, "a.txt"), "mine\n");
  expect([...(await keepOrphans(site)).keys()]).toEqual([`refs/dgov/attempts/r1/${task}/1`]);
  expect(await place.repo.user("show", `refs/dgov/attempts/r1/${task}/1:a.txt`)).toBe("mine");
  expect((await keepOrphans(site)).size).toBe(0);
  await site.pool.close();
  expect(existsSync(`${lease.path}.lock`)).toBe(false);
});

test("the lock of a dead process on a worktree goes, and that of a live one stays", async () => {
  const { site, head } = await lay();
  const lease = await site.pool.acquire(head);
  const dead = join(site.pool.folder, "s7.lock");
  writeFileSync(dead, JSON.stringify({ ...ownIdentity(), pid: 2 ** 22 + 1, at_ms: 0 }));
  removeDeadLocks(site.pool.folder, 0);
  expect([existsSync(dead), existsSync(`${lease.path}.lock`)]).toEqual([false, true]);
});
