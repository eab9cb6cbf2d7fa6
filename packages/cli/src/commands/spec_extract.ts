import { type ExtractView, extractRequirements } from "@dgov/governor/specs";
import { z } from "zod";
import { paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const specExtract = defineCommand({
  name: "spec extract",
  summary: "List what a document asks for: lines with MUST, SHOULD or MAY, or the operations of an interface",
  details:
    "FILE is Markdown, or OpenAPI in YAML or JSON. An id that a line begins with, as [PAY-3] or PAY-3:, is its own; another is\n" +
    "made of its words and stays when the text is moved. Works anywhere.",
  examples: ["dgov spec extract docs/paying.md"],
  args: z.strictObject({ file: z.string().describe("The document") }),
  flags: z.strictObject({}),
  run: async ({ file }, { cwd }) => extractRequirements(cwd, file),
  text: renderExtract,
});

export function renderExtract({ path, requirements }: ExtractView): string {
  if (requirements.length === 0) return `${plain(path)} asks for nothing: no line has MUST, SHOULD or MAY in capitals`;
  return requirements
    .map(
      ({ id, strength, text, line }) => `${paint("bold", plain(id))} ${strength} ${plain(path)}:${line} ${plain(text)}`,
    )
    .join("\n");
}
