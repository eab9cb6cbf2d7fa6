import { z } from "zod";
import { FilePath } from "../input.ts";
import { openText } from "../text_file.ts";
import { defineTool } from "../tool.ts";

/** For an agent that asks as it would ask an editor: the whole text of a file, whether it is there or not. */
export const writeTextFile = defineTool({
  name: "write_text_file",
  description: "Write the whole text of a file.",
  input: z.strictObject({ path: FilePath, content: z.string() }),
  access: ({ path }) => [{ kind: "write", path }],

  async run({ path, content }, host) {
    const there = (await host.stat(path)) !== null;
    const bytes = there ? (await openText(host, path)).encode(content) : Buffer.from(content);
    await host.write(path, bytes);
    return { ok: true, text: `${there ? "Wrote" : "Created"} "${path}" (${bytes.length} bytes)`, touched: [path] };
  },
});
