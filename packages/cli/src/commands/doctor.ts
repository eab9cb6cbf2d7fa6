import { type Check, type Doctor, examine } from "@dgov/governor/doctor";
import { z } from "zod";
import { type Colour, paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const doctor = defineCommand({
  name: "doctor",
  summary: "Try everything a run needs, and say what to do about what is missing",
  details: "Exits with 5 when a run could not start here.",
  examples: ["dgov doctor"],
  args: z.strictObject({}),
  flags: z.strictObject({}),
  run: async (_flags, here) => examine(here),
  text: renderDoctor,
  exit: ({ healthy }) => (healthy ? 0 : 5),
});

const LOOKS: Readonly<Record<Check["state"], { sign: string; colour: Colour }>> = {
  ok: { sign: "✔", colour: "green" },
  note: { sign: "·", colour: "dim" },
  fault: { sign: "✘", colour: "red" },
};

export function renderDoctor({ healthy, checks }: Doctor): string {
  const lines = checks.flatMap(({ name, state, detail, code, cure }) => {
    const { sign, colour } = LOOKS[state];
    const said = `${paint(colour, sign)} ${name}: ${code === null ? "" : `${code}: `}${plain(detail)}`;
    return cure === null ? [said] : [said, `    ${paint("cyan", "cure:")} ${plain(cure)}`];
  });
  return [...lines, "", healthy ? "All is well: a run can start here" : "A run cannot start here yet"].join("\n");
}
