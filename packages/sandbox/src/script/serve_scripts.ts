import { holdRoot } from "../descent.ts";
import { openLibc } from "../isolate/libc.ts";
import { readFrameSync, writeAllSync } from "../isolate/wire.ts";
import type { ChildSetup } from "./child.ts";
import { openEngine } from "./engine.ts";
import { createVoice } from "./journal.ts";
import { SCRIPT_LIMITS } from "./limits.ts";
import type { Powers } from "./realm.ts";
import type { ScriptAsk, ScriptOrder, ScriptReply } from "./words.ts";

const PR_SET_PDEATHSIG = 1;
const PR_SET_DUMPABLE = 4;
const SIGKILL = 9;
const JOURNAL_FD = 3; // what child.ts gives after the three usual ones

/**
 * The child that runs scripts, one after another, until its input ends. All it does is synchronous but the loading: a
 * script's call returns when its tool has, so the interpreter need not be left and entered again for each.
 */
export async function serveScripts(now_ms: () => number): Promise<void> {
  const libc = openLibc();
  libc.prctl(PR_SET_DUMPABLE, 0); // commands run as the same user: they open neither our pipes nor our memory
  libc.prctl(PR_SET_PDEATHSIG, SIGKILL);
  const setup = readFrameSync(0) as ChildSetup; // serve.ts writes these, and nobody else has the pipe
  const opening = openEngine(); // it compiles on other threads, while the tools load on this one
  const bound = setup.scope === null ? null : await import("./bound_tools.ts");
  const held = bound === null ? null : holdRoot(setup.root, libc);
  const engine = await opening;
  const say = createVoice((bytes) => writeAllSync(1, bytes), setup.journal ? JOURNAL_FD : null);
  say({ ready: true });
  for (let last = false; !last; ) {
    const order = readFrameSync(0) as ScriptOrder;
    say({ started: true });
    const { limits } = order;
    const deadline_ms = now_ms() + limits.time_ms; // one for the script and for its commands
    const powers: Powers = { now_ms, deadline_ms, print: (log) => say({ log }), tools: [], call: () => NO_TOOLS };
    if (order.kind === "tools" && bound !== null && held !== null && setup.scope !== null) {
      const ask = (question: ScriptAsk) => {
        say({ ask: question });
        return readFrameSync(0) as ScriptReply;
      };
      const place = {
        ...setup,
        held,
        scope: setup.scope,
        policy: order.policy,
        deadline_ms,
      };
      Object.assign(powers, bound.bindTools(place, { say, ask, now_ms }));
    }
    const ending = await engine.run(order, limits, powers);
    say({ ended: ending });
    if (process.memoryUsage.rss() > SCRIPT_LIMITS.tidy_bytes) Bun.gc(true); // nobody waits for us now
    last = ending.last;
  }
}

const NO_TOOLS = { ok: false, name: "Error", message: "There are no tools here", more: {} } as const;
