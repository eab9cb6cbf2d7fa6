import { type Check, type Doctor, examine } from "@dgov/governor/doctor";
import { z } from "zod";
import { type Colour, paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const doctor = defineCommand({
  name: "doctor",
  summary: "Try everything a run needs, and say what to do about what is missing",
  details:
    "Exits with 5 when a run could not start here. --fix mends what is dgov's own and can lose nothing of yours; the other commands are for you to run.",
  examples: ["dgov doctor", "dgov doctor --fix"],
  args: z.strictObject({}),
  flags: z.strictObject({
    fix: z.boolean().default(false).describe("Mend what can be mended without a person"),
    ci: z.boolean().default(false).describe("Exit with 5 also for what is noted and has a command that mends it"),
  }),
  run: async ({ fix, ci }, here) => {
    const view = await examine(here, { fix });
    return { ...view, passed: view.healthy && !(ci && view.checks.some(isOpen)) };
  },
  text: renderDoctor,
  exit: ({ passed }) => (passed ? 0 : 5),
});

const LOOKS: Readonly<Record<Check["state"], { sign: string; colour: Colour }>> = {
  ok: { sign: "✔", colour: "green" },
  note: { sign: "·", colour: "dim" },
  fault: { sign: "✘", colour: "red" },
};

/** `passed`: nothing is wrong, and for CI nothing is open. */
type DoctorView = Doctor & { passed: boolean };

/** What could be mended, and by a person who is not there would stay as it is. */
const isOpen = ({ state, command }: Doctor["checks"][number]) => state === "note" && command !== null;

export function renderDoctor({ healthy, checks, fixed }: DoctorView): string {
  const lines = checks.flatMap(({ name, state, detail, code, cure, command }) => {
    const { sign, colour } = LOOKS[state];
    const said = `${paint(colour, sign)} ${name}: ${code === null ? "" : `${code}: `}${plain(detail)}`;
    const run = command === null || command === cure ? [] : [`    ${paint("cyan", "run:")}  ${plain(command)}`];
    return cure === null ? [said] : [said, `    ${paint("cyan", "cure:")} ${plain(cure)}`, ...run];
  });
  const mended = fixed.map(({ name, command }) => `Mended ${name}: as "${plain(command)}" does`);
  const chosen = checks.every(({ name, state }) => name !== "provider" || state === "ok");
  const well = chosen ? "All is well: a run can start here" : "A run can start here once a provider is chosen";
  return [...lines, "", ...mended, healthy ? well : "A run cannot start here yet"].join("\n");
}
