import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { createGit, type Git } from "../git/git.ts";
import { removeTree } from "../remove_tree.ts";

type Wanted = { root: string; head: string; branch: string };

/**
 * A repository of its own that has one commit of another, with its history, checked out on a branch. Objects are shared by
 * links where the disk allows it, for git never changes one; nothing is written where they come from.
 *
 * @param root where it is made; what stood there is gone
 * @param branch without `refs/heads/`
 */
export async function cloneAt(
  from: Git,
  { root, head, branch }: Wanted,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Git> {
  removeTree(root);
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const git = createGit(root, env);
  const format = head.length === 64 ? ["--object-format=sha256"] : [];
  await git.ask(["init", "--quiet", "--template=", `--initial-branch=${branch}`, ...format]);
  const [source, own] = [await from.commonDir(), await git.commonDir()];
  shareObjects(join(source, "objects"), join(own, "objects"));
  if (existsSync(join(source, "shallow"))) copyFileSync(join(source, "shallow"), join(own, "shallow"));
  await git.ask(["update-ref", `refs/heads/${branch}`, head], { plumbing: true });
  await git.ask(["reset", "--hard", "--quiet"]);
  return git;
}

/** Packs and loose objects. What they borrow from a third repository is borrowed from there as well. */
function shareObjects(from: string, to: string): void {
  for (const folder of readdirSync(from).filter((name) => name === "pack" || /^[0-9a-f]{2}$/.test(name))) {
    mkdirSync(join(to, folder), { recursive: true });
    const files = readdirSync(join(from, folder)).filter((name) => !/^tmp_|\.(?:lock|keep)$/.test(name));
    for (const name of files) linkOrCopy(join(from, folder, name), join(to, folder, name));
  }
  const lent = join(from, "info/alternates");
  if (!existsSync(lent)) return;
  const lines = readFileSync(lent, "utf8").split("\n").filter(Boolean);
  mkdirSync(dirname(join(to, "info/alternates")), { recursive: true });
  const absolute = lines.map((line) => (isAbsolute(line) ? line : resolve(from, line)));
  writeFileSync(join(to, "info/alternates"), `${absolute.join("\n")}\n`);
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && NO_LINK.includes(String(error.code)))) throw error;
    copyFileSync(from, to); // another disk, or the file is another user's
  }
}
const NO_LINK = ["EXDEV", "EPERM", "EACCES", "EMLINK", "ENOTSUP", "ENOSYS"];
