import { type DriverView, driveMerge } from "@dgov/governor/merge_driver";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

const label = (side: string) => z.string().optional().describe(`What ${side} is called in the markers of a conflict`);

export const mergeDriver = defineCommand({
  name: "merge-driver",
  summary: "Merge one file for git: by lines as git does, and by symbols where that is a conflict",
  details:
    "Git starts it, for the paths that .gitattributes names. The merge is written to OURS. Exits with 0 when the file is\n" +
    "merged, and with 1 when git's conflict markers are in it.\n\n" +
    "To have git start it:\n" +
    '  git config merge.dgov.name "by symbols"\n' +
    '  git config merge.dgov.driver "dgov merge-driver --marker-size %L %O %A %B %P"\n' +
    '  echo "*.py merge=dgov" >> .gitattributes',
  examples: ["dgov merge-driver base.py ours.py theirs.py src/server.py"],
  args: z.strictObject({
    base: z.string().describe("The file that both sides began from; git's %O"),
    ours: z.string().describe("Our file, which gets the result; git's %A"),
    theirs: z.string().describe("Their file; git's %B"),
    path: z.string().describe("The path in the tree, which says the language; git's %P"),
  }),
  flags: z.strictObject({
    marker_size: z.number().int().min(1).max(1000).optional().describe("Signs in a conflict marker; git's %L"),
    base_label: label("the base"),
    ours_label: label("our side"),
    theirs_label: label("their side"),
  }),
  async run({ base, ours, theirs, path, ...flags }, { cwd, self, env }) {
    const labels = {
      base: flags.base_label ?? null,
      ours: flags.ours_label ?? null,
      theirs: flags.theirs_label ?? null,
    };
    const files = { base, ours, theirs, path, marker_size: flags.marker_size ?? null, labels };
    return driveMerge({ cwd, self, env }, files);
  },
  text: renderDriver,
  exit: ({ did }) => (did === "conflict" ? 1 : 0),
});

/** Git prints what a driver says among its own words: where git would say nothing, neither does this. */
export function renderDriver({ path, did, why }: DriverView): string {
  if (did === "lines") return "";
  if (did === "symbols") return `Merged ${plain(path)} by symbols`;
  return [`Not merged by symbols: ${plain(path)}`, ...why.map((reason) => `  ${plain(reason)}`)].join("\n");
}
