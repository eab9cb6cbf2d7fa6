import { z } from "zod";
import { changes, gitRead, untracked } from "../git_read.ts";
import { isKeptSecret, isSecretFile } from "../secret_file.ts";
import { decode } from "../text_file.ts";
import { defineTool, type Host } from "../tool.ts";
import { TOOL_LIMITS } from "../tool_limits.ts";
import description from "./git_diff.txt" with { type: "text" };

export const gitDiff = defineTool({
  name: "git_diff",
  description,
  input: z.strictObject({}),
  access: () => [],

  async run(_, host) {
    const changed = (await changes(host)).map(({ path }) => path);
    const kept = changed.filter((path) => isKeptSecret(host.scope, path));
    const paths = changed.filter((path) => !kept.includes(path));
    const followed = paths.length === 0 ? "" : await gitRead(host, { ask: "diff", paths: paths.slice(0, FILES) });
    const fresh = kept.map((path) => `[${path} has changed; it may hold secrets, and is not shown]`);
    if (paths.length > FILES) fresh.push(`[${paths.length - FILES} more changed files omitted]`);
    const news = (await untracked(host)).filter((path) => !kept.includes(path));
    for (const path of news.slice(0, NEW_FILES)) fresh.push(await newFile(host, path));
    if (news.length > NEW_FILES) fresh.push(`[${news.length - NEW_FILES} more new files omitted]`);
    const text = [followed.trimEnd(), ...fresh].filter((part) => part !== "").join("\n");
    return { ok: true, text: text === "" ? "No changes." : clip(text) };
  },
});

const FILES = 1_000;
const NEW_FILES = 50;

/** A new file as git would show it. Its content is read only when it is small enough to matter. */
async function newFile(host: Host, path: string): Promise<string> {
  const head = `diff --git a/${path} b/${path}\nnew file\n--- /dev/null\n+++ b/${path}`;
  const found = await host.stat(path);
  if (found?.kind !== "file") return `${head}\n[${found?.kind ?? "gone"}]`;
  if (isSecretFile(path)) return `${head}\n[not shown: it may hold secrets]`;
  if (found.size_bytes > SHOWN_BYTES) return `${head}\n[${found.size_bytes} bytes]`;
  const text = decode(await host.readBytes(path))?.text;
  if (text === undefined) return `${head}\n[binary, ${found.size_bytes} bytes]`;
  if (text === "") return head;
  const lines = text.split("\n");
  const complete = lines.at(-1) === "";
  if (complete) lines.pop();
  const body = lines.map((line) => `+${line}`).join("\n");
  return `${head}\n@@ -0,0 +1,${lines.length} @@\n${body}${complete ? "" : "\n\\ No newline at end of file"}`;
}
const SHOWN_BYTES = 200_000;

function clip(text: string): string {
  const half = TOOL_LIMITS.shown_bytes;
  if (text.length <= 2 * half) return text;
  return `${text.slice(0, half)}\n[${text.length - 2 * half} characters of the diff omitted]\n${text.slice(-half)}`;
}
