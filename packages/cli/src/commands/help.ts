import { DgovError } from "@dgov/governor/error";
import { z } from "zod";
import { type Command, defineCommand } from "../command.ts";
import { COMMANDS } from "../commands.ts";
import { manPage } from "../man.ts";
import { commandHelp, overview, reference } from "../reference.ts";

export const help = defineCommand({
  name: "help",
  summary: "Explain dgov, or one command",
  examples: ["dgov help run", "dgov help --markdown", "dgov help --man"],
  args: z.strictObject({ command: z.array(z.string()).default([]).describe("One command, in one or two words") }),
  flags: z.strictObject({
    markdown: z.boolean().default(false).describe("The whole reference, as docs/reference.md"),
    man: z.boolean().default(false).describe("The whole reference, as the manual page dgov(1)"),
  }),
  async run({ command, markdown, man }, here) {
    if (command.length > 0) return { text: (await load(command.join(" "))).map(commandHelp).join("\n\n") };
    const all = await Promise.all(Object.values(COMMANDS).map((one) => one()));
    if (man) return { text: manPage(all, here.version) };
    return { text: markdown ? reference(all) : overview(all, here.version) };
  },
  text: (view) => view.text,
});

/** One command, or all that begin with this word. */
async function load(name: string): Promise<Command[]> {
  const found = Object.entries(COMMANDS).filter(([known]) => known === name || known.startsWith(`${name} `));
  if (found.length === 0) throw new DgovError("usage", `Cannot explain "${name}": there is no such command`);
  return Promise.all(found.map(([, one]) => one()));
}
