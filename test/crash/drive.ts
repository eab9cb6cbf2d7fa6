/**
 * Plays scenarios one after another: `bun drive.ts DISTURBED`, with lines of JSON in and a line of JSON out for each.
 * DISTURBED is main.ts as an executable.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failureOf } from "../../packages/cli/src/print.ts";
import { DGOV, type Place } from "../repo.ts";
import { below, type Disturbed, disturb, JAIL, READER } from "./disturb.ts";
import { type Counts, isSurvived, type Scenario } from "./fault.ts";
import { leftovers, type Outcome, outcomeOf } from "./outcome.ts";
import { NOT_REACHED, play, REACHED } from "./play.ts";
import { openShapes } from "./shapes.ts";
import { mendStorage } from "./storage.ts";

/** `reached`: the fault has happened; false: the run had ended before. `wrong`: what is not as it should be, in words. */
export type Played = { scenario: Scenario; reached: boolean; wrong: string[]; took_ms: number };
/** `kinds`: of the events that it is disturbed at. */
export type Counted = { outcome: Outcome; counts: Counts; kinds: string[]; wrong: string[] };
export type Asked = { count: string } | { scenario: Scenario; wanted: Outcome };

const disturbedProgram = process.argv[2] ?? "";
const shapes = openShapes();
const quiet = () => {};

/** A run that nobody disturbs: what it comes to, and where it can be disturbed. */
async function count(shape: string): Promise<Counted> {
  const place = shapes.lay(shape, false);
  const traces = mkdtempSync(join(tmpdir(), "dgov-traces-"));
  const disturbed = disturb(null, place, Bun.which("strace") ? traces : null);
  try {
    const [kinds, jails, readers]: [string[], number[], number[]] = [[], [], []];
    await play(place, ({ event, seq }) => {
      kinds.push(event.kind);
      if (below(JAIL).length > 0) jails.push(seq);
      if (below(READER).length > 0) readers.push(seq);
    });
    const gits = disturbed.gits().map((words, at) => ({ words, changes: linesIn(join(traces, String(at + 1))) }));
    const counts = { events: kinds.length, gits, jails, readers };
    return { outcome: outcomeOf(place), counts, kinds, wrong: await leftovers(place, shape) };
  } finally {
    disturbed.stop();
    place.stop();
    rmSync(traces, { recursive: true });
  }
}

const linesIn = (file: string): number =>
  existsSync(file)
    ? readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line.includes("(")).length
    : 0;

async function perform({ shape, fault }: Scenario, wanted: Outcome): Promise<Omit<Played, "scenario" | "took_ms">> {
  const isOfDisk = fault.do === "full_disk" || fault.do === "read_only";
  const place = shapes.lay(shape, isOfDisk);
  try {
    const first = isSurvived(fault) ? await playHere(place, fault) : await playApart(place, fault);
    if (isOfDisk) mendStorage(place.folder, place.root);
    if (!first.reached) return { reached: false, wrong: first.wrong };
    const again = await goOn(place).catch((error: unknown) => String(error));
    const found = outcomeOf(place);
    const differs = Object.entries(wanted).flatMap(([what, value]) => {
      const other = found[what as keyof Outcome];
      return JSON.stringify(other) === JSON.stringify(value) ? [] : [`${what}: ${JSON.stringify(other)}`];
    });
    const ended = again === "complete" ? [] : [`the next run: ${again}`];
    return { reached: true, wrong: [...first.wrong, ...ended, ...differs, ...(await leftovers(place, shape))] };
  } finally {
    place.stop();
  }
}

/** A run that has ended as failed, because a gate could not answer, is gone on with when it is asked for by name. */
async function goOn(place: Place): Promise<string> {
  const status = await play(place, quiet);
  return status === "failed" || status === "partial" ? play(place, quiet, "continue") : status;
}

type First = { reached: boolean; wrong: string[] };

/** What a person could not mend is a bug, whatever was done to the run. */
async function playHere(place: Place, fault: Scenario["fault"]): Promise<First> {
  const disturbed: Disturbed = disturb(fault, place);
  try {
    await play(place, disturbed.notify);
    return { reached: disturbed.reached(), wrong: [] };
  } catch (error) {
    const { stack } = failureOf(error); // of a bug alone
    return { reached: disturbed.reached(), wrong: stack === null ? [] : [`a bug: ${stack}`] };
  } finally {
    disturbed.stop();
  }
}

async function playApart(place: Place, fault: Scenario["fault"]): Promise<First> {
  const argv = [disturbedProgram, JSON.stringify(fault), JSON.stringify(DGOV)];
  const run = Bun.spawn(argv, {
    cwd: place.root,
    env: place.env,
    stdio: ["ignore", "ignore", "pipe"],
    timeout: 120_000,
    killSignal: "SIGTERM",
  });
  const [exit, said] = await Promise.all([run.exited, new Response(run.stderr).text()]);
  if (run.signalCode === "SIGKILL") return { reached: true, wrong: [] };
  const wrong = exit === REACHED || exit === NOT_REACHED ? [] : [`it ended with ${exit}: ${said.slice(-1_000)}`];
  return { reached: exit !== NOT_REACHED, wrong };
}

async function answer(asked: Asked): Promise<unknown> {
  if ("count" in asked) return count(asked.count);
  const from_ms = Date.now();
  const { scenario, wanted } = asked;
  const played = await perform(scenario, wanted).catch((error: unknown) => ({
    reached: true,
    wrong: [`it threw: ${error instanceof Error ? error.stack : error}`],
  }));
  return { scenario, ...played, took_ms: Date.now() - from_ms };
}

for await (const line of console) if (line !== "") console.log(JSON.stringify(await answer(JSON.parse(line))));
shapes.close();
