import { z } from "zod";
import { FilePath } from "../input.ts";
import { defineTool } from "../tool.ts";
import description from "./delete_file.txt" with { type: "text" };

export const deleteFile = defineTool({
  name: "delete_file",
  description,
  input: z.strictObject({ path: FilePath.describe("File to delete, relative to the root of the worktree") }),
  access: ({ path }) => [{ kind: "write", path }],

  async run({ path }, host) {
    const kind = (await host.stat(path))?.kind ?? null;
    if (kind === null) return { ok: false, text: `Error: Cannot delete "${path}": it does not exist` };
    if (kind === "directory")
      return { ok: false, text: `Error: Cannot delete "${path}": it is a directory; delete its files one by one` };
    await host.remove(path);
    return { ok: true, text: `Deleted "${path}"`, touched: [path] };
  },
});
