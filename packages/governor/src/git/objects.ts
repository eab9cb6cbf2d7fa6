import { DgovError } from "../error.ts";
import { type Conversation, converse } from "../process.ts";

/** What git knows of an object. */
export type ObjectInfo = { oid: string; type: string; size_bytes: number };

/**
 * Look-ups in the repository's objects and refs, answered by one process that stays for as long as it is asked: a
 * process for each would be a third of what a task costs.
 */
export type Objects = {
  /** What each name stands for: an oid, a full ref, or an expression as `OID^{tree}`; null where there is nothing. */
  info(names: readonly string[]): Promise<(ObjectInfo | null)[]>;
  /** @throws DgovError `git_failed` when there is no such object */
  content(name: string): Promise<Uint8Array>;
};

/** After so long without a question the process is let go; the next question starts another. */
const IDLE_MS = 500;
/** An answer takes microseconds, or a disk's patience. */
const ANSWER_MS = 60_000;
/** Who asks for more asks in portions, so that no question is larger than a pipe. */
const NAMES_AT_ONCE = 200;

/** `start` gives argv and environment of `git cat-file --batch-command`. */
export function createObjects(start: () => Promise<Parameters<typeof converse>>): Objects {
  const state: { talk: Promise<Conversation> | null; idle: Timer | null; open: number } = {
    talk: null,
    idle: null,
    open: 0,
  };
  const ask = async <Answer>(question: string, read: (talk: Conversation) => Promise<Answer>): Promise<Answer> => {
    if (state.idle) clearTimeout(state.idle);
    state.open += 1;
    state.talk ??= start().then((argv) => converse(...argv));
    const { talk } = state;
    try {
      return await (await talk).turn(question, read, ANSWER_MS);
    } catch (error) {
      if (state.talk === talk) state.talk = null;
      void talk.then((dead) => dead.end()).catch(() => {});
      if (error instanceof DgovError) throw error;
      throw new DgovError("git_failed", `Cannot ask git for "${clip(question.trim())}": ${String(error)}`, {
        cause: error,
      });
    } finally {
      state.open -= 1;
      if (state.open === 0) {
        state.idle = setTimeout(letGo, IDLE_MS);
        state.idle.unref();
      }
    }
  };
  const letGo = () => {
    void state.talk?.then((talk) => talk.end()).catch(() => {});
    state.talk = null;
  };
  const wanted: Wanted[] = [];
  /** What is asked for at one time is asked in one go: the way there and back costs more than the answer. */
  const readWanted = () => {
    for (const some of portions(wanted.splice(0)))
      readAll(ask, some).catch((error: unknown) => some.forEach(({ reject }) => void reject(error)));
  };
  return {
    async info(names) {
      const found: (ObjectInfo | null)[] = [];
      for (const some of portions(names)) {
        const question = some.map((name) => `info ${oneLine(name)}\n`).join("");
        await ask(question, async (talk) => {
          for (const _ of some) found.push(parseInfo(await talk.line()));
        });
      }
      return found;
    },
    async content(name) {
      oneLine(name); // alone, so that no other question fails with it
      const answer = Promise.withResolvers<Uint8Array>();
      wanted.push({ name, ...answer });
      if (wanted.length === 1) queueMicrotask(readWanted);
      return answer.promise;
    },
  };
}

type Wanted = { name: string } & ReturnType<typeof Promise.withResolvers<Uint8Array>>;
type Ask = <Answer>(question: string, read: (talk: Conversation) => Promise<Answer>) => Promise<Answer>;

async function readAll(ask: Ask, some: readonly Wanted[]): Promise<void> {
  const question = some.map(({ name }) => `contents ${oneLine(name)}\n`).join("");
  await ask(question, async (talk) => {
    for (const { name, resolve, reject } of some) {
      const line = await talk.line();
      const info = parseInfo(line);
      if (!info) {
        reject(new DgovError("git_failed", `Cannot read the object "${name}": git says "${line}"`));
        continue;
      }
      const bytes = await talk.bytes(info.size_bytes + 1);
      resolve(bytes.subarray(0, info.size_bytes));
    }
  });
}

function portions<Item>(all: readonly Item[]): Item[][] {
  const count = Math.ceil(all.length / NAMES_AT_ONCE);
  return Array.from({ length: count }, (_, at) => all.slice(at * NAMES_AT_ONCE, (at + 1) * NAMES_AT_ONCE));
}

const clip = (question: string): string => (question.length <= 200 ? question : `${question.slice(0, 200)}…`);

function parseInfo(line: string): ObjectInfo | null {
  const [oid = "", type = "", size = ""] = line.split(" ");
  return /^\d+$/.test(size) && /^[0-9a-f]{40,64}$/.test(oid) ? { oid, type, size_bytes: Number(size) } : null;
}

/** A question is a line: a name with a newline in it would be two. */
function oneLine(name: string): string {
  if (name.includes("\n"))
    throw new DgovError("git_failed", `Cannot ask git for ${JSON.stringify(name)}: it is two lines`);
  return name;
}
