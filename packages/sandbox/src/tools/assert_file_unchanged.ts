import { z } from "zod";
import { baseFile } from "../git_read.ts";
import { FilePath } from "../input.ts";
import { defineTool } from "../tool.ts";
import description from "./assert_file_unchanged.txt" with { type: "text" };

export const assertFileUnchanged = defineTool({
  name: "assert_file_unchanged",
  description,
  input: z.strictObject({ path: FilePath.describe("File to compare, relative to the root of the worktree") }),
  access: ({ path }) => [{ kind: "read", path }],

  async run({ path }, host) {
    const fail = (why: string) => ({ ok: false, text: `FAIL: "${path}" ${why}` });
    const there = await host.stat(path);
    if (there?.kind === "directory")
      return { ok: false, text: `Error: Cannot compare "${path}": it is a directory; name a file` };
    const base = await baseFile(host, path);
    if (base === null && there === null)
      return {
        ok: false,
        text: `Error: Cannot compare "${path}": it does not exist, neither here nor in the base commit`,
      };
    if (base === null) return fail("is new: the base commit does not have it");
    if (there === null) return fail("was deleted");
    if (there.kind !== "file") return fail("is no ordinary file any more");
    const bytes = await host.readBytes(path);
    if (Buffer.compare(base.bytes, bytes) !== 0)
      return fail(`was changed (${base.bytes.length} bytes before, ${bytes.length} now)`);
    if (base.executable !== (there.mode & 0o100) > 0)
      return fail(base.executable ? "is no longer executable" : "was made executable");
    return { ok: true, text: `OK: "${path}" is as it was in the base commit` };
  },
});
