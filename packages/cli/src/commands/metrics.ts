import { DgovError } from "@dgov/governor/error";
import { type Metric, metricSchema, readMetrics } from "@dgov/governor/metrics";
import { z } from "zod";
import { defineCommand } from "../command.ts";

type View = { lines: readonly Metric[] } | { schema: object };

export const metrics = defineCommand({
  name: "metrics",
  summary: "Write what runs did in figures: a line of JSON for each task and one for each run",
  details:
    "By the log alone, so that the same run gives the same lines at any time. Each line holds to docs/metrics.schema.json,\n" +
    "which --schema prints. With --json it is one document.",
  examples: ["dgov metrics", "dgov metrics --all"],
  args: z.strictObject({
    run: z.string().optional().describe("A run, or the beginning of its id; default: the last one"),
  }),
  flags: z.strictObject({
    all: z.boolean().default(false).describe("Every run of the log, the oldest first"),
    schema: z.boolean().default(false).describe("Print the JSON Schema of a line, and read no log"),
  }),
  async run({ run, all, schema }, { cwd }): Promise<View> {
    if ((all || schema) && run !== undefined)
      throw new DgovError("usage", `Cannot write the figures of "${run}": it is one run, or --all, or --schema`);
    if (schema) return { schema: metricSchema() };
    if (all) return { lines: await readMetrics(cwd, { which: "all" }) };
    return { lines: await readMetrics(cwd, run === undefined ? { which: "last" } : { which: "one", run }) };
  },
  text: (view) =>
    "schema" in view ? JSON.stringify(view.schema, null, 2) : view.lines.map((line) => JSON.stringify(line)).join("\n"),
});
