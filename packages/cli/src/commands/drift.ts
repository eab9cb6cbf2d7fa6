import { counted } from "@dgov/governor/counted";
import { type Comparison, type DriftView, readDrift, type Series } from "@dgov/governor/drift";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { columns } from "../print.ts";

export const drift = defineCommand({
  name: "drift",
  summary: "Show how often models succeed at each kind of task, and where that has changed more than by chance",
  details:
    "By the log alone. Compared are attempts before and since the prompt changed, before and since the provider says that another\n" +
    "model answers, and the latest with those before them, by Fisher's exact test; docs/drift.md has the rest.",
  examples: ["dgov drift --check"],
  args: z.strictObject({}),
  flags: z.strictObject({
    window: z
      .int()
      .min(1)
      .max(10_000)
      .default(20)
      .describe("How many of the latest attempts are compared with the rest"),
    min: z.int().min(5).max(10_000).default(10).describe("Fewer attempts than this on one side say nothing"),
    check: z.boolean().default(false).describe("Exit with 1 when something has diverged"),
  }),
  run: async ({ window, min, check }, { cwd }) => ({ ...(await readDrift(cwd, { window, min })), check }),
  text: renderDrift,
  exit: ({ comparisons, check }) => (check && comparisons.some(({ verdict }) => verdict === "diverged") ? 1 : 0),
});

export function renderDrift(view: DriftView & { check: boolean }): string {
  const { runs, attempts, uncounted, untold, series, comparisons, threshold, min } = view;
  const beside = [
    ...(uncounted > 0 ? [`${uncounted} ended by nobody's doing who worked`] : []),
    ...(untold > 0 ? [`${untold} are from before prompts were told`] : []),
  ];
  const lines = [
    `${counted(attempts, "attempt")} in ${counted(runs, "run")}${beside.map((text) => `, ${text}`).join("")}`,
  ];
  if (series.length > 0) lines.push(columns([HEAD, ...series.map(cells)], "  "));
  const few = comparisons.filter(({ verdict }) => verdict === "too_few").length;
  for (const one of comparisons) if (one.verdict !== "too_few") lines.push(sentence(one));
  if (comparisons.length > few) lines.push(`Diverged is what has p below ${threshold.toPrecision(2)}`);
  if (few > 0)
    lines.push(`${counted(few, "comparison")} of fewer than ${min} attempts on one side, of which nobody can tell`);
  return lines.join("\n");
}

const HEAD = ["model", "kind", "prompt", "answered by", "well", "rate", "19 times of 20"];

const cells = ({ model, task_kind, prompt, served, well, attempts, rate, low, high }: Series): string[] => [
  plain(model),
  plain(task_kind),
  prompt.slice(0, 8),
  served === null ? "-" : plain(served),
  `${well}/${attempts}`,
  percent(rate),
  `${percent(low)} to ${percent(high)}`,
];

function sentence({ verdict, model, task_kind, of, from, to, before, since, p }: Comparison): string {
  const change = of === "prompt" ? `${short(from)} → ${short(to)}` : `${from ?? "unsaid"} → ${to ?? "unsaid"}`;
  const what = of === "time" ? "the latest" : `${of === "prompt" ? "prompt" : "answered by"} ${plain(change)}`;
  return `${verdict}: ${plain(model)} at ${plain(task_kind)}, ${what}: ${before.well}/${before.all} before, ${since.well}/${since.all} since (p = ${(p ?? 1).toPrecision(2)})`;
}

const short = (prompt: string | null): string => prompt?.slice(0, 8) ?? "";
const percent = (rate: number): string => `${Math.round(rate * 100)} %`;
