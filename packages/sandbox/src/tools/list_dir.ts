import { z } from "zod";
import { AnyPath } from "../input.ts";
import { defineTool } from "../tool.ts";
import { TOOL_LIMITS } from "../tool_limits.ts";
import description from "./list_dir.txt" with { type: "text" };

export const listDir = defineTool({
  name: "list_dir",
  description,
  input: z.strictObject({ path: AnyPath.default(".").describe("Directory, relative to the root of the worktree") }),
  access: ({ path }) => [{ kind: "read", path }],

  async run({ path }, host) {
    const kind = path === "." ? "directory" : ((await host.stat(path))?.kind ?? null);
    if (kind === null) return { ok: false, text: `Error: Cannot list "${path}": it does not exist` };
    if (kind !== "directory") return { ok: false, text: `Error: Cannot list "${path}": it is not a directory` };
    const entries = await host.list(path);
    if (entries.length === 0) return { ok: true, text: "(empty directory)" };
    const shown = entries.slice(0, TOOL_LIMITS.list_entries).map(line);
    if (entries.length > shown.length)
      shown.push(`... truncated: ${shown.length} of ${entries.length} entries are shown`);
    return { ok: true, text: shown.join("\n") };
  },
});

function line({ name, kind, size_bytes }: { name: string; kind: string; size_bytes: number }): string {
  if (kind === "directory") return `${name}/`;
  if (kind === "file") return `${name}  (${size_bytes} bytes)`;
  return kind === "link" ? `${name}  (symbolic link)` : `${name}  (special file)`;
}
