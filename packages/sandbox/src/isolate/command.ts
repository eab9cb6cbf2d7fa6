import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { InterpretOrder } from "../interpreted/interpret.ts";
import { LIMITS } from "../limits.ts";
import { hasMoreBelow, signal } from "../process_tree.ts";
import type { Scope } from "../tool.ts";
import { HeadTail } from "../truncate.ts";
import { leaveRoom, tasksFor } from "./ceiling.ts";
import type { ResourceLimits } from "./confinement.ts";
import type { ExecRequest, ExecResult } from "./isolation.ts";
import type { KernelLimits } from "./kernel_limits.ts";
import { socketNotes } from "./no_socket.ts";
import type { Readable } from "./readable.ts";
import type { Segments } from "./segments.ts";
import { type Hearing, speakTo } from "./talk.ts";
import { unreadableNotes } from "./unreadable.ts";
import type { Strike } from "./watch.ts";

/**
 * Where commands run. `endTree` ends all that a command left, at once; `pause` halts it or lets it
 * go on, as far as that can be done in one stroke; `reap` collects the dead that fell to us. `interpreter` takes the
 * place of a native shell where there is no jail. `kept` is what else of the limits is told or kept from inside.
 */
export type Shell = {
  root: string;
  tmp: string;
  env: Readonly<Record<string, string>>;
  interpreter: { argv: readonly string[]; scope: Scope | null } | null;
  now_ms: () => number;
  endTree: () => void;
  pause: (on: boolean) => void;
  reap: () => void;
  limits: ResourceLimits; // we are under that of a file's size too, and the log is a file of ours
  kept: { kernel: KernelLimits; segments: Segments | null }; // null: they are not ours to count or to end
  readable: Readable | "all";
  running: Running;
};

/** How the command under way is ended by whom it does not know; null: none runs. */
export type Running = { stop: ((by: Strike) => void) | null };

type Ended = { by: ExecResult["ended"] };

/**
 * Runs one command to its end. Both its streams are one pipe, so that the log has them as they came; its standard input
 * is empty; it leads a session of its own. It is started by a shell that only joins the streams and steps aside.
 */
export async function runCommand(
  shell: Shell,
  request: ExecRequest,
  { number, hearing }: { number: number; hearing: Hearing | null },
): Promise<Omit<ExecResult, "put_back">> {
  const start_ms = shell.now_ms();
  mkdirSync(join(shell.tmp, "logs"), { recursive: true });
  const log = join(shell.tmp, "logs", `${number}.log`);
  rmSync(log, { recursive: true, force: true }); // of an earlier process in the same folder, or planted by a command
  const { kernel, segments } = shell.kept;
  const struck = kernel.count();
  if (hearing !== null && shell.interpreter !== null) return notStarted("Cannot talk with an interpreted command");
  const script = join(shell.tmp, "logs", `${number}.sh`);
  const child = kernel.lesser(() => spawn(shell, request, { script, talks: hearing !== null }));
  if (child === null) return notStarted(`Cannot start a command in "${request.cwd}": there is no such folder`);
  const ended: Ended = { by: "exit" };
  const endAll = () => {
    signal(-child.pid, "SIGKILL"); // its own group in one stroke, then whoever left the group
    shell.endTree();
  };
  const stop = (by: ExecResult["ended"]) => {
    if (ended.by === "exit") ended.by = by;
    endAll();
  };
  const timer = setTimeout(() => stop("timeout"), request.timeout_ms);
  const watch = setInterval(watchAll(shell, stop, struck), LIMITS.watch_every_ms);
  shell.running.stop = stop;
  const kept = new HeadTail(request.clip_bytes);
  const output_max_bytes = Math.min(request.output_max_bytes, shell.limits.file_bytes);
  const draining = { log, kept, output_max_bytes, stop };
  const heard = hearing === null ? null : converse(child, hearing, { ...draining, end: endAll });
  const reading = heard?.reading ?? drain(child.stdout, draining);
  await child.exited;
  heard?.over();
  shell.running.stop = null;
  clearTimeout(timer);
  clearInterval(watch);
  endAll();
  await reading;
  segments?.removeAll();
  shell.reap(); // after Bun has collected the command itself: that one is not ours to take
  if (ended.by === "exit") ended.by = struck() ?? "exit"; // also when the command itself got over it
  const by = ended.by === "exit" && child.signalCode !== null ? "signal" : ended.by;
  const fatal = by === "signal" ? String(child.signalCode ?? "SIGKILL") : null;
  const output = kept.result();
  const said = `${output.head}\n${output.tail}`;
  const unreadable = unreadableNotes(said, shell.readable, shell.env.HOME ?? "");
  const refused_hosts = socketNotes(said, shell.env);
  return {
    exit: by === "exit" ? child.exitCode : null,
    ended: by,
    signal: fatal,
    took_ms: shell.now_ms() - start_ms,
    ...output,
    log,
    ...(unreadable.length > 0 ? { unreadable } : {}),
    ...(refused_hosts.length > 0 ? { refused_hosts } : {}),
  };
}

type Spawned = Bun.Subprocess<"ignore" | "pipe", "pipe", "ignore" | "pipe">;

function spawn(
  place: Shell,
  request: ExecRequest,
  { script, talks }: { script: string; talks: boolean },
): Spawned | null {
  const { root, env, interpreter } = place;
  const { command, shell, cwd, env: more } = request;
  if (interpreter !== null) return spawnInterpreter({ ...place, interpreter }, request, script);
  const program = (shell && Bun.which(shell, { PATH: env.PATH ?? "" })) ?? "/bin/sh";
  const words = Buffer.byteLength(command) < WORD_MAX_BYTES ? ["-c", command] : [written(script, command)];
  try {
    return Bun.spawn(["/bin/sh", "-c", `${leaveRoom()}exec "$0" "$@"${talks ? "" : " 2>&1"}`, program, ...words], {
      cwd: cwd === undefined ? root : join(root, cwd),
      env: { ...env, ...more },
      stdio: talks ? ["pipe", "pipe", "pipe"] : ["ignore", "pipe", "ignore"],
      detached: true,
    });
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return null;
    throw error;
  }
}

type Interpreting = Shell & { interpreter: NonNullable<Shell["interpreter"]> };

/** Instead of a shell, this program again: it interprets the command and starts nothing. */
function spawnInterpreter({ root, tmp, env, interpreter }: Interpreting, request: ExecRequest, script: string) {
  const { argv, scope } = interpreter;
  const cwd = request.cwd === undefined ? root : join(root, request.cwd);
  const { command, search } = request;
  const order: InterpretOrder = {
    ...{ root, tmp, scope, command, cwd, env: { ...env, ...request.env } },
    ...(search ? { search } : {}),
  };
  return Bun.spawn([...argv, written(script, JSON.stringify(order))], {
    cwd: "/",
    env,
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
  });
}

/** The kernel takes no longer word (128 KiB): a longer command is read from a file. */
const WORD_MAX_BYTES = 120_000;

function written(path: string, text: string): string {
  rmSync(path, { recursive: true, force: true });
  writeFileSync(path, text, { flag: "wx", mode: 0o600 });
  return path;
}

function notStarted(why: string): Omit<ExecResult, "put_back"> {
  return {
    exit: null,
    ended: "not_started",
    signal: null,
    took_ms: 0,
    head: why,
    tail: "",
    omitted_bytes: 0,
    log: null,
  };
}

/** A command that is talked with: its output is heard, and what it says of itself is the log. */
function converse(
  { stdin, stdout, stderr }: Spawned,
  hearing: Hearing,
  { end, ...draining }: Drain & { end: () => void },
): { reading: Promise<unknown>; over: () => void } {
  if (!stdin || !stderr) throw new Error("Cannot talk with a command that was started without a pipe");
  const { output_max_bytes, stop } = draining;
  const { take, over } = speakTo({ input: stdin, flooded: () => stop("output_limit"), end });
  hearing.attach(take);
  const hear = async () => {
    let room = output_max_bytes;
    for await (const chunk of stdout) {
      if (room === 0) continue;
      const part = chunk.subarray(0, room);
      room -= part.length;
      await hearing.heard(part);
      if (room === 0) stop("output_limit");
    }
  };
  return { reading: Promise.all([drain(stderr, draining), hear()]), over };
}

type Drain = { log: string; kept: HeadTail; output_max_bytes: number; stop: (by: "output_limit") => void };

/** Reads to the end of the pipe. Beyond the limit nothing more is kept, and the command is ended. */
async function drain(stream: ReadableStream<Uint8Array>, { log, kept, output_max_bytes, stop }: Drain): Promise<void> {
  const fd = openSync(log, "wx", 0o600);
  try {
    let room = output_max_bytes;
    for await (const chunk of stream) {
      if (room === 0) continue;
      const part = chunk.subarray(0, room);
      room -= part.length;
      writeSync(fd, part);
      kept.push(part);
      if (room === 0) stop("output_limit");
    }
  } finally {
    closeSync(fd);
  }
}

/** What only the inside sees, or sees sooner. */
function watchAll(shell: Shell, stop: (by: Strike) => void, struck: () => Strike | null): () => void {
  const lookAtProcesses = watchProcesses(shell, () => stop("process_limit"));
  return () => {
    lookAtProcesses();
    if ((shell.kept.segments?.bytes() ?? 0) > shell.limits.memory_bytes) stop("memory_limit");
    const by = struck();
    if (by !== null) stop(by);
  };
}

/**
 * Looks at the machine's count of tasks, which is one small file, and counts our own only when that has grown much. They
 * stand still meanwhile: a fork bomb grows faster than anybody counts.
 */
function watchProcesses({ pause, limits }: Shell, tooMany: () => void): () => void {
  if (process.platform !== "linux") return () => {}; // nobody counts there
  const tasks = () => Number(/\/(\d+)/.exec(readFileSync("/proc/loadavg", "utf8"))?.[1] ?? 0);
  const before = tasks();
  return () => {
    if (tasks() - before < limits.processes / 2) return;
    pause(true);
    if (hasMoreBelow(process.pid, tasksFor(limits.processes))) tooMany();
    else pause(false);
  };
}
