import { DgovError } from "../error.ts";
import type { Git } from "./git.ts";

/**
 * The two commits, or trees, that a person's range stands for: `A..B`, or one commit for what it changes.
 *
 * @throws DgovError `usage`
 */
export async function endsOf(git: Git, range: string): Promise<[from: string, to: string]> {
  const parts = range.split("..");
  if (parts.length > 2 || range.includes("..."))
    throw new DgovError("usage", `Cannot look at "${range}": a range is one commit, or two with ".." between them`);
  const [first = "", second] = parts;
  if (second !== undefined) return [await resolved(git, first || "HEAD"), await resolved(git, second || "HEAD")];
  const [oid, parent = null] = await Promise.all([resolved(git, first), parentOf(git, first)]);
  return [parent ?? (await git.text(["hash-object", "-t", "tree", "-w", "--stdin"], { stdin: "" })), oid];
}

/** The commit that a name stands for. @throws DgovError `usage` */
export async function resolved(git: Git, name: string): Promise<string> {
  const asked = ["rev-parse", "--verify", "-q", "--end-of-options", `${name}^{commit}`];
  const { exit, bytes } = await git.ask(asked, { ok: [0, 1, 128] });
  const oid = new TextDecoder().decode(bytes).trim().split("\n").at(-1);
  if (exit !== 0 || !oid) throw new DgovError("usage", `Cannot look at "${name}": there is no such commit`);
  return oid;
}

async function parentOf(git: Git, name: string): Promise<string | null> {
  const { exit } = await git.ask(["rev-parse", "--verify", "-q", "--end-of-options", `${name}^1^{commit}`], {
    ok: [0, 1, 128],
  });
  return exit === 0 ? resolved(git, `${name}^1`) : null;
}
