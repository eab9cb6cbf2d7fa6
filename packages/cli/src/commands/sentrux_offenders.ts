import { resolve } from "node:path";
import { listOffenders } from "@dgov/governor/sentrux";
import { z } from "zod";
import { defineCommand } from "../command.ts";
import { offenderLines, PATH_ARG } from "../sentrux_text.ts";

export const sentruxOffenders = defineCommand({
  name: "sentrux offenders",
  summary: "List what is past a limit of structure in the working tree",
  details: "The worst of each kind; all of them with --json. It needs no baseline.",
  examples: ["dgov sentrux offenders"],
  args: z.strictObject({ path: PATH_ARG }),
  flags: z.strictObject({}),
  run: async ({ path }, { cwd, env, self, now_ms }) => listOffenders({ cwd: resolve(cwd, path), env, self, now_ms }),
  text: ({ offenders }) =>
    offenders.length === 0 ? "No structural offenders found." : offenderLines(offenders).join("\n"),
});
