import { COMPONENT_LIMITS } from "../limits.ts";
import { InputStream, OutputStream, Pollable } from "./streams.ts";

type Interfaces = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
export type System = { imports: Interfaces; said(): string };

/** A component called `exit`: it has no process of its own to end, so its call ends. */
export class Exit extends Error {
  override name = "Exit";
}

/** Everything but files: an empty environment, output that is kept for error messages, and chance that is always the same. */
export function createSystem(clock: boolean): System {
  const output = { text: "" };
  const decoder = new TextDecoder();
  const write = (bytes: Uint8Array) => {
    output.text = (output.text + decoder.decode(bytes)).slice(-COMPONENT_LIMITS.said_max_chars);
  };
  return {
    said: () => output.text.trim(),
    imports: {
      "wasi:cli/environment": { getEnvironment: () => [], getArguments: () => [], initialCwd: () => undefined },
      "wasi:cli/exit": { exit: leave, exitWithCode: leave },
      "wasi:cli/stdin": { getStdin: () => new InputStream(() => new Uint8Array()) },
      "wasi:cli/stdout": { getStdout: () => new OutputStream(write) },
      "wasi:cli/stderr": { getStderr: () => new OutputStream(write) },
      ...terminals(),
      ...chance(),
      ...(clock ? clocks() : {}),
    },
  };
}

function leave(): never {
  throw new Exit("it called exit");
}

/** There is none. The classes are asked for all the same. */
function terminals(): Interfaces {
  return {
    "wasi:cli/terminal-input": { TerminalInput: class {} },
    "wasi:cli/terminal-output": { TerminalOutput: class {} },
    "wasi:cli/terminal-stdin": { getTerminalStdin: () => undefined },
    "wasi:cli/terminal-stdout": { getTerminalStdout: () => undefined },
    "wasi:cli/terminal-stderr": { getTerminalStderr: () => undefined },
  };
}

const CHANCE_MAX_BYTES = 1024 * 1024;

/** The same numbers in every call: what a component does follows from its input and its files. */
function chance(): Interfaces {
  const state = { drawn: 0n };
  const draw = () => Bun.hash.wyhash("dgov", state.drawn++);
  const bytes = (length: bigint) => {
    if (length > CHANCE_MAX_BYTES) throw new RangeError(`it asked for ${length} random bytes at once`);
    const words = new BigUint64Array(Math.ceil(Number(length) / 8)).map(draw);
    return new Uint8Array(words.buffer, 0, Number(length));
  };
  return {
    "wasi:random/random": { getRandomBytes: bytes, getRandomU64: draw },
    "wasi:random/insecure": { getInsecureRandomBytes: bytes, getInsecureRandomU64: draw },
    "wasi:random/insecure-seed": { insecureSeed: () => [draw(), draw()] },
  };
}

const NS_IN_S = 1_000_000_000n;
const NS_IN_MS = 1_000_000;

/** The only place where the isolated side reads the time of day: the project's own `clock = true` asks for it. */
function clocks(): Interfaces {
  const now = () => BigInt(Bun.nanoseconds());
  const until = (instant: bigint) => {
    const due = () => now() >= instant;
    // Longer than the call may last is not needed: it is ended from outside.
    return new Pollable(() => due() || Bun.sleepSync(Number(instant - now()) / NS_IN_MS), due);
  };
  const wall = () => {
    const { timeOrigin } = performance;
    const ns = BigInt(Math.round(timeOrigin * NS_IN_MS)) + now();
    return { seconds: ns / NS_IN_S, nanoseconds: Number(ns % NS_IN_S) };
  };
  return {
    "wasi:clocks/monotonic-clock": {
      now,
      resolution: () => 1n,
      subscribeInstant: until,
      subscribeDuration: (duration: bigint) => until(now() + duration),
    },
    "wasi:clocks/wall-clock": { now: wall, resolution: () => ({ seconds: 0n, nanoseconds: 1_000_000 }) },
  };
}
