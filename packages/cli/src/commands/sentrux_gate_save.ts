import { resolve } from "node:path";
import { saveStructure } from "@dgov/governor/sentrux";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { PATH_ARG, plainLines } from "../sentrux_text.ts";

export const sentruxGateSave = defineCommand({
  name: "sentrux gate-save",
  summary: "Save the structure of the working tree as the baseline that work is compared with",
  details:
    "Writes .sentrux/baseline.json, and of which commit it is where nothing else is uncommitted. Settlement reads both from\n" +
    'the commit that work lands on, so commit them. With a baseline, the gate "structure" refuses what comes past a limit.',
  examples: ["dgov sentrux gate-save"],
  args: z.strictObject({ path: PATH_ARG }),
  flags: z.strictObject({}),
  run: async ({ path }, { cwd, env, self, now_ms }) => saveStructure({ cwd: resolve(cwd, path), env, self, now_ms }),
  text: ({ by, output, quality }) =>
    by === "sentrux" ? plainLines(output) : `Baseline saved to ${plain(output)}\nQuality: ${quality}`,
  notes: (view) => (view.by === "sentrux" || view.notice === null ? [] : [view.notice]),
});
