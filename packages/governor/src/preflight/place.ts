import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DgovError } from "../error.ts";
import { createGit, type Git } from "../git/git.ts";
import { machineWords } from "../machine_words.ts";
import { ownGitFolder, sharedBy } from "../shared_git_folder.ts";

/**
 * Where a commit is being made. All paths are absolute.
 *
 * `git_dir`     of this checkout     `common_dir`  that all worktrees share
 * `index_file`  what is to be committed; git tells its hook of another one than usual where only a part is
 * `joins`       the commits that a merge under way brings in
 */
export type CommitPlace = {
  root: string;
  git_dir: string;
  common_dir: string;
  index_file: string;
  joins: readonly string[];
};

type Asking = { cwd: string; env: Readonly<Record<string, string | undefined>> };

/**
 * Found without starting git, and as git would: its hooks are told by GIT_DIR and GIT_INDEX_FILE.
 *
 * @throws DgovError `repo_missing`, `repo_bare`, `usage` where the folder is none
 */
export function findCommitPlace({ cwd, env }: Asking): CommitPlace {
  const { root, git_dir } = env.GIT_DIR ? told(cwd, env.GIT_DIR, env.GIT_WORK_TREE) : found(folderAt(cwd));
  const index_file = env.GIT_INDEX_FILE ? resolve(cwd, env.GIT_INDEX_FILE) : join(git_dir, "index");
  return { root, git_dir, common_dir: sharedBy(git_dir), index_file, joins: joinsOf(git_dir, env) };
}

/** Git there, with nothing of the environment that a hook has. */
export const gitIn = ({ root, git_dir }: CommitPlace, env: Asking["env"]): Git =>
  createGit(git_dir, env).at(root, git_dir);

/** A folder may be one that a person has named. */
function folderAt(cwd: string): string {
  const hint = "Name a folder that is there, or go into one";
  try {
    const real = realpathSync(cwd);
    if (statSync(real).isDirectory()) return real;
  } catch (cause) {
    throw new DgovError("usage", `Cannot work in "${cwd}": ${machineWords(cause)}`, { cause, hint });
  }
  throw new DgovError("usage", `Cannot work in "${cwd}": it is no folder`, { hint });
}

function told(cwd: string, git_dir: string, work_tree: string | undefined) {
  const own = resolve(cwd, git_dir);
  if (!existsSync(join(own, "HEAD")))
    throw new DgovError("repo_missing", `Cannot work in "${cwd}": GIT_DIR names "${git_dir}", which is no repository`);
  return { root: realpathSync(resolve(cwd, work_tree ?? ".")), git_dir: own };
}

function found(cwd: string): Pick<CommitPlace, "root" | "git_dir"> {
  for (let root = cwd; ; root = dirname(root)) {
    const git_dir = ownGitFolder(root);
    if (git_dir !== null) return { root, git_dir };
    if (existsSync(join(root, "HEAD")) && existsSync(join(root, "objects")))
      throw new DgovError(
        "repo_bare",
        `Cannot work in "${cwd}": it is inside git's own folder, or the repository is bare`,
      );
    if (dirname(root) === root)
      throw new DgovError("repo_missing", `Cannot work in "${cwd}": it is not in a git repository`);
  }
}

/** A merge that was stopped has them in a file; one that is about to be committed tells its hook by variables. */
function joinsOf(git_dir: string, env: Asking["env"]): string[] {
  const file = join(git_dir, "MERGE_HEAD");
  if (existsSync(file)) return readFileSync(file, "utf8").split("\n").filter(Boolean);
  const heads = Object.keys(env).flatMap((name) => /^GITHEAD_([0-9a-f]{40,64})$/.exec(name)?.[1] ?? []);
  return heads.sort();
}

/**
 * The commit that is checked out, read without starting git; null where only git can say, as on a branch without a
 * commit.
 */
export function headOf({ git_dir, common_dir }: CommitPlace): string | null {
  const head = lineOf(join(git_dir, "HEAD"));
  const ref = /^ref: (refs\/heads\/.+)$/.exec(head ?? "")?.[1];
  const oid = ref === undefined ? head : (lineOf(join(common_dir, ref)) ?? packed(common_dir, ref));
  return oid !== null && /^[0-9a-f]{40,64}$/.test(oid) ? oid : null;
}

function packed(common_dir: string, ref: string): string | null {
  const file = join(common_dir, "packed-refs");
  if (!existsSync(file)) return null;
  const line = readFileSync(file, "utf8")
    .split("\n")
    .find((one) => one.endsWith(` ${ref}`));
  return line?.split(" ")[0] ?? null;
}

const lineOf = (file: string): string | null => (existsSync(file) ? readFileSync(file, "utf8").trim() : null);
