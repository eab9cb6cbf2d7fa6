import { z } from "zod";
import { defineCommand } from "../command.ts";
import { MCP_TOOLS } from "../mcp/tools.ts";
import { columns } from "../print.ts";

export const mcp = defineCommand({
  name: "mcp",
  summary: "Serve plans and runs to another agent, by the Model Context Protocol",
  details:
    "Speaks over standard input and output, for the repository that it is started in, until its input ends. Runs that it has started are governors of their own and go on.",
  examples: ["dgov mcp --list"],
  args: z.strictObject({}),
  flags: z.strictObject({ list: z.boolean().default(false).describe("Say which tools there are, and serve none") }),
  async run({ list }, here) {
    if (list) return { tools: MCP_TOOLS.map(({ name, description, reads }) => ({ name, description, reads })) };
    const { serveMcp } = await import("../mcp/serve.ts");
    await serveMcp(here);
    return undefined; // all was said to the other side
  },
  text: (view) => (view === undefined ? "" : columns(view.tools.map(({ name, description }) => [name, description]))),
});
