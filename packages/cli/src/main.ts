#!/usr/bin/env -S bun --config=/dev/null --no-env-file
import { engines, version } from "../package.json";
import type { Here } from "./command.ts";

// The only file that knows the clock, chance, the real terminal and the exit. It loads the rest when it knows what is
// wanted: the isolated process must not carry the governor's code, and start-up is a feature.

const argv = process.argv.slice(2);
const TETHER_MS = 10_000; // up here: what stands below is not there yet while a command runs
/** How many times as often code has to run before it is compiled, where the compilers take longer than the code. */
const RELUCTANT = 10;
if (argv[0] === "__isolated") {
  const { serveIsolated } = await import("@dgov/governor/isolated");
  await serveIsolated(argv);
} else if (argv[0] === "__symbols") {
  const { serveAnalyst } = await import("@dgov/governor/symbols_process");
  await serveAnalyst();
} else if (argv[0] === "__api") {
  const { serveApis } = await import("@dgov/governor/api_process");
  await serveApis();
} else if (argv[0] === "__lent") {
  const { serveLent } = await import("./mcp/lent.ts");
  await serveLent(here(), argv[1] ?? "");
  process.exit(0);
} else if (argv[0] === "__tethered") {
  const { dispatch } = await import("./dispatch.ts");
  endWithStdin();
  process.exit(await dispatch(argv.slice(1), here()));
} else if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) {
  console.log(`dgov ${version}`);
} else if (!Bun.isStandaloneExecutable && !Bun.semver.satisfies(Bun.version, engines.bun)) {
  const [{ refuse }, { DgovError }] = await Promise.all([import("./dispatch.ts"), import("@dgov/governor/error")]);
  const message = `Cannot start: dgov needs Bun ${engines.bun}, and this is ${Bun.version}`;
  process.exit(await refuse(argv, here(), new DgovError("runtime_old", message)));
} else if (!(await answeredAtOnce())) {
  const { dispatch } = await import("./dispatch.ts");
  process.exit(await dispatch(argv, here()));
}

/** Every commit waits for its hook, so what is known, or said by the contents alone, is said before anything is loaded. */
async function answeredAtOnce(): Promise<boolean> {
  const [command, ...flags] = argv;
  const symbols = flags.length === 1 && flags[0] === "--symbols";
  if (command !== "preflight" || (flags.length > 0 && !symbols) || process.env.DGOV_JSON !== undefined) return false;
  Bun.unsafe.setJITPolicy(RELUCTANT);
  const look = symbols ? (await import("@dgov/governor/preflight_look")).beginToLook(self()) : null;
  const { preflightAtOnce } = await import("@dgov/governor/preflight_at_once");
  const open = async () => (await import("@dgov/governor/preflight_symbols")).touchesOnce;
  const touches = look && { ...look, open };
  const asking = { cwd: process.cwd(), env: process.env, version, now_ms: () => Date.now(), touches };
  const [view, { preflightExit, renderPreflight }] = await Promise.all([
    preflightAtOnce(asking).catch(() => null), // it goes wrong again in the command, which says how
    import("./preflight_text.ts"), // while others look
  ]);
  look?.analyst.close();
  if (view === null) {
    Bun.unsafe.setJITPolicy(1);
    return false;
  }
  await Bun.write(Bun.stdout, `${renderPreflight(view)}\n`);
  process.exit(preflightExit(view));
}

function here(): Here {
  const interrupt = new AbortController();
  let listening = false;
  return {
    cwd: process.cwd(),
    env: process.env,
    self: self(),
    version,
    json: false,
    get terminal() {
      const { stderr, stdout } = process; // touching them costs 9 ms, so only a command that draws does
      const write = (text: string) => void stderr.write(text);
      const columns = stderr.columns || 80; // 0 from a terminal that does not know its size
      return {
        isTty: stderr.isTTY === true && process.env.TERM !== "dumb",
        outIsTty: stdout.isTTY === true,
        inIsTty: process.getBuiltinModule("node:tty").isatty(0), // loaded when asked; no stream has to be let go of
        columns,
        write,
      };
    },
    now_ms: () => Date.now(),
    random: () => Math.random(),
    sleep_ms: (ms, signal = interrupt.signal) => sleep_ms(ms, signal),
    get signal() {
      if (!listening) listen(interrupt);
      listening = true;
      return interrupt.signal;
    },
    stdout: async (line) => void (await Bun.write(Bun.stdout, `${line}\n`)),
    stderr: say,
  };
}

/** One line on stderr, as it is: `console.error` paints all it is given red on a terminal, and `process.stderr` is dear to load. */
function say(line: string): void {
  const { writeSync } = process.getBuiltinModule("node:fs");
  const bytes = new TextEncoder().encode(`${line}\n`);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(2, bytes, at);
  } catch {
    console.error(line); // a pipe that is full is waited for there, and one that nobody reads is no error
  }
}

/**
 * Bun reads `bunfig.toml` and `.env` of the folder it starts in, and dgov starts in folders it does not trust:
 * so the flags of this file's first line go with it. The executable is built without either.
 */
function self(): string[] {
  if (Bun.isStandaloneExecutable) return [process.execPath];
  return [process.execPath, "--config=/dev/null", "--no-env-file", import.meta.path];
}

/** The first signal asks the command to end in order; the second does not ask. */
function listen(interrupt: AbortController) {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      if (interrupt.signal.aborted) process.exit(130);
      interrupt.abort(signal);
    });
}

/** Whoever has started us holds the other end of our input: when it is let go, or its process is gone, we end as by a signal. */
function endWithStdin(): void {
  const end = () => {
    setTimeout(() => process.kill(process.pid, "SIGKILL"), TETHER_MS).unref();
    process.kill(process.pid, "SIGTERM");
  };
  process.stdin.once("close", end).resume(); // not an iterator of it, which is collected while it waits
}

function sleep_ms(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((wake) => {
    if (signal.aborted) return wake();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      wake();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
