import { counted } from "@dgov/governor/counted";
import { type BaselineView, saveSpecsBaseline } from "@dgov/governor/specs";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const specBaseline = defineCommand({
  name: "spec baseline",
  summary: "Take the documents that say what is to be as they are, so that it is known when they drift",
  details:
    "Writes .dgov/specs.json, which no task may write. Look at what changed and commit it: it is a person's word.",
  examples: ["dgov spec baseline"],
  args: z.strictObject({}),
  flags: z.strictObject({}),
  run: async (_flags, { cwd, env }) => saveSpecsBaseline({ cwd, env }),
  text: ({ output, documents, requirements }: BaselineView) =>
    `Wrote ${plain(output)}: ${counted(documents, "document")} with ${counted(requirements, "requirement")}\n  commit it: it is what later states are compared with`,
});
