import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * `env`        the whole environment; nothing is inherited
 * `bytes_max`  of stdout; past it the tree is killed. Of stderr the last 64 KiB are kept
 * `tethered_ms` it reads its standard input, and ends by itself when that does: with this process, however that ends, or at a
 *              limit. So long is it then given before its tree is killed; 0: at a limit that is done at once. Instead of `stdin`
 */
export type RunOptions = {
  cwd: string;
  env: Readonly<Record<string, string>>;
  stdin?: string | Uint8Array;
  timeout_ms: number;
  bytes_max: number;
  tethered_ms?: number;
  signal?: AbortSignal;
};

/** `code` is null unless `ended` is "exit". `why` says what the system said about a program that did not start, else "". */
export type Exit = {
  ended: "exit" | "signal" | "timeout" | "aborted" | "output_limit" | "not_started";
  code: number | null;
  signal: string | null;
  stdout: Uint8Array;
  stderr: string;
  why: string;
};

const STDERR_MAX_BYTES = 64 * 1024;
/** How long the output may stay open after the process has ended: some grandchild has it, and it is killed then. */
const LINGER_MS = 250;

/**
 * Runs one program in a process group of its own and waits until it and its output have ended. The command's failure is
 * in the result. At a limit the whole tree below it is killed.
 */
export async function run(argv: readonly string[], options: RunOptions): Promise<Exit> {
  const { cwd, env, stdin, timeout_ms, bytes_max, tethered_ms, signal } = options;
  if (signal?.aborted) return { ...nothing, ended: "aborted" };
  const child = spawn(argv, { cwd, env, stdin: tethered_ms === undefined ? stdin : TETHER });
  if (typeof child === "string") return { ...nothing, ended: "not_started", why: child };

  const kill = () => {
    const running = child.exitCode === null && child.signalCode === null;
    if (running) killTree(child.pid);
    else signalTo(-child.pid, "SIGKILL"); // the number may be another process by now, the group only while it has members
  };
  let cut: "timeout" | "aborted" | "output_limit" | null = null;
  let patience: Timer | undefined;
  const end = (why: "timeout" | "aborted" | "output_limit") => {
    cut ??= why;
    if (!tethered_ms) return kill();
    patience ??= setTimeout(kill, tethered_ms);
    letGo(child.stdin);
  };
  const timer = setTimeout(end, timeout_ms, "timeout");
  const abort = () => end("aborted");
  signal?.addEventListener("abort", abort, { once: true });
  const out = collect(child.stdout, { max_bytes: bytes_max, full: () => end("output_limit") });
  const err = collect(child.stderr, { max_bytes: STDERR_MAX_BYTES, full: null });
  await child.exited;
  const linger = setTimeout(() => {
    kill();
    out.stop();
    err.stop();
  }, LINGER_MS);
  const [stdout, stderr] = await Promise.all([out.bytes, err.bytes]);
  for (const one of [linger, timer, patience]) clearTimeout(one);
  letGo(child.stdin);
  signal?.removeEventListener("abort", abort);

  const ended = cut ?? (child.signalCode === null ? "exit" : "signal");
  return {
    ended,
    code: ended === "exit" ? child.exitCode : null,
    signal: child.signalCode === null ? null : String(child.signalCode),
    stdout,
    stderr: new TextDecoder().decode(stderr),
    why: "",
  };
}

const nothing = { code: null, signal: null, stdout: new Uint8Array(), stderr: "", why: "" } as const;

/** A pipe whose other end is ours for as long as we live. */
const TETHER = Symbol("tether");

function letGo(pipe: Bun.FileSink | number | undefined): void {
  if (typeof pipe === "object") void Promise.resolve(pipe.end()).catch(() => {}); // it may have ended first
}

/** The process started, or what the system said against it. */
function spawn(
  argv: readonly string[],
  options: Pick<RunOptions, "cwd" | "env"> & { stdin: RunOptions["stdin"] | typeof TETHER },
) {
  const { cwd, env, stdin } = options;
  try {
    return Bun.spawn([...argv], {
      cwd,
      env,
      stdin: stdinOf(stdin),
      stdout: "pipe",
      stderr: "pipe",
      detached: true,
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function stdinOf(stdin: RunOptions["stdin"] | typeof TETHER) {
  if (stdin === TETHER) return "pipe";
  if (stdin === undefined) return "ignore";
  return new Blob([typeof stdin === "string" ? stdin : new Uint8Array(stdin)]);
}

/** A program that is asked again and again over its pipes. */
export type Conversation = {
  /** Sends a question at once, and reads its answer behind those of the ones before. @throws when the program ends, or takes too long */
  turn<Answer>(question: string, read: (talk: Conversation) => Promise<Answer>, limit_ms: number): Promise<Answer>;
  /** The next line of the answer, without its newline. */
  line(): Promise<string>;
  bytes(count: number): Promise<Uint8Array>;
  end(): void;
};

/** Starts a program to be asked. It does not keep this process alive, and ends with it. */
export function converse(argv: readonly string[], { cwd, env }: Pick<RunOptions, "cwd" | "env">): Conversation {
  const child = Bun.spawn([...argv], { cwd, env, stdin: "pipe", stdout: "pipe", stderr: "ignore", detached: true });
  child.unref();
  const reader = child.stdout.getReader();
  const state = { left: Buffer.alloc(0), turns: Promise.resolve() };
  const more = async () => {
    const { done, value } = await reader.read();
    if (done) throw new Error("The program has ended");
    state.left = Buffer.concat([state.left, value]);
  };
  const take = (count: number, skipped = 0): Buffer => {
    const taken = state.left.subarray(0, count);
    state.left = state.left.subarray(count + skipped);
    return taken;
  };
  const end = () => {
    void Promise.resolve(child.stdin.end()).catch(() => {});
    if (child.exitCode === null && child.signalCode === null) child.kill();
  };
  const talk: Conversation = {
    end,
    turn(question, read, limit_ms) {
      // It is there when the program has answered the one before: nothing waits for its way.
      const written = Promise.all([child.stdin.write(question), child.stdin.flush()]); // each fails by itself
      written.catch(() => {}); // told below
      const mine = state.turns.then(async () => {
        const timer = setTimeout(end, limit_ms);
        try {
          const [answer] = await Promise.all([read(talk), written]);
          return answer;
        } finally {
          clearTimeout(timer);
        }
      });
      state.turns = mine.then(
        () => {},
        () => {},
      );
      return mine;
    },
    async line() {
      let at = state.left.indexOf(10);
      for (; at < 0; at = state.left.indexOf(10)) await more();
      return take(at, 1).toString("utf8");
    },
    async bytes(count) {
      while (state.left.length < count) await more();
      return take(count);
    },
  };
  return talk;
}

type Collected = { bytes: Promise<Uint8Array>; stop: () => void };

/** Reads a stream to its end. With `full` it stops there at the limit; without, it keeps the last bytes. */
function collect(
  stream: ReadableStream<Uint8Array>,
  { max_bytes, full }: { max_bytes: number; full: (() => void) | null },
): Collected {
  const reader = stream.getReader();
  const read = async () => {
    let chunks: Uint8Array[] = [];
    let size = 0;
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      chunks.push(next.value);
      size += next.value.length;
      if (size <= max_bytes) continue;
      if (full) {
        full();
        await reader.cancel();
        return Buffer.concat(chunks).subarray(0, max_bytes);
      }
      chunks = [Buffer.concat(chunks).subarray(-max_bytes)];
      size = max_bytes;
    }
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  };
  return { bytes: read(), stop: () => void reader.cancel() };
}

/**
 * Starts a program that outlives this process: in a session of its own, with what it says at the end of a file.
 *
 * @returns `exited` resolves when it has ended, however that was
 */
export function startApart(
  argv: readonly string[],
  { env, log, cwd = dirname(log) }: { env: Readonly<Record<string, string>>; log: string; cwd?: string },
): { pid: number; exited: Promise<unknown> } {
  const file = openSync(log, "a", 0o600);
  try {
    const stdio: ["ignore", number, number] = ["ignore", file, file];
    const child = Bun.spawn([...argv], { cwd, env: { ...env }, stdio, detached: true });
    child.unref();
    return { pid: child.pid, exited: child.exited };
  } finally {
    closeSync(file);
  }
}

const LOOK_EVERY_MS = 50;
const DIES_WITHIN_MS = 5_000;

/** Asks a process to end, and after its time of grace kills it with all below it. */
export async function endTree(
  pid: number,
  { isAlive, grace_ms }: { isAlive: () => boolean; grace_ms: number },
): Promise<void> {
  const untilDead = async (limit_ms: number) => {
    for (let waited_ms = 0; isAlive() && waited_ms < limit_ms; waited_ms += LOOK_EVERY_MS)
      await Bun.sleep(LOOK_EVERY_MS);
  };
  signalTo(pid, "SIGTERM");
  await untilDead(grace_ms);
  if (!isAlive()) return;
  killTree(pid);
  await untilDead(DIES_WITHIN_MS);
}

/**
 * Kills a process, its process group and every descendant. Each is stopped before its children are listed, so that none
 * can start another in between. A descendant that was given to init before this is found only by the group.
 */
export function killTree(pid: number): void {
  const found: number[] = [];
  const visit = (at: number) => {
    if (found.includes(at)) return;
    found.push(at);
    signalTo(at, "SIGSTOP");
    for (const child of children(at)) visit(child);
  };
  visit(pid);
  signalTo(-pid, "SIGKILL");
  for (const each of found) signalTo(each, "SIGKILL");
}

function signalTo(pid: number, signal: "SIGSTOP" | "SIGKILL" | "SIGTERM") {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself: that is what was asked for.
  }
}

function children(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return []; // ended, or a system without /proc: there the group is all we have
  }
}
