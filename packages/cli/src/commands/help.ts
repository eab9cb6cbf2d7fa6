import { DgovError } from "@dgov/governor/error";
import { z } from "zod";
import { type Command, defineCommand } from "../command.ts";
import { COMMANDS } from "../commands.ts";
import { commandHelp, overview, reference } from "../reference.ts";

export const help = defineCommand({
  name: "help",
  summary: "Explain dgov, or one command",
  args: z.strictObject({ command: z.array(z.string()).default([]).describe("One command, in one or two words") }),
  flags: z.strictObject({ markdown: z.boolean().default(false).describe("The whole reference, as docs/reference.md") }),
  async run({ command, markdown }, here) {
    const all = await Promise.all(Object.values(COMMANDS).map((load) => load()));
    if (markdown) return { text: reference(all) };
    if (command.length === 0) return { text: overview(all, here.version) };
    return { text: chosen(all, command.join(" ")) };
  },
  text: (view) => view.text,
});

function chosen(all: readonly Command[], name: string): string {
  const found = all.filter((one) => one.name === name || one.name.startsWith(`${name} `));
  if (found.length === 0) throw new DgovError("usage", `Cannot explain "${name}": there is no such command`);
  return found.map(commandHelp).join("\n\n");
}
