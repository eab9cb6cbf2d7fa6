import { resolve } from "node:path";
import { ndjson, type Stored, watch as watchLog } from "@dgov/governor/watching";
import { z } from "zod";
import { defineCommand, type Here } from "../command.ts";
import { lineOf, liveColour, liveView } from "../live.ts";

const POLL_MS = 200;

export const watch = defineCommand({
  name: "watch",
  summary: "Follow what happens, event by event, until Ctrl-C",
  details:
    "Shows the run that is under way from its beginning, or waits for the next one. With --ndjson every event is one line of JSON that begins with its number: give the last one you have to --after, and nothing is lost or repeated.",
  examples: ["dgov watch --all --no-follow", "dgov watch --ndjson --after 12 --no-follow"],
  args: z.strictObject({}),
  flags: z.strictObject({
    all: z.boolean().default(false).describe("Begin with the first event in the log"),
    plan: z.string().optional().describe("Only runs of this plan (its name or its directory)"),
    ndjson: z.boolean().default(false).describe("One line of JSON an event; --json means the same here"),
    after: z.int().min(0).optional().describe("Begin after the event of this number"),
    follow: z.boolean().default(true).describe("End where the log ends instead of waiting for more"),
    root: z.string().default(".").describe("The repository"),
    verbose: z.boolean().default(false).describe("Show every event, also those that only the books need"),
  }),
  short: { verbose: "v", root: "r" },
  async run(flags, here) {
    const { all, plan = null, after = null, follow, root } = flags;
    const { show, end } = output(here, flags);
    const wait = { poll_ms: POLL_MS, sleep_ms: here.sleep_ms, signal: here.signal };
    try {
      for await (const stored of watchLog(resolve(here.cwd, root), { all, plan, after, follow }, wait))
        await show(stored);
    } finally {
      end();
    }
    return undefined;
  },
  text: () => "",
});

type Output = { show(stored: Stored): Promise<void>; end(): void };

function output(here: Here, { ndjson: asked, verbose }: { ndjson: boolean; verbose: boolean }): Output {
  if (asked || here.json) return { show: (stored) => here.stdout(ndjson(stored)), end: () => {} };
  const weight = verbose ? "detail" : "stream";
  const { isTty, outIsTty, columns, write } = here.terminal;
  if (isTty && outIsTty) {
    const live = liveView({ write, columns, now_ms: here.now_ms, weight, colour: liveColour(here.env) });
    return { show: async (stored) => live.event(stored), end: live.end };
  }
  return {
    async show(stored) {
      const line = lineOf(stored, { weight });
      if (line !== null) await here.stdout(line);
    },
    end: () => {},
  };
}
