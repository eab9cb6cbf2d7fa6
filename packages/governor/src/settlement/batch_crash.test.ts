import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import type { Event, Stored } from "@dgov/kernel";
import { rederive } from "@dgov/kernel/rederive";
import { Session } from "../session.ts";
import { type Frozen, layFrozen, settleAll } from "../testing/frozen.ts";
import { eventsIn, RUN } from "../testing/site.ts";

setDefaultTimeout(300_000); // many processes each, and the machine may be busy

const open: Frozen[] = [];
afterEach(() => {
  for (const { repo } of open.splice(0)) repo.remove();
});

/** Two that are right, one that is not, and one that does not fit the first. */
async function lay(): Promise<Frozen> {
  const place = await layFrozen({
    files: { "a.txt": "one\n" },
    work: { a: { "a.txt": "two\n" }, b: { "b.txt": "x" }, c: { "c.txt": "bad" }, d: { "a.txt": "three\n" } },
    test: "! grep -q bad *.txt",
  });
  open.push(place);
  return place;
}

/** What a run has come to: the tree, whose commits made it, and what the log has of each task. */
const outcome = async ({ repo, log, head }: Frozen) => ({
  tree: await repo.user("rev-parse", "main^{tree}"),
  commits: await repo.user("log", "--format=%(trailers:key=Dgov-Task,valueonly,separator=%x20)", `${head}..main`),
  status: await repo.user("status", "--porcelain"),
  landed: eventsIn(log).filter(({ kind }) => kind === "task_landed").length,
  ended: eventsIn(log).at(-1),
});

/** The process is gone once this event is in the log: nothing that it had begun is gone on with. */
function dieAfter(place: Frozen, seq: number, dying: () => Promise<void> = async () => undefined): Promise<string> {
  const notify = (stored: Stored) => {
    if (stored.seq === seq) throw new Error("Killed");
  };
  const session = Session.resume(RUN, place.log, { now_ms: () => 0, notify });
  const ended = settleAll({ site: { ...place.site, session }, log: place.log });
  return ended.then(
    () => "ended",
    async (error: unknown) => {
      if (!(error instanceof Error) || error.message !== "Killed") throw error;
      await dying();
      return "killed";
    },
  );
}

async function goOn(place: Frozen): Promise<void> {
  const session = Session.resume(RUN, place.log, { now_ms: () => 0, notify() {} });
  session.record({ kind: "run_resumed", head: place.head });
  await settleAll({ site: { ...place.site, session, pool: place.pool() }, log: place.log });
}

/** What decides nothing, so that a cut after it is one before what comes next. */
const TELLING: ReadonlySet<string> = new Set(["symbols_touched", "gate_judged"]);

const kindsOf = (place: Frozen): Event["kind"][] => eventsIn(place.log).map(({ kind }) => kind);

test("C14 a run that is cut off at any event of a batch comes to the same end, and nothing lands twice", async () => {
  const whole = await lay();
  const from = kindsOf(whole).length;
  await settleAll(whole);
  const wanted = await outcome(whole);
  expect(wanted).toMatchObject({ commits: "core/main.b\ncore/main.a", landed: 2, ended: { status: "partial" } });
  const kinds = kindsOf(whole);
  expect(new Set(kinds)).toContain("batch_split");
  for (let seq = from + 1; seq < kinds.length; seq++) {
    if (TELLING.has(kinds[seq - 1] ?? "")) continue;
    const place = await lay();
    expect(await dieAfter(place, seq)).toBe("killed");
    await goOn(place);
    const told = { seq, kind: kinds[seq - 1] };
    expect({ ...told, ...(await outcome(place)) }).toEqual({ ...told, ...wanted });
    expect({ ...told, ...rederive(place.log.read()).difference }).toEqual(told);
    open.splice(open.indexOf(place), 1);
    place.repo.remove();
  }
});

test("C15 a kill between the move of the branch and the word of it: all of the batch has landed, once", async () => {
  const whole = await lay();
  await settleAll(whole);
  const wanted = await outcome(whole);
  const place = await lay();
  const seq = kindsOf(whole).lastIndexOf("landing_started") + 1;
  const moved = async () => {
    const begun = eventsIn(place.log).findLast((event) => event.kind === "landing_started");
    if (begun?.kind === "landing_started") await place.repo.user("merge", "-q", "--ff-only", begun.commit);
  };
  expect(await dieAfter(place, seq, moved)).toBe("killed");
  await goOn(place);
  expect(await outcome(place)).toEqual(wanted);
});
