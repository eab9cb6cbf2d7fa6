import type { Answer, DrillRow } from "./drill.ts";

/** A drill in which something stands in for what a drill must not ask. `code`: the finding that must be among those it gives. */
export type StandIn = { gate: string; what: string; code: string; ask: () => Promise<Answer> };

/** Asks one after the other. Whatever does not refuse with its own word has let it through. */
export async function byStandIns(drills: readonly StandIn[], now_ms: () => number): Promise<DrillRow[]> {
  const rows: DrillRow[] = [];
  for (const { gate, what, code, ask } of drills) {
    const start_ms = now_ms();
    const answer = await ask();
    const hit = answer?.findings.some((finding) => finding.code === code) ?? false;
    const why = answer?.findings[0]?.message ?? "it passed what it must refuse";
    const came = hit
      ? { result: "fired" as const, said: code, why: null }
      : { result: "silent" as const, said: null, why };
    rows.push({ gate, what, ...came, took_ms: Math.round(now_ms() - start_ms) });
  }
  return rows;
}
