import {
  constants,
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Git, items } from "./git.ts";
import { ignoreRules } from "./ignore_rules.ts";

/** As others that fill worktrees read it: patterns as in `.gitignore`, of files that git ignores. */
export const INCLUDE_FILE = ".worktreeinclude";

const FILES_MAX = 1_000;
const BYTES_MAX = 100 * 1024 * 1024;

/** `refused`: why a file is not copied, for people, by path. */
export type Included = { paths: readonly string[]; refused: ReadonlyMap<string, string> };

/**
 * Which files of the user's checkout belong into every worktree: those that the base's `.worktreeinclude` lists and the base's own
 * ignore rules ignore, so that they are nobody's work there. What git does not ignore is never taken: it would land.
 *
 * @param secretIn what kind of secret a text holds; null: none
 */
export async function includedIn(git: Git, base: string, secretIn: (text: string) => string | null): Promise<Included> {
  const { exit, bytes } = await git.ask(["cat-file", "blob", `${base}:${INCLUDE_FILE}`], { ok: [0, 128] });
  if (exit !== 0) return { paths: [], refused: new Map() };
  const listed = await othersBy(git, bytes, []);
  const refused = new Map<string, string>();
  if (listed.length > FILES_MAX) return { paths: [], refused: new Map([[INCLUDE_FILE, tooMany(listed.length)]]) };
  const rules = new TextEncoder().encode(await ignoreRules(git, base));
  const ignored = listed.length === 0 ? [] : await othersBy(git, rules, listed);
  let left = BYTES_MAX;
  const paths = ignored.filter((path) => {
    const why = unfit(git.root, path, left, secretIn);
    if (typeof why === "string") refused.set(path, why);
    else left -= why;
    return typeof why === "number";
  });
  return { paths, refused };
}

/** Copies them into a worktree, where nothing stands yet at their place. */
export function include(root: string, worktree: string, { paths }: Pick<Included, "paths">): void {
  for (const path of paths) {
    const to = join(worktree, path);
    if (lstatSync(to, { throwIfNoEntry: false })) continue;
    mkdirSync(dirname(to), { recursive: true });
    if (realpathSync(dirname(to)) === join(realpathSync(worktree), dirname(path)))
      // a link in the tree leads elsewhere
      copyFileSync(join(root, path), to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  }
}

const tooMany = (count: number): string => `it lists ${count} files, and at most ${FILES_MAX} are copied: list fewer`;

/** Untracked files that rules ignore, of all or of these: our git takes every path for its name alone. */
async function othersBy(git: Git, rules: Uint8Array, paths: readonly string[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "dgov-include-"));
  try {
    writeFileSync(join(folder, "rules"), rules);
    const asked = ["ls-files", "-z", "--others", "--ignored", `--exclude-from=${join(folder, "rules")}`];
    return items((await git.ask([...asked, "--", ...paths])).bytes);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @returns how large it is, or why it is not copied */
function unfit(root: string, path: string, left: number, secretIn: (text: string) => string | null): number | string {
  const found = lstatSync(join(root, path), { throwIfNoEntry: false });
  if (!found?.isFile()) return "it is no file";
  if (path.startsWith(".dgov/") || path.includes("\uFFFD")) return "it is dgov's own, or has such a name";
  if (found.size > left) return `all of them together have more than ${BYTES_MAX} bytes`;
  const secret = secretIn(readFileSync(join(root, path)).toString("latin1"));
  return secret === null ? found.size : `there is ${secret} in it, which no worker is given`;
}
