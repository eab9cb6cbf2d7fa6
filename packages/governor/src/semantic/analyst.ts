import type { Contents, Depth } from "@dgov/semantic";
import type { Merged, SideNames, Three } from "@dgov/semantic/merge";
import { DgovError } from "../error.ts";
import { type Conversation, converse } from "../process.ts";
import type { Analysed } from "./answer.ts";
import { type Packed, pack, unpack } from "./packed.ts";

export type Text = { path: string; text: string };

/** How much of a text is looked at. `heads`: what stands at its top, or its units where that is not enough (`Kept`). */
export type Asked = Depth | "heads";

/** Three texts of one file that git could not merge, and what the sides are called. */
export type MergeOrder = { path: string; texts: Three<string>; names: SideNames };
/** What the process is asked. */
export type Question =
  | { analyse: readonly Text[]; depth: Asked }
  | { changed: readonly Contents[] }
  | { merge: MergeOrder };

/** Is told each answer as soon as it is there, and once more where it had to be asked again. `at`: of which text. */
export type Heard = (at: number, packed: Packed) => void;

/**
 * What became of a file, as its process has packed it: `said` is `Became`, without what is kept; `was` and `is` are kept, each
 * `Topped`, where nobody knew it. `at`: of which contents.
 */
export type HeardChanged = (at: number, became: { said: Packed; was: Packed; is: Packed }) => void;
const PARTS = 3;

/**
 * Looks at texts of strangers, in processes of its own: what they do to a parser, they do to a process that holds nothing
 * and can be ended, and the run loop goes on meanwhile.
 */
export type Analyst = {
  /** Begins before there is a question: a process is started, and learns the languages of files that are called so. */
  start(paths: readonly string[], depth: Depth): void;
  /** Says that so many characters will be asked about: the processes are started for that at once. */
  expect(chars: number): void;
  /**
   * Of each text what it says (`Analysed`, `Kept`), packed as the process has packed it: it is mostly wanted to be kept.
   *
   * @throws DgovError `machine_refused` when no such process can be had at all
   */
  analyse(texts: readonly Text[], depth: Asked, heard?: Heard): Promise<Packed[]>;
  /**
   * Of each two contents of a file what became of its units, and no more than that is looked at. Some of them may end their
   * process: then nothing is told of those that were asked with them, and `analyse` finds which.
   */
  changed(contents: readonly Contents[], heard: HeardChanged): Promise<void>;
  /** Merges by symbols; see `mergeSources`. A file that takes too long is refused. @throws like `analyse` */
  merge(order: MergeOrder): Promise<Merged>;
  close(): void;
};

/** Whether it is an answer that another day, or another machine, may give another one in place of: it is not kept. */
export const isLost = (packed: Packed): boolean => packed === ENDED;

/** One question is answered in far less; a text that takes longer by itself is not worth more. */
const ANSWER_MS = 20_000;
const ALONE_MS = 60_000;
const BATCH_CHARS = 300_000;
/** What is shorter is looked at sooner than another process can be started for the half of it. */
const SHARED_CHARS = 150_000;
/** Who has asked for more than that asks for more yet, and then the processes are there: so little is worth the words. */
const LEAST_SHARE_CHARS = 10_000;

/** As many as this machine can keep busy without the run loop having nothing left. */
const PROCESSES = Math.min(4, Math.max(1, navigator.hardwareConcurrency));

/**
 * @param self      argv prefix that starts this program again
 * @param processes how many look at once; they are started when they are needed
 */
export function createAnalyst(self: readonly string[], processes: number = PROCESSES): Analyst {
  const seats = Array.from({ length: processes }, () => openSeat(self));
  const idle = seats.toReversed(); // the last one is taken first, so that a few texts start one process
  const waiting: ((seat: Seat) => void)[] = [];
  const asked = { chars: 0 };
  /** As many as are worth a process each. */
  const batches = <T>(all: readonly T[], charsOf: (one: T) => number) => {
    const chars = all.reduce((sum, one) => sum + charsOf(one), 0);
    const least = asked.chars > SHARED_CHARS ? LEAST_SHARE_CHARS : SHARED_CHARS;
    asked.chars += chars;
    return batchesOf(all, charsOf, Math.min(BATCH_CHARS, Math.max(least, Math.ceil(chars / processes))));
  };
  const seated = async <T>(work: (seat: Seat) => Promise<T>): Promise<T> => {
    const seat = idle.pop() ?? (await new Promise<Seat>((turn) => void waiting.push(turn)));
    try {
      return await work(seat);
    } finally {
      const next = waiting.shift();
      if (next) next(seat);
      else idle.push(seat);
    }
  };
  return {
    /** The one that is asked first. */
    start(paths, depth) {
      const texts = paths.map((path) => ({ path, text: "" }));
      void seats[0]?.turn({ analyse: texts, depth }, ALONE_MS).catch(() => {}); // whoever asks is told
    },
    expect(chars) {
      for (const seat of seats) seat.expect(chars / processes);
    },
    async analyse(texts, depth, heard = () => {}) {
      const asked_of = batches(texts, ({ text }) => text.length).map(({ from, batch }) =>
        seated((seat) => ask(seat, batch, depth, (at, packed) => heard(from + at, packed))),
      );
      return (await Promise.all(asked_of)).flat();
    },
    async changed(contents, heard) {
      const chars = ({ was, is }: Contents) => was.length + is.length;
      const asked_of = batches(contents, chars).map(({ from, batch }) =>
        seated(async (seat) => {
          const inThrees = grouping(PARTS, ([said, was, is], at) =>
            heard(from + at, { said: said!, was: was!, is: is! }),
          );
          if ((await seat.turn({ changed: batch }, ANSWER_MS, inThrees)) === null) await seat.prove();
        }),
      );
      await Promise.all(asked_of);
    },
    merge: (order) =>
      seated(async (seat) => {
        const [packed] = (await seat.turn({ merge: order }, ANSWER_MS)) ?? [];
        const merged = packed ? unpack(packed) : null;
        if (merged !== null) return merged as Merged; // packed by our own child from this type
        await seat.prove();
        return { did: "refused", reason: "merging it by symbols ends the process that does it, or takes too long" };
      }),
    close: () => seats.forEach((seat) => void seat.leave()),
  };
}

/** In portions of so many characters and one more, in their order. `from`: which of all is the first. */
function batchesOf<T>(all: readonly T[], charsOf: (one: T) => number, chars: number): { from: number; batch: T[] }[] {
  const batches: { from: number; batch: T[] }[] = [];
  let room = 0;
  for (const [from, one] of all.entries()) {
    if (room <= 0) {
      batches.push({ from, batch: [] });
      room = chars;
    }
    room -= charsOf(one);
    batches.at(-1)?.batch.push(one);
  }
  return batches;
}

/** Tells so many parts at once, and which group it is. */
function grouping(count: number, tell: (parts: readonly Packed[], at: number) => void): Heard {
  const parts: Packed[] = [];
  return (at, packed) => {
    parts.push(packed);
    if (parts.length === count) tell(parts.splice(0), (at + 1) / count - 1);
  };
}

/** A text that ends its process is found by asking for half as many, and is the only one of which nothing is known. */
async function ask(seat: Seat, texts: readonly Text[], depth: Asked, heard: Heard): Promise<Packed[]> {
  const answers = await seat.turn({ analyse: texts, depth }, texts.length === 1 ? ALONE_MS : ANSWER_MS, heard);
  if (answers?.length === texts.length) return answers;
  await seat.prove();
  if (texts.length === 1) return [ENDED];
  const half = Math.ceil(texts.length / 2);
  const first = await ask(seat, texts.slice(0, half), depth, heard);
  return [...first, ...(await ask(seat, texts.slice(half), depth, (at, packed) => heard(half + at, packed)))];
}

/**
 * Without a word about memory the collector of garbage waits until half of the machine's is in use; all that is alive at
 * one time is the tree and the summary of one text. So little keeps it at work, at hardly any cost of time.
 */
const ENV = { PATH: "/usr/local/bin:/usr/bin:/bin", BUN_JSC_forceRAMSize: String(16 * 1024 * 1024) };

/** The compilers that make the fastest code keep a processor busy that few texts have other use for. */
const BRIEF_ENV = { ...ENV, BUN_JSC_useFTLJIT: "0", BUN_JSC_useOMGJIT: "0" };
/** When a process has looked at so much, its faster successor would have been worth its start. */
const BRIEF_CHARS = 1_500_000;

const ENDED = pack({ unknown: "it ends the process that looks at it, or takes too long" } satisfies Analysed);

/** One process, started anew when it is gone. `turn` gives null when it ended or took too long. */
type Seat = {
  expect(chars: number): void;
  turn(question: Question, limit_ms: number, heard?: Heard): Promise<Packed[] | null>;
  /** @throws DgovError `machine_refused` when there can be no such process */
  prove(): Promise<void>;
  leave(): void;
};

function openSeat(self: readonly string[]): Seat {
  const state: { talk: Conversation | null; brief: boolean; chars: number } = { talk: null, brief: true, chars: 0 };
  const seat: Seat = {
    expect(chars) {
      state.chars += chars; // whoever is being asked is let answer
    },
    async turn(question, limit_ms, heard = () => {}) {
      state.chars += charsOf(question);
      const brief = state.chars <= BRIEF_CHARS;
      if (state.brief && !brief) seat.leave();
      state.brief = brief;
      state.talk ??= converse([...self, "__symbols"], { cwd: "/", env: brief ? BRIEF_ENV : ENV });
      try {
        const line = `${JSON.stringify(question)}\n`;
        return await state.talk.turn(line, (talk) => readAnswer(talk, partsOf(question), heard), limit_ms);
      } catch {
        seat.leave(); // whatever it was: it is asked again in other portions, and at last alone
        return null;
      }
    },
    async prove() {
      if ((await seat.turn({ analyse: [{ path: "", text: "" }], depth: "units" }, ALONE_MS)) === null)
        throw new DgovError("machine_refused", "Cannot look at symbols: the process that does it cannot be started");
    },
    leave() {
      state.talk?.end();
      state.talk = null;
    },
  };
  return seat;
}

function charsOf(question: Question): number {
  const texts =
    "merge" in question
      ? Object.values(question.merge.texts)
      : "changed" in question
        ? question.changed.flatMap(({ was, is }) => [was, is])
        : question.analyse.map(({ text }) => text);
  return texts.reduce((sum, text) => sum + text.length, 0);
}

/** How many answers there are. */
function partsOf(question: Question): number {
  if ("merge" in question) return 1;
  return "changed" in question ? question.changed.length * PARTS : question.analyse.length;
}

async function readAnswer(talk: Conversation, count: number, heard: Heard): Promise<Packed[]> {
  const parts: Packed[] = [];
  while (parts.length < count) {
    const part = new Uint8Array(await talk.bytes(Number(await talk.line()))); // a copy: what it is cut from is large
    heard(parts.length, part);
    parts.push(part);
  }
  return parts;
}
