import { randomBytes } from "node:crypto";
import { readServed } from "@dgov/governor/served";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { serve as servePage } from "../serve/server.ts";

const PORT = 8642;

export const serve = defineCommand({
  name: "serve",
  summary: "Show the run that is under way as a page in your browser, and steer it there",
  details:
    "The page is served to this machine alone. Whoever has its address, with the token in it, can pause, cancel, retry, approve and reject; without the token it can only be read. Ctrl-C ends it; runs do not depend on it.",
  examples: ["dgov serve --port 0 --idle 1"],
  args: z.strictObject({
    plan: z.string().optional().describe("Only runs of this plan; absent: whichever was run last"),
  }),
  flags: z.strictObject({
    port: z.int().min(0).max(65_535).default(PORT).describe("Port on 127.0.0.1; 0 for any that is free"),
    idle: z.number().min(0).default(0).describe("End when nobody has looked for so many seconds; 0: never"),
  }),
  async run({ plan = null, port, idle }, here) {
    const token = randomBytes(24).toString("base64url");
    const { cwd, env, now_ms, random, sleep_ms, signal } = here;
    const from = { cwd, env, now_ms, random, sleep_ms, signal };
    if (plan !== null) await readServed(from, plan); // one that is not there would be an empty page for ever
    const served = servePage({ plan, port, token, idle_ms: idle * 1000 }, from);
    const url = `http://127.0.0.1:${served.port}/#token=${token}`;
    await here.stdout(here.json ? JSON.stringify({ url, port: served.port, token }) : `Open ${url}\nCtrl-C ends it`);
    await served.ended;
    return undefined;
  },
  text: () => "",
});
