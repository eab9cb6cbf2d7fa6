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
/** The answers to so many fit into a pipe: nobody reads them before the whole question is written. */
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
  return {
    async info(names) {
      const found: (ObjectInfo | null)[] = [];
      for (let at = 0; at < names.length; at += NAMES_AT_ONCE) {
        const some = names.slice(at, at + NAMES_AT_ONCE);
        const question = some.map((name) => `info ${oneLine(name)}\n`).join("");
        await ask(question, async (talk) => {
          for (const _ of some) found.push(parseInfo(await talk.line()));
        });
      }
      return found;
    },
    content: async (name) =>
      ask(`contents ${oneLine(name)}\n`, async (talk) => {
        const line = await talk.line();
        const info = parseInfo(line);
        if (!info) throw new DgovError("git_failed", `Cannot read the object "${name}": git says "${line}"`);
        const bytes = await talk.bytes(info.size_bytes + 1);
        return bytes.subarray(0, info.size_bytes);
      }),
  };
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
