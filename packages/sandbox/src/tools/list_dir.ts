import { z } from "zod";
import type { Listing } from "../facts.ts";
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
    const listed = await listing(host, path);
    if ("ok" in listed) return listed;
    const { entries, count } = listed;
    if (count === 0) return { ok: true, text: "(empty directory)" };
    const shown = entries.map(line);
    if (count > shown.length) shown.push(`... truncated: ${shown.length} of ${count} entries are shown`);
    return { ok: true, text: shown.join("\n") };
  },
});

/** What is in a folder. Why there is nothing is asked only then: a look before it would double the ways down. */
async function listing(host: Host, path: string): Promise<Listing | Answer> {
  try {
    return await host.list(path, TOOL_LIMITS.list_entries);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    const kind = path === "." ? "directory" : ((await host.stat(path))?.kind ?? null);
    if (kind === null) return { ok: false, text: `Error: Cannot list "${path}": it does not exist` };
    if (kind !== "directory") return { ok: false, text: `Error: Cannot list "${path}": it is not a directory` };
    throw error;
  }
}

function line({ name, kind, size_bytes }: Listing["entries"][number]): string {
  if (kind === "directory") return `${name}/`;
  if (kind === "file") return `${name}  (${size_bytes} bytes)`;
  return kind === "link" ? `${name}  (symbolic link)` : `${name}  (special file)`;
}
