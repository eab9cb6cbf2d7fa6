import type { Metrics } from "@dgov/semantic/architecture";
import { z } from "zod";
import { STRUCTURE_BASELINE, STRUCTURE_METADATA } from "../baseline_files.ts";
import type { Git } from "../git/git.ts";
import { jsonIn } from "../json_text.ts";

/**
 * What a project's structure is compared with. `metrics` null: it was made by sentrux, whose numbers are not ours.
 *
 * `accepted_head` the commit it was made of, `at_ms` when; null: nothing says so
 */
export type Baseline = {
  metrics: Metrics | null;
  quality: number | null;
  accepted_head: string | null;
  at_ms: number | null;
};

const share = z.number().min(0).max(1);
const count = z.int().min(0);

const OwnFile = z.object({
  made_by: z.literal("dgov"),
  quality_signal: share,
  coupling_score: share,
  cycle_count: count,
  god_file_count: count,
  complex_fn_count: count,
  long_fn_count: count,
  max_depth: count,
  total_import_edges: count,
  cross_module_edges: count,
  files: count,
  functions: count,
});
const AnyFile = z.object({ quality_signal: z.number().optional(), timestamp: z.number().optional() });
const Metadata = z.object({ accepted_head: z.string().optional(), timestamp: z.number().optional() });

/**
 * The baseline that a commit has: what judges the work never comes from the work. null: the commit has none.
 *
 * @throws Error where it is none that could be read
 */
export async function structureBaselineAt({ objects }: Pick<Git, "objects">, commit: string): Promise<Baseline | null> {
  const found = await objects.info([STRUCTURE_BASELINE, STRUCTURE_METADATA].map((path) => `${commit}:${path}`));
  const [file, metadata] = await Promise.all(
    found.map(async (one) => (one ? new TextDecoder().decode(await objects.content(one.oid)) : null)),
  );
  return file === null || file === undefined ? null : parseBaseline(file, metadata ?? null);
}

/** @throws Error where it is none that could be read */
export function parseBaseline(file: string, metadata: string | null): Baseline {
  const json = AnyFile.safeParse(jsonIn(file)).data;
  if (!json)
    throw new Error(
      `Cannot read "${STRUCTURE_BASELINE}": it is no baseline; make one with "dgov sentrux gate-save" and commit it`,
    );
  const { made_by: _dgov, ...metrics } = OwnFile.safeParse(jsonIn(file)).data ?? { made_by: null };
  const about = Metadata.safeParse(jsonIn(metadata ?? "")).data ?? {};
  const since_s = about.timestamp ?? json.timestamp ?? null;
  return {
    metrics: "quality_signal" in metrics ? metrics : null,
    quality: json.quality_signal === undefined ? null : qualityOf(json.quality_signal),
    accepted_head: about.accepted_head ?? null,
    at_ms: since_s === null ? null : Math.round(since_s * 1000),
  };
}

/** As people are told it: of 10,000. Old files have it so already. */
export const qualityOf = (signal: number): number =>
  signal <= 1 ? Math.floor(signal * 10_000 + 1e-9) : Math.floor(signal);

/** Both files of a baseline, by their paths. `head` null: it is of no commit. */
export function baselineFiles(
  metrics: Metrics,
  { head, now_ms }: { head: string | null; now_ms: number },
): Record<string, string> {
  const timestamp = now_ms / 1000;
  const text = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  const metadata = {
    ...{ schema: 1, accepted_head: head, refreshed_at: new Date(now_ms).toISOString(), timestamp },
    ...{ baseline: STRUCTURE_BASELINE, quality: qualityOf(metrics.quality_signal) },
  };
  return {
    [STRUCTURE_BASELINE]: text({ made_by: "dgov", timestamp, ...metrics }),
    ...(head === null ? {} : { [STRUCTURE_METADATA]: text(metadata) }),
  };
}
