import { decodeFrames, encodeFrame } from "../isolate/wire.ts";
import { signal } from "../process_tree.ts";
import type { Spared } from "../spared.ts";
import { isQuiet, openJournal } from "./journal.ts";
import type { ScriptEnding, ScriptOrder, ScriptReply, ScriptSetup, ScriptWord } from "./words.ts";

/** How children are started: `argv` is this program again; each is `spared` when what a command left is ended. */
export type ChildPlace = {
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  setup: ScriptSetup;
  spared: Spared;
};

/** `journal`: whether it was given one. */
export type ChildSetup = ScriptSetup & { journal: boolean };

/**
 * A process that runs scripts. `hear` gives each of its words to `to`, until that says how it ended; null: the process is
 * gone, and all that it had said and noted was given. `end` kills it and waits until it is collected.
 */
export type Child = {
  send(order: ScriptOrder | ScriptReply): void;
  hear(to: (word: ScriptWord) => Promise<ScriptEnding | null>): Promise<ScriptEnding | null>;
  kill: () => void;
  end(): Promise<void>;
};

/** Starts a child. What it is told before it listens waits in its pipe. */
export function startChild({ argv, env, setup, spared }: ChildPlace): Child {
  const journal = openJournal(setup.tmp);
  const more = journal === null ? [] : [journal.fd];
  const child = Bun.spawn([...argv], { cwd: "/", env, stdio: ["pipe", "pipe", "ignore", ...more] });
  spared.add(child.pid);
  let quiet = 0; // how many of its words were
  const words = decodeFrames(child.stdout);
  const kill = () => void signal(child.pid, "SIGKILL");
  const write = async (frame: unknown) => {
    const written = child.stdin.write(encodeFrame(frame)); // it fails by itself, beside the flush
    await Promise.all([written, child.stdin.flush()]);
  };
  const send = (frame: ChildSetup | ScriptOrder | ScriptReply) => {
    write(frame).catch(kill); // it does not listen any more: its end is heard where its words are waited for
  };
  send({ ...setup, journal: journal !== null });
  void child.exited.then(() => spared.remove(child.pid));
  return {
    send,
    kill,
    async hear(to) {
      try {
        for (;;) {
          const { value, done } = await words.next();
          if (done) break;
          const word = value as ScriptWord; // our own child writes these
          if (isQuiet(word)) quiet++;
          const ended = await to(word);
          if (ended !== null) return ended;
        }
        for (const word of journal?.after(quiet) ?? []) await to(word);
        return null;
      } catch (error) {
        kill(); // it talks nonsense: whatever it has become, it is of no use
        if (error instanceof SyntaxError || error instanceof RangeError) return null;
        throw error;
      }
    },
    async end() {
      kill();
      await child.exited;
      journal?.close();
    },
  };
}
