import { resolve } from "node:path";
import { checkStatements } from "@dgov/governor/statements";
import { z } from "zod";
import { paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const evidenceCheck = defineCommand({
  name: "evidence check",
  summary: "Say whether what .dgov/evidence.toml states is still shown by its evidence",
  details:
    "Exit status 1 when a statement is not held: its evidence fails, its scope has changed since, or the tree is not here.\n" +
    "A row without exclusions, or with evidence that is not there, is refused with its place (exit status 3).",
  examples: ["dgov evidence check"],
  args: z.strictObject({}),
  flags: z.strictObject({ root: z.string().default(".").describe("The repository") }),
  short: { root: "r" },
  run: async ({ root }, { cwd, env }) => checkStatements({ cwd: resolve(cwd, root), env }),
  text: ({ statements }) =>
    statements.length === 0
      ? "Nothing is stated in .dgov/evidence.toml."
      : statements
          .map(({ id, text, standing, because, exclusions }) =>
            [
              `${paint(standing === "held" ? "green" : "red", standing.padEnd(7))}  ${id}  ${plain(text)}`,
              ...(because === "" ? [] : [`    ${plain(because)}`]),
              ...exclusions.map((one) => `    not said: ${plain(one)}`),
            ].join("\n"),
          )
          .join("\n"),
  exit: ({ statements }) => (statements.every(({ standing }) => standing === "held") ? 0 : 1),
});
