import { counted } from "@dgov/governor/counted";
import { type DrillRow, type DrillView, drillGates } from "@dgov/governor/gates_drill";
import { z } from "zod";
import { type Colour, fit, paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { columns } from "../print.ts";

export const gatesDrill = defineCommand({
  name: "gates drill",
  summary: "Put a known-bad change before each gate, and tell which gates let it through",
  details:
    "Works on a copy of HEAD in a private folder, with the gates that settlement asks: the repository is only read, no\n" +
    "model is called, and nothing is left. What only the project can know to be bad is kept by it as whole files in\n" +
    ".dgov/drills/GATE/, each at its path. Exits with 1 when a gate passed what it must refuse, or could not answer.",
  examples: ["dgov gates drill"],
  args: z.strictObject({}),
  flags: z.strictObject({}),
  async run(_, { cwd, self, now_ms, env, signal, json, terminal }) {
    const line = (text: string) => {
      if (terminal.isTty && !json) terminal.write(`\r\x1b[K${text}`);
    };
    const begins = (gate: string, what: string) => line(fit(`${gate}: ${plain(what)}`, terminal.columns - 1));
    try {
      return await drillGates({ cwd, self, now_ms, env, signal, begins });
    } finally {
      line("");
    }
  },
  text: renderDrill,
  exit: ({ silent }) => (silent > 0 ? 1 : 0),
});

const SIGNS: Readonly<Record<DrillRow["result"], { word: string; colour: Colour }>> = {
  fired: { word: "fired", colour: "green" },
  silent: { word: "NEVER FIRED", colour: "red" },
  not_drilled: { word: "not drilled", colour: "yellow" },
};

export function renderDrill({ head, rows, fired, silent, not_drilled }: DrillView): string {
  const cells = rows.map(({ gate, what, result, said, why }) => {
    const { word, colour } = SIGNS[result];
    return [gate, paint(colour, word), why === null ? `${plain(what)} ${paint("dim", said ?? "")}` : told(what, why)];
  });
  const all = [
    paint(silent > 0 ? "red" : "green", `${counted(fired, "drill")} fired`),
    ...(silent > 0 ? [`${silent} never fired`] : []),
    ...(not_drilled > 0 ? [`${not_drilled} not drilled`] : []),
  ];
  return `${columns(cells)}\n\nGates of ${head.slice(0, 7)}: ${all.join(", ")}`;
}

const told = (what: string, why: string): string => `${plain(what)}: ${plain(why.split("\n")[0] ?? why)}`;
