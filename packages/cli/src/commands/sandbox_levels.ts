import type { Rung } from "@dgov/governor/ladder";
import { type Ladder, readLadder } from "@dgov/governor/sandbox_trial";
import { z } from "zod";
import { paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const sandboxLevels = defineCommand({
  name: "sandbox levels",
  summary: "Show how workers can be confined on this machine, and what is in force here",
  details: "Each level is tried for real. Exits with 5 when none holds that the project accepts.",
  examples: ["dgov sandbox levels"],
  args: z.strictObject({}),
  flags: z.strictObject({}),
  run: async (_flags, { cwd, self, now_ms }) => readLadder({ cwd, self, now_ms }),
  text: renderLadder,
  exit: ({ in_force }) => (in_force === null ? 5 : 0),
});

export function renderLadder({ in_force, min, chosen, network, rungs }: Ladder): string {
  const wanted = `[sandbox] level = "${chosen}", min = "${min}"`;
  return [
    ...rungs.flatMap((rung) => renderRung(rung, in_force)),
    "",
    in_force === null ? `No run can start here: ${wanted}` : `In force: ${in_force} (${wanted})`,
    ...(network === "" ? [] : [`Network: ${plain(network)}`]),
  ].join("\n");
}

function renderRung({ level, available, accepted, detail, cure }: Rung, in_force: Ladder["in_force"]): string[] {
  const sign = level === in_force ? paint("green", "▶") : available ? "✔" : paint("red", "✘");
  const note = available && !accepted ? " (the project does not accept it)" : "";
  const line = `${sign} ${level}: ${plain(detail)}${note}`;
  return cure === null ? [line] : [line, `    ${paint("cyan", "cure:")} ${plain(cure)}`];
}
