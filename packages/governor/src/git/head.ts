import { DgovError } from "../error.ts";
import type { Git } from "./git.ts";

/** The commit that is checked out. @throws DgovError `repo_empty` */
export async function headCommit(git: Git): Promise<string> {
  const { exit, bytes } = await git.ask(["rev-parse", "--verify", "-q", "HEAD^{commit}"], { ok: [0, 1, 128] });
  if (exit === 0) return new TextDecoder().decode(bytes).trim();
  throw new DgovError("repo_empty", `Cannot make a worktree of "${git.root}": it has no commit yet`);
}
