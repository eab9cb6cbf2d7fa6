import { Database } from "bun:sqlite";
import { afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLog, type Stored } from "../packages/kernel/src/index.ts";
import { hashOf } from "../packages/kernel/src/row.ts";
import { dgov, git, layOut, type Place } from "./repo.ts";

const CASE = join(import.meta.dir, "fixtures/crash/three_tasks");
setDefaultTimeout(120_000); // each starts the program several times, on whatever else the machine does
const open: { stop(): void }[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

/** One run of three tasks; each test has a copy of the repository and its log. */
const first: { place: Place | null; events: number } = { place: null, events: 0 };
beforeAll(() => {
  first.place = layOut(CASE);
  expect(dgov(first.place, "run", ".dgov/plans/p", "--jobs", "2").status).toBe(0);
  first.events = stored(first.place).length;
  return () => first.place?.stop();
});

function copy(): Place {
  if (!first.place) throw new Error("unreachable");
  const folder = mkdtempSync(join(tmpdir(), "dgov-log-"));
  const place = { ...first.place, folder, root: join(folder, "repo") };
  cpSync(first.place.root, place.root, { recursive: true });
  place.stop = () => rmSync(folder, { recursive: true, force: true });
  open.push(place);
  return place;
}

const db = ({ root }: Pick<Place, "root">) => join(root, ".dgov/state.db");

function stored(place: Pick<Place, "root">): Stored[] {
  const log = openLog(db(place), { readonly: true });
  const all = [...log.read()];
  log.close();
  return all;
}

/** Changes the file behind the log's back, as one must who would change it at all. */
function behind(place: Place, ...sql: string[]): void {
  const file = new Database(db(place));
  for (const guard of ["updated", "deleted"]) file.run(`DROP TRIGGER event_is_never_${guard}`);
  file.run("DROP TRIGGER event_is_only_appended");
  for (const statement of sql) file.run(statement);
  file.run("PRAGMA wal_checkpoint(TRUNCATE)");
  file.close();
}

/** What the command says of a log, with its exit status. */
function verified(place: Place, ...more: string[]) {
  const { status, stdout } = dgov(place, "log", "verify", "--json", ...more);
  return { status, view: JSON.parse(stdout) };
}

describe("G3 the log is verified", () => {
  test("a log that nobody touched is whole, to its end and against its commits", () => {
    const place = copy();
    const { status, view } = verified(place);
    expect({ status, view }).toEqual({
      status: 0,
      view: {
        log: ".dgov/state.db",
        whole: true,
        events: first.events,
        runs: 1,
        end: "recorded",
        commits: 3,
        fault: null,
      },
    });
    const { stdout, status: same } = dgov(place, "log", "verify");
    expect(same).toBe(0);
    expect(stdout).toContain(`whole: ${first.events} events of 1 run`);
    expect(git(place, "status", "--porcelain")).toBe("");
  });

  test.each([
    ["flip", 5, "hash", ["UPDATE event SET body = replace(body, 'a', 'b') WHERE seq = 5"]],
    ["drop", 5, "gap", ["DELETE FROM event WHERE seq = 5"]],
    [
      "swap",
      5,
      "chain",
      [
        "UPDATE event SET seq = -1 WHERE seq = 5",
        "UPDATE event SET seq = 5 WHERE seq = 6",
        "UPDATE event SET seq = 6 WHERE seq = -1",
      ],
    ],
    ["truncate", 5, "cut", ["DELETE FROM event WHERE seq >= 5"]],
    [
      "insert",
      5,
      "chain",
      [
        "UPDATE event SET seq = -seq WHERE seq >= 5",
        "UPDATE event SET seq = 1 - seq WHERE seq < 0",
        "INSERT INTO event SELECT 5, run, at_ms, kind, prev, hash, body FROM event WHERE seq = 4",
      ],
    ],
  ] as const)("%s is found at its index", (_name, seq, why, sql) => {
    const place = copy();
    behind(place, ...sql);
    const { status, view } = verified(place);
    expect(status).toBe(1);
    expect(view).toMatchObject({ whole: false, events: seq - 1, fault: { seq, why } });
  });

  test("the last event alone is missed when it is gone", () => {
    const place = copy();
    behind(place, `DELETE FROM event WHERE seq = ${first.events}`);
    expect(verified(place)).toMatchObject({ status: 1, view: { fault: { seq: first.events, why: "cut" } } });
    const { stdout } = dgov(place, "log", "verify");
    expect(stdout).toContain(`Events ${first.events} to ${first.events} are missing`);
  });

  test("a loss is not hidden by the events of the next run", () => {
    const place = copy();
    const most = first.events - 1;
    behind(place, `DELETE FROM event WHERE seq > ${most}`);
    expect(dgov(place, "run", ".dgov/plans/p").status).toBe(0);
    expect(stored(place).length).toBeGreaterThan(first.events);
    expect(verified(place)).toMatchObject({ status: 1, view: { fault: { seq: first.events, why: "rewritten" } } });
  });

  test("a log that was written again from its middle is found by the commits, also without the record", () => {
    const place = copy();
    const all = stored(place);
    rmSync(`${db(place)}-head`);
    let prev = all[3]?.hash ?? "";
    const rows = all.slice(4).map((event) => {
      const body = JSON.stringify(JSON.parse(bodyOf(place, event.seq)));
      const row = { seq: event.seq, run: event.run, at_ms: event.at_ms + 1, prev, body };
      prev = hashOf(row);
      return `UPDATE event SET at_ms = ${row.at_ms}, prev = '${row.prev}', hash = '${prev}' WHERE seq = ${row.seq}`;
    });
    behind(place, ...rows);
    expect(verified(place)).toMatchObject({ status: 1, view: { events: all.length, fault: { why: "rewritten" } } });
    // What is left of the chain hangs together, so a copy elsewhere is whole by itself, and says what it does not know.
    const copied = join(place.folder, "copy.db");
    cpSync(db(place), copied);
    expect(verified(place, "--log", copied)).toMatchObject({
      status: 0,
      view: { whole: true, end: "unknown", commits: 0 },
    });
    expect(dgov(place, "log", "verify", "--log", copied).stdout).toContain("cut off at the end are not noticed");
  });

  test("a file that is cut short, overwritten or emptied is damaged", () => {
    for (const harm of [
      (file: string) => truncateSync(file, 4096 * 5),
      (file: string) => truncateSync(file, 0),
      (file: string) => writeFileSync(file, "no database"),
    ]) {
      const place = copy();
      behind(place);
      harm(db(place));
      const { status, view } = verified(place);
      expect(status).toBe(1);
      expect(["damaged", "cut"]).toContain(view.fault.why);
      expect(view.fault.seq).toBeLessThanOrEqual(first.events);
    }
  });

  test("an event whose hash is right, and that no run could have come to", () => {
    const place = copy();
    const [begun] = stored(place);
    if (!begun) throw new Error("unreachable");
    const log = openLog(db(place));
    log.append(begun.run, first.events, 0, begun.event);
    log.close();
    const { status, view } = verified(place);
    expect(status).toBe(1);
    expect(view.fault).toMatchObject({ seq: first.events + 1, why: "illegal" });
    expect(view.fault.message).toContain("the run has started");
  });

  test("a record that cannot be read is no proof", () => {
    const place = copy();
    writeFileSync(`${db(place)}-head`, "x\n");
    expect(verified(place)).toMatchObject({ status: 1, view: { fault: { seq: first.events + 1, why: "end" } } });
  });

  test("any byte of the file that is another is found, or changes nothing that the log says", () => {
    const place = copy();
    behind(place);
    const whole = readFileSync(db(place));
    const before = JSON.stringify(stored(place));
    for (let at = 0; at < whole.length; at += Math.ceil(whole.length / 30)) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(db(place), bytes);
      const { status } = dgov(place, "log", "verify", "--json");
      if (status === 0) expect({ at, said: JSON.stringify(stored(place)) }).toEqual({ at, said: before });
      else expect([1, 4]).toContain(status ?? -1);
    }
  });
});

test("without a run there is nothing to verify, and a path without a file is refused", () => {
  const place = layOut(CASE);
  open.push(place);
  expect(verified(place)).toMatchObject({ status: 0, view: { events: 0, fault: null } });
  expect(existsSync(db(place))).toBe(false);
  const { status, stderr } = dgov(place, "log", "verify", "--log", "no.db");
  expect(status).toBe(2);
  expect(stderr).toContain('Cannot verify "no.db": there is no such file');
});

function bodyOf(place: Place, seq: number): string {
  const file = new Database(db(place), { readonly: true });
  const row = file.query<{ body: string }, [number]>("SELECT body FROM event WHERE seq = ?").get(seq);
  file.close();
  return row?.body ?? "";
}
