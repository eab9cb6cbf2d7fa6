import { mkdirSync, readlinkSync } from "node:fs";
import type { ReadCode } from "./code.ts";
import type { ChildOrder, ComponentAnswer, ComponentOrder } from "./component/order.ts";
import { holdRoot } from "./descent.ts";
import type { GitQuestion, GitReply } from "./git_question.ts";
import type { HostPlace } from "./host.ts";
import { type Running, runCommand, type Shell } from "./isolate/command.ts";
import type { ResourceLimits } from "./isolate/confinement.ts";
import { enterIsolation } from "./isolate/enter.ts";
import { freshen } from "./isolate/fresh.ts";
import { createGuard } from "./isolate/guard.ts";
import type { ExecRequest, ExecResult, IsolationSpec } from "./isolate/isolation.ts";
import { type KernelFiles, openKernelLimits } from "./isolate/kernel_limits.ts";
import { landlockAbi } from "./isolate/landlock.ts";
import { type Libc, openLibc } from "./isolate/libc.ts";
import { createQuestions } from "./isolate/questions.ts";
import type { Readable } from "./isolate/readable.ts";
import { createSegments } from "./isolate/segments.ts";
import { createTalks, type Hearing, type Said, type Talks } from "./isolate/talk.ts";
import type { Strike } from "./isolate/watch.ts";
import { decodeFrames, encodeFrame } from "./isolate/wire.ts";
import type { ToolPolicy } from "./policy.ts";
import { childrenOf, factsOf, signal } from "./process_tree.ts";
import type { EvaluateOrder, EvaluateResult } from "./script/order.ts";
import { answerOf, evaluated, modulesOrder, type ScriptInput, toolsOrder } from "./script/report.ts";
import { createScripts, type Scripts } from "./script/scripts.ts";
import { createSpared, endAllBelow, type Spared } from "./spared.ts";
import type { CompareSymbols, SymbolClaims } from "./symbol_claims.ts";
import type { Answer, Host } from "./tool.ts";

/** What the governor asks, after one `ServeOrder`, and what it hears. The order of answers is the order of requests. */
export type ServeOrder = Pick<IsolationSpec, "root" | "write" | "git_dir" | "tmp" | "env" | "scope"> & {
  self: readonly string[]; // argv prefix that starts this program again
  interpreter: readonly string[] | null; // argv prefix that interprets a command's file: then no native one is started
  files: KernelFiles | null; // what it was started with besides its streams
  limits: ResourceLimits;
  readable: Readable | "all"; // for the words in which a refusal is told
  own_ipc: boolean; // what is shared between processes without a file is then all ours
  outer_pids: string; // the governor's process namespace: where ours is another, our signals stay in it
};
export type ServeRequest =
  | { id: number; exec: ExecRequest; talk?: true }
  | { id: number; tool: string; input: unknown; policy: ToolPolicy | null }
  | { id: number; evaluate: EvaluateOrder }
  | { id: number; component: ComponentOrder };
/** Ends what runs, without an answer of its own: what was asked is answered as ended by this limit. */
export type Halt = { halt: Strike };
/** What the governor says to a `question`, in the order in which they were asked. */
export type OutsideReply = { reply: GitReply };
/** What is said to the command of a request that is talked with. */
export type OutsideWord = { said: Said };
export type ServeAnswer =
  | { ready: true; sealed: boolean }
  | { question: GitQuestion }
  | { heard: string } // base64, of the command that runs
  | { id: number; result: ExecResult | Answer | EvaluateResult | ComponentAnswer }
  | { id: number; failed: string };

const PR_SET_PDEATHSIG = 1;
const PR_SET_DUMPABLE = 4;
const SIGKILL = 9;
const SIGCONT = 18;
/** A link whose text names the process namespace. */
const PID_NAMESPACE = "/proc/self/ns/pid";
/** The name of this process's namespace of process numbers; "": there is none to tell apart. */
export const pidNamespace = (): string => (process.platform === "linux" ? readlinkSync(PID_NAMESPACE) : "");

/**
 * What this process is lent by whoever starts it, since it knows no language: what tells the symbols of a text apart is
 * brought when a task has claimed some, and writes to such a file; what reads code, when a tool first wants to.
 */
export type Lent = {
  now_ms?: () => number;
  symbols?: () => Promise<CompareSymbols>;
  code?: () => Promise<ReadCode>;
};

/**
 * The isolated side of dgov. `argv` is `["__isolated", "enter"]` for a process that still has to be restricted, and
 * `["__isolated", "serve"]` for what it becomes then; `["__isolated", "interpret", FILE]` is one interpreted command, and `["__isolated", "script"]` runs
 * scripts, one after another. Ends with its process.
 */
export async function serveIsolated(argv: readonly string[], lent: Lent = {}): Promise<void> {
  const { now_ms = monotonic_ms, symbols, code } = lent;
  if (argv[1] === "enter") enterIsolation();
  if (argv[1] === "interpret") return speak(argv[2] ?? "");
  if (argv[1] === "script") return runScripts(now_ms);
  if (argv[1] === "component") return runComponentChild();
  if (argv[1] !== "serve") throw new Error(`Cannot serve "${argv.join(" ")}": the words are "enter" and "serve"`);
  await serve({ now_ms, compare: symbols ?? null, code: code ? keptOnce(code) : null });
}

/** One interpreted command: its output on the standard output, its status as the process's own. */
async function speak(file: string): Promise<void> {
  const { interpret, readOrder } = await import("./interpreted/interpret.ts");
  const { output, exit } = await interpret(readOrder(file));
  await Bun.write(Bun.stdout, output);
  process.exit(exit);
}

/** The child that runs scripts: it alone carries the interpreter. */
async function runScripts(now_ms: () => number): Promise<void> {
  const { serveScripts } = await import("./script/serve_scripts.ts");
  await serveScripts(now_ms);
  process.exit(0);
}

/** The child that runs one component, or compiles it: whatever becomes of it, becomes of it alone. */
async function runComponentChild(): Promise<void> {
  const [{ beChild }, { answerOrder }] = await Promise.all([
    import("./isolate/child.ts"),
    import("./component/child.ts"),
  ]);
  await beChild((order) => answerOrder(order as ChildOrder)); // written by our own code from this type
}

/** This process is its own entry: the clock of the caller does not reach it, and no decision hangs on this one. */
const monotonic_ms = () => Bun.nanoseconds() / 1e6;

type Borrowed = {
  now_ms: () => number;
  compare: (() => Promise<CompareSymbols>) | null;
  code: (() => Promise<ReadCode>) | null;
};

function keptOnce<T>(open: () => Promise<T>): () => Promise<T> {
  const kept: { value: Promise<T> | null } = { value: null };
  return () => {
    kept.value ??= open();
    return kept.value;
  };
}

async function serve({ now_ms, compare, code }: Borrowed): Promise<void> {
  const libc = openLibc();
  libc.prctl(PR_SET_DUMPABLE, 0); // nobody inside opens our pipes or our memory through /proc
  const frames = decodeFrames(Bun.stdin.stream());
  const first = await frames.next();
  // Frames come from the governor alone; it wrote them from these types.
  const order = first.value as ServeOrder;
  const sealed = isSealed(libc, order);
  const spared = createSpared();
  const running: Running = { stop: null };
  const out = Bun.stdout.writer();
  const answer = async (frame: ServeAnswer) => {
    out.write(encodeFrame(frame));
    await out.flush();
  };
  const questions = createQuestions((question) => answer({ question }));
  const talks = createTalks((heard) => answer({ heard }));
  const endTree = () => endAllBelow(sealed, spared.pids);
  const server = createServer(order, {
    symbols: await symbolClaimsOf(order, { git: questions.ask, compare }),
    code,
    now_ms,
    endTree,
    spared,
    running,
    talks,
    ...(order.interpreter === null ? {} : { git: questions.ask }),
    reap: () => reapOrphans(libc, spared.pids),
    kept: {
      kernel: openKernelLimits(libc, order.files),
      segments: order.own_ipc ? createSegments(libc) : null,
    },
    pause: (on) => sealed && signal(-1, on ? "SIGSTOP" : "SIGCONT"),
    onGovernorDeath: (number) => void libc.prctl(PR_SET_PDEATHSIG, number),
    libc,
  });
  await answer({ ready: true, sealed });
  let turn = Promise.resolve();
  for await (const frame of frames) {
    const request = frame as ServeRequest | Halt | OutsideReply | OutsideWord;
    if ("reply" in request) {
      questions.hear(request.reply);
      continue;
    }
    if ("said" in request) {
      talks.hear(request.said);
      continue;
    }
    if ("halt" in request) {
      if (running.stop) running.stop(request.halt);
      else endAllBelow(sealed, new Set()); // no command: then it is a child of ours that has grown too much
      continue;
    }
    turn = turn.then(async () => answer(await server(request)));
  }
  endAllBelow(sealed, new Set()); // the governor is gone: so is what it started, in whatever state
  process.exit(0);
}

/**
 * Whether a signal to "everybody" reaches the jail alone. Both proofs are needed for Landlock: the version that confines
 * signals, and a real refusal, since a parent of another user would refuse too.
 */
function isSealed(libc: Libc, { outer_pids }: ServeOrder): boolean {
  if (pidNamespace() !== outer_pids) return true;
  return landlockAbi(libc) >= SIGNALS_CONFINED_ABI && signal(process.ppid, 0) === "refused";
}
const SIGNALS_CONFINED_ABI = 6;

type Powers = Pick<Shell, "now_ms" | "endTree" | "pause" | "reap" | "running" | "kept"> &
  Pick<Host, "git"> & {
    onGovernorDeath: (signal: number) => void;
    spared: Spared;
    talks: Talks;
    libc: Libc;
    symbols: SymbolClaims | null;
    code: (() => Promise<ReadCode>) | null;
  };

function createServer(order: ServeOrder, powers: Powers): (request: ServeRequest) => Promise<ServeAnswer> {
  const { root, tmp, env, scope } = order;
  const { onGovernorDeath, spared, talks, git, libc, symbols, code, ...ours } = powers;
  const outside = { ...(git ? { git } : {}), held: holdRoot(root, libc), ...(symbols ? { symbols } : {}) };
  for (const folder of ["home", "tmp", "cache"]) mkdirSync(`${tmp}/${folder}`, { recursive: true });
  const guard = createGuard({
    root,
    write: order.write,
    tool: scope !== null,
    fromGit: (path) => (order.interpreter === null ? baseFile(order, path) : null), // an interpreted command needs no undoing
    stampAt: libc.stampAt,
  });
  const interpreter = order.interpreter === null ? null : { argv: order.interpreter, scope };
  const readable = interpreter === null ? order.readable : "all"; // an interpreted command sees no place that could be opened to it
  const shell: Shell = { root, tmp, env, interpreter, ...ours, limits: order.limits, readable };
  let logs = 0;
  const exec = async (request: ExecRequest, hearing?: Hearing): Promise<ExecResult> => {
    guard.remember();
    symbols?.remember();
    if (request.fresh) freshen(tmp, ++logs);
    // Now the end of our input must reach us, or the command would outlive us: also when it has halted us.
    onGovernorDeath(SIGCONT);
    const result = await runCommand(shell, request, { number: ++logs, hearing: hearing ?? null });
    onGovernorDeath(SIGKILL);
    const { put_back, lost } = guard.putBack();
    const breaches = (await symbols?.putBack()) ?? [];
    return {
      ...{ ...result, put_back },
      ...(lost.length === 0 ? {} : { lost }),
      ...(breaches.length === 0 ? {} : { breaches }),
    };
  };
  const child = [...order.self, "__isolated", "component"];
  const component = async (asked: ComponentOrder) => {
    const { runComponent } = await import("./component/run.ts");
    return runComponent({ child, root, tmp, scope, ...(symbols ? { symbols } : {}) }, asked);
  };
  const scripts = scriptsOf(order, { exec, component, ...outside, ...(code ? { code } : {}) }, spared);
  return async (request) => {
    const { id } = request;
    try {
      if ("exec" in request) return { id, result: await exec(request.exec, request.talk ? talks.with(id) : undefined) };
      if ("evaluate" in request) return { id, result: evaluated(await scripts.run(modulesOrder(request.evaluate))) };
      if ("component" in request) return { id, result: await component(request.component) };
      return { id, result: await callTool(request, { root, tmp, scope, exec, ...outside, scripts, component, code }) };
    } catch (error) {
      return { id, failed: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
  };
}

/** Only a task that claims symbols pays for what keeps it to them. */
async function symbolClaimsOf(
  order: ServeOrder,
  { git, compare }: { git: NonNullable<Host["git"]>; compare: (() => Promise<CompareSymbols>) | null },
): Promise<SymbolClaims | null> {
  const { root, tmp, scope, interpreter } = order;
  if (scope === null || scope.write.every(({ symbol }) => symbol === null)) return null;
  const [{ createSymbolClaims }, { createFiles }, { baseFile: askBase }] = await Promise.all([
    import("./symbol_claims.ts"),
    import("./host.ts"),
    import("./git_read.ts"),
  ]);
  const exec = () => Promise.reject(new Error("Cannot start a command: git is asked outside"));
  const outside = async (path: string) => (await askBase({ scope, exec, git }, path))?.bytes ?? null;
  const inside = async (path: string) => baseFile(order, path);
  const files = createFiles({ root, tmp, scope });
  return createSymbolClaims({ scope, files, base: interpreter === null ? inside : outside, open: compare });
}

type Ours = Pick<HostPlace, "exec" | "git" | "held" | "symbols"> & { component: NonNullable<Host["component"]> };

/** The child of a script works where we do; what it may not do itself is done here, on our own files. */
function scriptsOf(
  { self, root, tmp, env, scope }: ServeOrder,
  ours: Ours & Pick<Host, "code">,
  spared: Spared,
): Scripts {
  return createScripts({
    argv: [...self, "__isolated", "script"],
    // The last step of the compiler costs more than a script runs: without it 10,000 calls take a third less.
    env: { PATH: env.PATH ?? "/usr/bin:/bin", LANG: "C.UTF-8", TMPDIR: tmp, BUN_JSC_useFTLJIT: "0" },
    setup: { root, tmp, scope, asks_git: ours.git !== undefined },
    spared,
    async answer(question) {
      if (scope === null) throw new Error("Cannot answer a script: this process has no task");
      const { answerAsk } = await import("./script/answer_ask.ts");
      return answerAsk(question, { root, tmp, scope, ...ours, runTool: runToolLate });
    },
  });
}

/** The registry is loaded with the first tool. */
const runToolLate = async (...asked: [tool: string, input: unknown, host: Host]): Promise<Answer> =>
  (await import("./registry.ts")).runTool(...asked);

type ToolPlace = Pick<ServeOrder, "root" | "tmp" | "scope"> & Ours & Pick<Powers, "code"> & { scripts: Scripts };
type ToolRequest = { tool: string; input: unknown; policy: ToolPolicy | null };

/** Tools, and the schemas they bring, are loaded with the first call: gates only run commands, and start in half the time. */
async function callTool({ tool, input, policy }: ToolRequest, place: ToolPlace): Promise<Answer> {
  const { scope, scripts, component, code, ...files } = place;
  if (scope === null) throw new Error(`Cannot call "${tool}": this process has no task, it only runs commands`);
  // Its child has the tools, so they are not needed here: that is half of what a first script takes.
  if (tool === "run_script") return answerOf(await scripts.run(toolsOrder(input as ScriptInput, policy)));
  const [{ runTool }, { createHost }] = await Promise.all([import("./registry.ts"), import("./host.ts")]);
  return runTool(tool, input, { ...createHost({ ...files, scope }), component, ...(code ? { code } : {}) });
}

const WNOHANG = 1;

/** Collects the orphans that fell to us, so that they do not stay in the process table until we end. */
function reapOrphans(libc: Libc, spared: ReadonlySet<number>): void {
  for (const pid of childrenOf(process.pid))
    if (!spared.has(pid) && factsOf(pid)?.state === "Z") libc.syscall("wait4", pid, 0, WNOHANG, 0);
}

/** A file as the base commit has it, by git's plumbing: no hook, filter or monitor has a part in it. */
function baseFile({ git_dir, scope }: ServeOrder, path: string): Buffer | null {
  if (git_dir === null || scope === null) return null;
  const { exitCode, stdout } = Bun.spawnSync(
    ["git", `--git-dir=${git_dir}`, "cat-file", "blob", `${scope.base}:${path}`],
    {
      env: {
        PATH: "/usr/local/bin:/usr/bin:/bin",
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_CONFIG_GLOBAL: "/dev/null",
        GIT_NO_LAZY_FETCH: "1",
      },
      stdio: ["ignore", "pipe", "ignore"],
      timeout: 10_000,
    },
  );
  return exitCode === 0 ? stdout : null;
}

if (import.meta.main) await serveIsolated(process.argv.slice(2));
