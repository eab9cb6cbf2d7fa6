import { writeAsked } from "@dgov/governor/asked_file";
import { type RunReport, readReport } from "@dgov/governor/report";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { reportPage } from "../report/page.ts";
import { sbomOf } from "../report/sbom.ts";
import { reportMarkdown, reportText } from "../report/text.ts";

/** `written`: the files that were asked for, with where each is. */
type View = RunReport & { written: { what: string; path: string }[] };

export const report = defineCommand({
  name: "report",
  summary: "Tell what a run landed, by whom and under which judges, for somebody who was not there",
  details:
    "By the log and git alone, after both were checked. --html is one page that needs no other and has no script; --sbom is\n" +
    "CycloneDX 1.6: models, checkers, grammars and dgov. Exits with 1 when the log is not what was written, when a decision in\n" +
    "it does not follow, or when the attestation that is given does not hold or is of another log.",
  examples: ["dgov report", "dgov report --html report.html"],
  args: z.strictObject({
    run: z.string().optional().describe("A run, or the beginning of its id; default: the last one"),
  }),
  flags: z.strictObject({
    html: z.string().optional().describe("Write it as a page to this file, over what is there"),
    markdown: z.string().optional().describe("Write it as Markdown to this file, over what is there"),
    sbom: z
      .string()
      .optional()
      .describe("Write a bill of materials (CycloneDX 1.6 JSON) to this file, over what is there"),
    attestation: z.string().optional().describe("What dgov attest sign has written, to be checked and told of"),
    key: z
      .array(z.string())
      .default([])
      .describe("A public key that is trusted with the attestation; again for another"),
  }),
  async run({ run = null, html, markdown, sbom, attestation = null, key }, here): Promise<View> {
    const told = await readReport(here, { run, attestation, keys: key });
    const tools = { dgov: here.version, bun: Bun.version };
    const asked = [
      { what: "page", file: html, text: () => reportPage(told) },
      { what: "report", file: markdown, text: () => reportMarkdown(told) },
      { what: "bill of materials", file: sbom, text: () => `${JSON.stringify(sbomOf(told, tools), null, 2)}\n` },
    ];
    const written = asked.flatMap(({ what, file, text }) =>
      file === undefined ? [] : [{ what, path: writeAsked({ cwd: here.cwd, what, file }, text()) }],
    );
    return { ...told, written };
  },
  text: (view) =>
    [reportText(view), ...view.written.map(({ what, path }) => `The ${what} is ${plain(path)}`)].join("\n\n"),
  exit: ({ sound }) => (sound ? 0 : 1),
});
