import { z } from "zod";
import { baseFile } from "../git_read.ts";
import { FilePath } from "../input.ts";
import { shellPath } from "../shell_quote.ts";
import { defineTool, type Host } from "../tool.ts";
import { TOOL_LIMITS } from "../tool_limits.ts";
import description from "./revert_file.txt" with { type: "text" };

export const revertFile = defineTool({
  name: "revert_file",
  description,
  input: z.strictObject({ path: FilePath.describe("File to bring back, relative to the root of the worktree") }),
  access: ({ path }) => [{ kind: "write", path }],

  async run({ path }, host) {
    const there = await host.stat(path);
    if (there?.kind === "directory")
      return { ok: false, text: `Error: Cannot revert "${path}": it is a directory; revert its files one by one` };
    const base = await baseFile(host, path);
    if (base === null && there === null)
      return {
        ok: false,
        text: `Error: Cannot revert "${path}": it does not exist, neither here nor in the base commit`,
      };
    if (base === null) {
      await host.remove(path);
      return { ok: true, text: `Removed "${path}": the base commit does not have it`, touched: [path] };
    }
    if (there?.kind === "link") await host.remove(path);
    await host.write(path, base.bytes);
    if (there && base.executable !== (there.mode & 0o100) > 0) await restoreMode(host, path, base.executable);
    const executable = ((await host.stat(path))?.mode ?? 0) & 0o100 ? "executable" : "not executable";
    const odd = base.executable === (executable === "executable") ? "" : `, but it is ${executable} now`;
    return { ok: true, text: `Reverted "${path}" to the base commit${odd}`, touched: [path] };
  },
});

const restoreMode = (host: Host, path: string, executable: boolean) =>
  host.exec({
    command: `chmod ${executable ? "+x" : "-x"} ${shellPath(path)}`,
    timeout_ms: TOOL_LIMITS.git_ms,
    output_max_bytes: TOOL_LIMITS.shown_bytes,
    clip_bytes: TOOL_LIMITS.shown_bytes,
  });
