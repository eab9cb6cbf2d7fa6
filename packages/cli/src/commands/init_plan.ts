import { type InitPlanView, initPlan as make } from "@dgov/governor/init";
import { z } from "zod";
import { defineCommand } from "../command.ts";

export const initPlan = defineCommand({
  name: "init-plan",
  summary: "Make the folder of a new plan, with an example in each section",
  examples: ["dgov init-plan raise-limits"],
  args: z.strictObject({ name: z.string().describe("The plan's name: letters, digits, _ and -") }),
  flags: z.strictObject({
    sections: z.string().default("tasks").describe("Its sections, with commas between them"),
    force: z.boolean().default(false).describe("Write over what is there"),
  }),
  run: async ({ name, sections, force }, here) =>
    make({ cwd: here.cwd, name, sections: sections.split(",").map((section) => section.trim()), force }),
  text: renderInitPlan,
});

export function renderInitPlan({ created, root, sections }: InitPlanView): string {
  const example = `${root}/${sections[0]}`;
  return [
    ...created.map((file) => `Created ${file}`),
    "",
    "Next:",
    `  1. Copy ${example}/_example.toml to ${example}/main.toml and write your tasks`,
    `  2. dgov compile ${root}`,
  ].join("\n");
}
