import { z } from "zod";
import { AnyPath } from "../input.ts";
import { type Answer, defineTool, type Host, HostError } from "../tool.ts";
import { TOOL_LIMITS } from "../tool_limits.ts";
import description from "./list_dir.txt" with { type: "text" };

export const listDir = defineTool({
  name: "list_dir",
  description,
  input: z.strictObject({ path: AnyPath.default(".").describe("Directory, relative to the root of the worktree") }),
  access: ({ path }) => [{ kind: "read", path }],

  async run({ path }, host) {
    const entries = await listed(host, path);
    if (!Array.isArray(entries)) return entries;
    if (entries.length === 0) return { ok: true, text: "(empty directory)" };
    const shown = entries.slice(0, TOOL_LIMITS.list_entries).map(line);
    if (entries.length > shown.length)
      shown.push(`... truncated: ${shown.length} of ${entries.length} entries are shown`);
    return { ok: true, text: shown.join("\n") };
  },
});

/** What is in a folder. Why there is nothing is asked only then: a look before it would double the ways down. */
async function listed(host: Host, path: string): Promise<Awaited<ReturnType<Host["list"]>> | Answer> {
  try {
    return await host.list(path);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    const kind = path === "." ? "directory" : ((await host.stat(path))?.kind ?? null);
    if (kind === null) return { ok: false, text: `Error: Cannot list "${path}": it does not exist` };
    if (kind !== "directory") return { ok: false, text: `Error: Cannot list "${path}": it is not a directory` };
    throw error;
  }
}

function line({ name, kind, size_bytes }: { name: string; kind: string; size_bytes: number }): string {
  if (kind === "directory") return `${name}/`;
  if (kind === "file") return `${name}  (${size_bytes} bytes)`;
  return kind === "link" ? `${name}  (symbolic link)` : `${name}  (special file)`;
}
