import { residentBytes } from "../process_tree.ts";
import { openLibc } from "./libc.ts";
import { decodeFrames, encodeFrame, readFrameSync } from "./wire.ts";

/**
 * What a child may use that does one thing for the isolated process and ends. Kept from outside: what runs in it may
 * never come back to its own code.
 */
export type ChildLimits = { timeout_ms: number; memory_bytes: number };

/** `why` is the child's last words. */
export type ChildEnd =
  | { ended: "answer"; answer: unknown }
  | { ended: "timeout" | "memory" }
  | { ended: "died"; why: string };

const LOOK_EVERY_MS = 25;

/** Starts this program again with `argv`, tells it one thing, and hears one thing, or ends it. */
export async function askChild(argv: readonly string[], order: unknown, limits: ChildLimits): Promise<ChildEnd> {
  const child = Bun.spawn([...argv], {
    cwd: "/",
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", LANG: "C.UTF-8" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const state: { struck: "timeout" | "memory" | null } = { struck: null };
  const strike = (limit: "timeout" | "memory") => {
    state.struck ??= limit;
    child.kill("SIGKILL");
  };
  const timer = setTimeout(strike, limits.timeout_ms, "timeout");
  const watch = setInterval(() => residentBytes(child.pid) > limits.memory_bytes && strike("memory"), LOOK_EVERY_MS);
  const words = new Response(child.stderr).text();
  try {
    await tell(child.stdin, order).catch(() => {}); // it has died already: its words say of what
    const first = await decodeFrames(child.stdout).next();
    if (state.struck !== null) return { ended: state.struck };
    if (!first.done) return { ended: "answer", answer: first.value };
    const exit = await child.exited;
    return { ended: "died", why: (await words).trim().slice(-500) || `it ended with ${child.signalCode ?? exit}` };
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
    child.kill("SIGKILL");
    await child.exited;
  }
}

async function tell(stdin: Bun.FileSink, order: unknown): Promise<void> {
  await stdin.write(encodeFrame(order));
  await stdin.end();
}

const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;

/** The child's side: reads its order, answers it, and ends. It dies with whoever started it, whatever it is doing. */
export async function beChild(answer: (order: unknown) => Promise<unknown>): Promise<never> {
  if (process.platform === "linux") openLibc().prctl(PR_SET_PDEATHSIG, SIGKILL);
  const out = Bun.stdout.writer();
  out.write(encodeFrame(await answer(readFrameSync(0))));
  await out.flush();
  process.exit(0);
}
