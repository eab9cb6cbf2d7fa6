import { type ApiDiffView, diffInterfaces } from "@dgov/governor/api_diff";
import { z } from "zod";
import { apiMarkdown, renderApis } from "../api_text.ts";
import { defineCommand } from "../command.ts";

type Shown = ApiDiffView & { markdown: boolean };

export const apiDiff = defineCommand({
  name: "api diff",
  summary: "Compare the interfaces that OpenAPI documents describe, and say which version the changes need",
  details:
    "BASE and HEAD are commits; without a head it looks at the working tree. It judges as the gate api does, and exits\n" +
    "with 1 where that would not pass. Works in any repository with --document.",
  examples: [
    "dgov api diff main --document api/openapi.yaml",
    "dgov api diff main topic --document api/openapi.yaml --markdown",
  ],
  args: z.strictObject({
    base: z.string().default("HEAD").describe("The state before"),
    head: z.string().optional().describe("The state after"),
  }),
  flags: z.strictObject({
    document: z.string().optional().describe("This document, and not those that .dgov/project.toml names"),
    markdown: z.boolean().default(false).describe("As a guide for those who call the interface"),
  }),
  async run({ base, head, document, markdown }, { cwd, env, self, now_ms }): Promise<Shown> {
    const asked = { base, head: head ?? null, document: document ?? null };
    return { ...(await diffInterfaces({ cwd, env, self, now_ms }, asked)), markdown };
  },
  text: (view: Shown) => (view.markdown ? apiMarkdown(view) : renderApis(view)),
  exit: ({ apis }) => (apis.every(({ did }) => did === "passed") ? 0 : 1),
});
