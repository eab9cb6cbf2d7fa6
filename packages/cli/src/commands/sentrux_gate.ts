import { resolve } from "node:path";
import { compareStructure, type GateView } from "@dgov/governor/sentrux";
import { z } from "zod";
import { paint } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { offenderLines, PATH_ARG, plainLines } from "../sentrux_text.ts";

type Shown = GateView & { fail: boolean };

export const sentruxGate = defineCommand({
  name: "sentrux gate",
  summary: "Compare the structure of the working tree with its baseline",
  details: "Exits with 1 when a metric is worse and --fail-on-degradation is given, or when there is no baseline.",
  examples: ["dgov sentrux gate --fail-on-degradation"],
  args: z.strictObject({ path: PATH_ARG }),
  flags: z.strictObject({
    fail_on_degradation: z.boolean().default(false).describe("Exit with 1 when a metric is worse"),
  }),
  async run({ path, fail_on_degradation: fail }, { cwd, env, self, now_ms }): Promise<Shown> {
    return { ...(await compareStructure({ cwd: resolve(cwd, path), env, self, now_ms })), fail };
  },
  text: renderGate,
  exit: ({ degradation, fail }) => (fail && degradation === true ? 1 : 0),
  notes: (view) =>
    view.by === "sentrux" || view.stale === null
      ? []
      : [`The baseline is ${view.stale}: make a new one with "dgov sentrux gate-save"`],
});

export function renderGate(shown: Shown): string {
  if (shown.by === "sentrux") return plainLines(shown.output);
  const { quality_before, quality_after, before, after, worse, ...view } = shown;
  const row = (name: string, from: number | string | null, to: number | string) =>
    `${`${name}:`.padEnd(14)}${from ?? "?"} -> ${to}`;
  const lines = [
    row("Quality", quality_before, quality_after),
    row("Coupling", before?.coupling_score.toFixed(2) ?? null, after.coupling_score.toFixed(2)),
    row("Cycles", before?.cycle_count ?? null, after.cycle_count),
    row("God files", before?.god_file_count ?? null, after.god_file_count),
    row("Complex fns", before?.complex_fn_count ?? null, after.complex_fn_count),
    row("Long fns", before?.long_fn_count ?? null, after.long_fn_count),
  ];
  const { structural_offenders: found, degradation } = view;
  if (degradation === null) lines.push("", "The baseline was made by sentrux: its numbers are not compared");
  else if (!degradation) lines.push("", `${paint("green", "✓")} No degradation detected`);
  else
    lines.push(
      ...["", paint("red", "✗ DEGRADED")],
      ...worse.map(({ words, before: from, after: to }) => `  ✗ ${words}: ${told(from)} -> ${told(to)}`),
    );
  if (found.new.length > 0) lines.push("", "New since the baseline:", ...offenderLines(found.new));
  if (degradation === true && found.known.length > 0) lines.push("", "Known before:", ...offenderLines(found.known));
  return lines.join("\n");
}

const told = (value: number): string => (Number.isInteger(value) ? `${value}` : value.toFixed(4));
