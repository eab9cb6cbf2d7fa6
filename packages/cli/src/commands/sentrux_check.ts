import { resolve } from "node:path";
import { type CheckView, checkStructure } from "@dgov/governor/sentrux";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { metricLines, PATH_ARG, plainLines } from "../sentrux_text.ts";

type Shown = CheckView & { as_json: boolean };

export const sentruxCheck = defineCommand({
  name: "sentrux check",
  summary: "Measure the structure of the working tree",
  details:
    "Import edges, circles, files that import very many others, functions that branch very often or are long, by what is\n" +
    "known of symbols. Quality counts to 10000.",
  examples: ["dgov sentrux check"],
  args: z.strictObject({ path: PATH_ARG }),
  flags: z.strictObject({ json_output: z.boolean().default(false).describe("As JSON, as --json does") }),
  async run({ path, json_output }, { cwd, env, self, now_ms }): Promise<Shown> {
    return { ...(await checkStructure({ cwd: resolve(cwd, path), env, self, now_ms })), as_json: json_output };
  },
  text: renderCheck,
});

export function renderCheck({ as_json, ...view }: Shown): string {
  if (as_json) return JSON.stringify(view, null, 2);
  if (view.by === "sentrux") return plainLines(view.output);
  return [`Quality: ${view.quality}`, ...metricLines(view.metrics), `  offenders      ${view.offenders}`].join("\n");
}
