import type { Telling } from "@dgov/governor/notices";
import type { World } from "@dgov/governor/session";
import type { Here } from "./command.ts";

/** The world as a run wants it. It asks for `here.signal`, so from then on Ctrl-C is the run's to answer. */
export const worldOf = (here: Here): Omit<World, "notify"> => ({
  now_ms: here.now_ms,
  sleep_ms: here.sleep_ms,
  random: here.random,
  env: here.env,
  self: here.self,
  signal: here.signal,
  warn: here.stderr,
});

/** How a person is told of a run who is not looking. The bell is rung on a terminal alone. */
export const tellingOf = ({ cwd, version, json, terminal }: Here): Telling => ({
  cwd,
  version,
  bell: () => {
    if (terminal.isTty && !json) terminal.write("\x07");
  },
});
