import type { Git } from "../git/git.ts";
import type { Wanted } from "./tree_views.ts";

/** A content as text, or why it is none, as a clause. */
export type TextRead = { text: string } | { text: null; unknown: string };

const TEXT_MAX_BYTES = 2 * 1024 * 1024;

/** The contents of some files, in their order. */
export async function textsOf(git: Pick<Git, "objects">, files: readonly Wanted[]): Promise<TextRead[]> {
  const infos = await git.objects.info(files.map(({ blob }) => blob));
  return Promise.all(
    files.map(async ({ blob }, at) => {
      const size_bytes = infos[at]?.size_bytes ?? 0;
      if (size_bytes > TEXT_MAX_BYTES) return { text: null, unknown: `it is larger than ${TEXT_MAX_BYTES} bytes` };
      return textOf(await git.objects.content(blob));
    }),
  );
}

/** A mark of byte order stays in the text: every byte of a merge comes from somewhere. */
export function textOf(bytes: Uint8Array): TextRead {
  if (bytes.includes(0)) return { text: null, unknown: "it is binary" };
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  if (text.includes("\ufffd") && !Buffer.from(text).equals(Buffer.from(bytes)))
    return { text: null, unknown: "it is not UTF-8" };
  return { text };
}
