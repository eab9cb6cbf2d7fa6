import { type DocumentView, type SpecsView, specsStatus } from "@dgov/governor/specs";
import { z } from "zod";
import { type Colour, paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

type Shown = SpecsView & { fail: boolean };

export const specStatus = defineCommand({
  name: "spec status",
  summary: "Show which documents that say what is to be have been judged by their gate as they are now",
  details:
    "Looks at the working tree, the log and the baseline. Exits with 1 when a document has drifted and --fail-on-drift is given.",
  examples: ["dgov spec status"],
  args: z.strictObject({}),
  flags: z.strictObject({
    fail_on_drift: z
      .boolean()
      .default(false)
      .describe("Exit with 1 when a document has drifted, or nothing is known of it"),
  }),
  run: async ({ fail_on_drift: fail }, { cwd, env }): Promise<Shown> => ({
    ...(await specsStatus({ cwd, env })),
    fail,
  }),
  text: renderSpecs,
  exit: ({ fail, health, gone }) => (fail && health.drifted + health.unknown + gone.length > 0 ? 1 : 0),
});

const COLOURS: Readonly<Record<DocumentView["state"], Colour>> = {
  covered: "green",
  accepted: "cyan",
  drifted: "red",
  unknown: "yellow",
};

export function renderSpecs({ specs, gone, health }: Shown): string {
  const { value, covered, accepted, drifted, unknown } = health;
  const all = covered + accepted + drifted + unknown;
  const sum =
    value === null
      ? "Health: there are no documents"
      : `Health: ${value} of 100 = (${covered} covered + ${accepted} accepted / 2) of ${all} requirements; ${drifted} drifted, ${unknown} unknown`;
  return [
    ...specs.map(({ name, gate, required, documents }) =>
      [
        `${paint("bold", plain(name))}: gate ${plain(gate)}${required ? ", required" : ""}`,
        ...(documents.length === 0 ? ["  no such document is there"] : documents.map(renderDocument)),
      ].join("\n"),
    ),
    ...gone.map((path) => `${paint("red", "gone")} ${plain(path)}`),
    sum,
  ].join("\n");
}

function renderDocument({ path, state, by, requirements, added, changed, gone, unreadable }: DocumentView): string {
  const told = [
    by ? `by run ${by.run}, event ${by.seq}` : "",
    unreadable === null ? `${requirements} requirements` : `not read: ${unreadable}`,
    ...[["new", added] as const, ["changed", changed] as const, ["gone", gone] as const].map(([word, ids]) =>
      ids.length === 0 || state === "unknown"
        ? ""
        : `${word}: ${ids.slice(0, IDS_SHOWN).join(", ")}${ids.length > IDS_SHOWN ? ", …" : ""}`,
    ),
  ].filter((one) => one !== "");
  return `  ${paint(COLOURS[state], state.padEnd(8))} ${plain(path)} (${plain(told.join("; "))})`;
}
const IDS_SHOWN = 6;
