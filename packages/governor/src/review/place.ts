import { counted } from "../counted.ts";
import type { Git } from "../git/git.ts";
import type { Reviewed } from "./question.ts";

const READ_MAX_BYTES = 16 * 1024 * 1024;

type Place = { path: string; line: number };
type In = { git: Pick<Git, "objects">; reviewed: Pick<Reviewed, "tree" | "changes"> };

/** Why there is no such line, in the tree or in a file that the change deletes; null: there is. */
export async function missing({ path, line }: Place, place: In): Promise<string | null> {
  const read = await linesAt(path, place);
  if (typeof read === "string") return read;
  const there = `${JSON.stringify(path)} has ${counted(read.length, "line")}, and none has the number ${line}`;
  return line <= read.length ? null : there;
}

/** The text of a line that is there; null: it is not. */
export async function lineAt({ path, line }: Place, place: In): Promise<string | null> {
  const read = await linesAt(path, place);
  return typeof read === "string" ? null : (read[line - 1] ?? null);
}

/** The lines of a file, of which an empty one has one; a string says why there are none. */
async function linesAt(path: string, { git, reviewed: { tree, changes } }: In): Promise<string | string[]> {
  const [there] = await git.objects.info([`${tree}:${path}`]);
  const deleted = changes.find((change) => change.path === path && change.kind === "deleted")?.old_oid;
  const [blob] = there || deleted === undefined ? [there] : await git.objects.info([deleted]);
  if (blob?.type !== "blob") return `there is no file ${JSON.stringify(path)}`;
  if (blob.size_bytes > READ_MAX_BYTES) return `${JSON.stringify(path)} is too large to have lines`;
  const text = new TextDecoder().decode(await git.objects.content(blob.oid));
  return (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
}
