import { z } from "zod";
import { FilePath } from "../input.ts";
import { defineTool } from "../tool.ts";
import description from "./write_file.txt" with { type: "text" };

export const writeFile = defineTool({
  name: "write_file",
  description,
  input: z.strictObject({
    path: FilePath.describe("File to create, relative to the root of the worktree"),
    content: z.string().describe("The whole content"),
  }),
  access: ({ path }) => [{ kind: "write", path }],

  async run({ path, content }, host) {
    const there = await host.stat(path);
    if (there?.kind === "directory") return { ok: false, text: `Error: Cannot create "${path}": it is a directory` };
    if (there)
      return {
        ok: false,
        text: `Error: Cannot create "${path}": it already exists; change it with edit_file or apply_patch`,
      };
    await host.write(path, content);
    return { ok: true, text: `Created "${path}" (${Buffer.byteLength(content)} bytes)`, touched: [path] };
  },
});
