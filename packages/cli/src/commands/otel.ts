import { counted } from "@dgov/governor/counted";
import { exportRun, type OtelView } from "@dgov/governor/otel";
import { z } from "zod";
import { defineCommand } from "../command.ts";

export const otel = defineCommand({
  name: "otel",
  summary: "Write a run as an OpenTelemetry trace, and send it where you say",
  details:
    "OTLP in JSON: the run, its tasks and attempts, and in them model calls, tool calls, gates and votes, with times, verdicts and\n" +
    "figures. No prompt, answer or output is in it. Nothing is sent without --endpoint. To have each run of yours sent once it is\n" +
    "over, write [telemetry] into your own configuration (docs/notify.md).",
  examples: ["dgov otel", "dgov otel RUN"],
  args: z.strictObject({
    run: z.string().optional().describe("A run, or the beginning of its id; default: the last one"),
  }),
  flags: z.strictObject({
    endpoint: z.url().optional().describe("Send it to this collector; headers as in OTEL_EXPORTER_OTLP_HEADERS"),
  }),
  run: async ({ run = null, endpoint = null }, here) => exportRun(here, { run, endpoint, version: here.version }),
  text: ({ spans, sent, traces }: OtelView) =>
    sent === null ? JSON.stringify(traces) : `Sent ${counted(spans, "span")} to ${sent}`,
});
