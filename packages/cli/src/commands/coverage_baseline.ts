import { counted } from "@dgov/governor/counted";
import { type CoverageBaselineView, saveCoverageBaseline } from "@dgov/governor/coverage_baseline";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const coverageBaseline = defineCommand({
  name: "coverage-baseline",
  summary: "Measure what the tests cover of HEAD, and write what settlement compares with",
  details:
    "Runs coverage_cmd over all tests on a checkout of HEAD, in the jail, as the gate does, and writes\n" +
    ".coverage-baseline/coverage.json. Settlement reads it from the commit that work lands on, so commit it. It is never\n" +
    "renewed by itself. Exits with 1 when nothing can be measured.",
  examples: ["dgov coverage-baseline"],
  args: z.strictObject({}),
  flags: z.strictObject({}),
  run: async (_flags, { cwd, env, self, now_ms, signal }) => saveCoverageBaseline({ cwd, env, self, now_ms, signal }),
  text: renderCoverageBaseline,
});

export function renderCoverageBaseline({ output, commit, format, files, percent }: CoverageBaselineView): string {
  const count = counted(files, "file");
  return `Wrote ${plain(output)}: ${count} of ${commit.slice(0, 12)}, ${percent.toFixed(1)}% on average, by ${format}\n  commit it: settlement reads it from there`;
}
