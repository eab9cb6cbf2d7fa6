import { z } from "zod";
import { FilePath } from "../input.ts";
import { applyPatch, checkNames, PatchError, parsePatch } from "../patch.ts";
import { openText } from "../text_file.ts";
import { defineTool } from "../tool.ts";
import description from "./apply_patch.txt" with { type: "text" };

export const applyPatchTool = defineTool({
  name: "apply_patch",
  description,
  input: z.strictObject({
    path: FilePath.describe("The existing file to patch, relative to the root of the worktree"),
    patch: z.string().describe("A unified diff of that one file"),
  }),
  access: ({ path }) => [
    { kind: "read", path },
    { kind: "write", path },
  ],

  async run({ path, patch }, host) {
    const file = await openText(host, path);
    try {
      const parsed = parsePatch(patch);
      checkNames(parsed, path);
      const { text, added, removed, notes } = applyPatch(file.text, parsed);
      if (text === file.text) throw new PatchError("it changes nothing");
      await host.write(path, file.encode(text));
      const said = [
        `Applied ${parsed.hunks.length === 1 ? "1 hunk" : `${parsed.hunks.length} hunks`} to "${path}" (+${added} -${removed})`,
        ...notes,
      ];
      return { ok: true, text: said.join("\n"), touched: [path] };
    } catch (error) {
      if (!(error instanceof PatchError)) throw error;
      return { ok: false, text: `Error: Cannot apply the patch to "${path}": ${error.message}; nothing was changed` };
    }
  },
});
