import { demo as runDemo } from "@dgov/governor/demo/demo";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { renderDemo } from "../demo_text.ts";
import { worldOf } from "../world.ts";
import { show } from "./run.ts";

export const demo = defineCommand({
  name: "demo",
  summary: "Show a run in a throw-away repository: what lands, what is refused, and why",
  details: "Five scripted workers change a small shop. No key and no network are needed.",
  examples: ["dgov demo"],
  args: z.strictObject({}),
  flags: z.strictObject({
    stream: z.boolean().default(false).describe("Show what the workers say and do while they do it"),
  }),
  async run({ stream }, here) {
    const live = show(here, stream ? "stream" : "milestone");
    try {
      return await runDemo({ ...worldOf(here), notify: live.event });
    } finally {
      live.end();
    }
  },
  text: renderDemo,
  exit: ({ as_expected, run }) => (run.exit === 130 ? 130 : as_expected ? 0 : 1),
});
