import { DgovError } from "./error.ts";
import { findRun, newestRun } from "./find_run.ts";
import { withLog } from "./log.ts";
import { tracesAt } from "./notices.ts";
import { postJson } from "./post.ts";
import { findRoot } from "./root.ts";
import { type OtlpTraces, otlpOf } from "./view/otlp.ts";

export type { OtlpTraces };

/** `run` null: the last one. `endpoint` null: it is only shown; else where a collector takes OTLP over HTTP. */
export type OtelOrder = { run: string | null; endpoint: string | null; version: string };
export type OtelView = { run: string; spans: number; sent: string | null; traces: OtlpTraces };

type From = { cwd: string; env: Readonly<Record<string, string | undefined>>; signal: AbortSignal };

const SEND_MAX_MS = 30_000;

/**
 * A run as an OpenTelemetry trace, by its log. Sent only to the endpoint that is given.
 *
 * @throws DgovError `run_unknown`, `telemetry_refused`
 */
export async function exportRun({ cwd, env, signal }: From, { run, endpoint, version }: OtelOrder): Promise<OtelView> {
  const { id, traces } = await withLog(findRoot(cwd), (log) => {
    const row = run === null ? newestRun(log) : findRun(log, run);
    if (!row) throw new DgovError("run_unknown", "Cannot export a run: nothing was ever run here");
    const events = [...log.read({ run: row.run, after: row.first_seq - 1 })];
    return { id: row.run, traces: otlpOf(row.run, events, version) };
  });
  const spans = traces.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)).length;
  if (endpoint === null) return { run: id, spans, sent: null, traces };
  const posting = tracesAt(endpoint, env.OTEL_EXPORTER_OTLP_HEADERS ?? "");
  const { ok, why } = await postJson({ ...posting, body: traces, timeout_ms: SEND_MAX_MS }, signal);
  if (!ok) throw new DgovError("telemetry_refused", `Cannot send the trace to ${posting.url}: ${why}`);
  return { run: id, spans, sent: posting.url, traces };
}
