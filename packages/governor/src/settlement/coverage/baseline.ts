import { z } from "zod";
import { COVERAGE_BASELINE } from "../../baseline_files.ts";
import type { Git } from "../../git/git.ts";
import { jsonIn } from "../../json_text.ts";
import { FORMATS } from "./formats.ts";

/** How much of each file was run, in percent, by its path. `format`: the name of the kind of report it was read from. */
export type Coverage = { format: string; files: ReadonlyMap<string, number> };

/** What dgov 0.8 left is coverage.py's own report, whose format is a number. */
const Meta = z.object({ meta: z.object({ format: z.unknown() }) });

/** In the shape of coverage.py's report, whatever was measured with: so dgov 0.8 wrote it, and it can be read by others. */
export function formatBaseline({ format, files }: Coverage, commit: string): string {
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = sorted.map(([path, percent]) => [path, { summary: { percent_covered: percent } }]);
  return `${JSON.stringify({ meta: { format, commit }, files: Object.fromEntries(rows) }, null, 1)}\n`;
}

/**
 * The baseline that a commit has: what judges the work never comes from the work. null: the commit has none.
 *
 * @throws Error where it is none that could be read
 */
export async function baselineAt({ objects }: Pick<Git, "objects">, commit: string): Promise<Coverage | null> {
  const [file] = await objects.info([`${commit}:${COVERAGE_BASELINE}`]);
  if (!file) return null;
  const text = new TextDecoder().decode(await objects.content(file.oid));
  const json = jsonIn(text);
  const rows = FORMATS[0]?.read({ text, json });
  if (!rows)
    throw new Error(
      `Cannot read "${COVERAGE_BASELINE}": it is no baseline; make one with "dgov coverage-baseline" and commit it`,
    );
  const paths = rows.flatMap(({ written, percent }) => written.map((path) => [path, percent] as const));
  const files = new Map(paths.filter(([path]) => !path.includes("\n"))); // git cannot be asked for such a name
  const format = Meta.safeParse(json).data?.meta.format;
  return { format: typeof format === "string" ? format : "coverage.py JSON", files };
}
