import type { CheckView, ShownOffender } from "@dgov/governor/sentrux";
import { z } from "zod";
import { plain } from "./ansi.ts";

type Metrics = Extract<CheckView, { by: "dgov" }>["metrics"];

export const PATH_ARG = z.string().default(".").describe("A folder of the checkout");

/** The words of another program, as they may stand on a terminal. */
export const plainLines = (output: string): string => output.trimEnd().split("\n").map(plain).join("\n");

const METRICS: readonly [string, (metrics: Metrics) => number | string][] = [
  ["files", ({ files }) => files],
  ["functions", ({ functions }) => functions],
  ["import edges", ({ total_import_edges }) => total_import_edges],
  ["coupling", ({ coupling_score }) => coupling_score.toFixed(2)],
  ["depth", ({ max_depth }) => max_depth],
  ["cycles", ({ cycle_count }) => cycle_count],
  ["god files", ({ god_file_count }) => god_file_count],
  ["complex fns", ({ complex_fn_count }) => complex_fn_count],
  ["long fns", ({ long_fn_count }) => long_fn_count],
];

export const metricLines = (metrics: Metrics): string[] =>
  METRICS.map(([name, of]) => `  ${name.padEnd(14)} ${of(metrics)}`);

const LISTED_MAX = 5;

/** By kind, the worst first. */
export function offenderLines(offenders: readonly ShownOffender[]): string[] {
  const kinds = Map.groupBy(offenders, ({ kind }) => kind);
  return [...kinds].flatMap(([kind, all]) => {
    const worst = all.toSorted((a, b) => b.value - a.value).slice(0, LISTED_MAX);
    const rows = worst.map(({ path, line, name, metric, value, members }) => {
      const what =
        members.length > 0 ? members.slice(0, LISTED_MAX).join(", ") : `${path}${line === null ? "" : `:${line}`}`;
      return `    ${plain(`${what}${name === "" ? "" : ` ${name}`}`)} (${metric}=${value})`;
    });
    const more = all.length - worst.length;
    return [`  ${kind} (${all.length})`, ...rows, ...(more > 0 ? [`    and ${more} more`] : [])];
  });
}
