import { z } from "zod";

/** What a person is told of: all of a plan has landed · a run is over, and not so · nothing goes on without them. */
export const NOTICES = ["done", "failed", "needs_you"] as const;

const on = z.array(z.enum(NOTICES)).min(1).optional().describe("What to tell of; default: all of it");
const variable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "it must be the name of an environment variable" });
const address = z.string().refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
  error: "it must be an http or https address",
});

const Webhook = z
  .strictObject({
    url: address.optional(),
    url_env: variable.optional().describe("The variable that holds the address, which is often a secret"),
    format: z.enum(["json", "slack", "discord"]).default("json"),
    on,
  })
  .refine(({ url, url_env }) => (url === undefined) !== (url_env === undefined), {
    error: "it must have either url or url_env",
  });

/** `[notify]` of a person's own file. No repository has it: what runs there may not choose where words go. */
export const NotifyTable = z.strictObject({
  bell: z.boolean().default(false).describe("Ring the terminal's bell"),
  desktop: z.boolean().default(false).describe("Show it on the desktop, by notify-send or osascript"),
  on,
  webhooks: z.array(Webhook).max(8).default([]),
});
export type NotifyTable = z.infer<typeof NotifyTable>;

/** `[telemetry]` of a person's own file: where each run is sent as an OpenTelemetry trace once it is over. Without it nothing is sent. */
export const TelemetryTable = z.strictObject({
  endpoint: address.describe("Of a collector that takes OTLP over HTTP: http://localhost:4318"),
  headers_env: variable
    .optional()
    .describe("The variable that holds further headers, as name=value, with commas between them"),
});
export type TelemetryTable = z.infer<typeof TelemetryTable>;
