import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Git, items } from "./git.ts";
import { statOf } from "./index_file.ts";

/** Folders of the checkouts that have the branch open. One that is gone, for example on a drive that is not there, cannot be asked. */
export async function checkoutsOf(git: Git, target: string): Promise<string[]> {
  const listed = await worktreeLines(git);
  const found: string[] = [];
  const first = listed[0]?.slice("worktree ".length) ?? "";
  const main = existsSync(join(first, ".git")) ? first : await mainCheckout(git, first);
  let folder = "";
  for (const [at, line] of listed.entries()) {
    if (line.startsWith("worktree ")) folder = at === 0 ? main : line.slice("worktree ".length);
    else if (line === `branch ${target}` && existsSync(folder)) found.push(folder);
  }
  return found;
}

/** Where git's own folder lies apart from the checkout, git lists that folder for it. @returns ours when it is that one */
async function mainCheckout(git: Git, listed: string): Promise<string> {
  const own = await git.text(["rev-parse", "--path-format=absolute", "--git-dir"]);
  return own === (await git.commonDir()) ? git.root : listed;
}

type Lines = { state: string | null; lines: readonly string[] };
/** Each landing asks, and hardly ever has anybody opened a checkout or another branch since. */
const known = new WeakMap<Git["objects"], Lines>();

async function worktreeLines(git: Git): Promise<readonly string[]> {
  const state = stateOf(await git.commonDir());
  const before = known.get(git.objects);
  if (before && state !== null && before.state === state) return before.lines;
  const { bytes } = await git.ask(["worktree", "list", "--porcelain", "-z"]);
  const lines = items(bytes);
  known.set(git.objects, { state, lines });
  return lines;
}

/** All that git's list hangs on; null: it is kept in a way in which files do not tell. */
function stateOf(common: string): string | null {
  const linked = join(common, "worktrees");
  const names = existsSync(linked) ? readdirSync(linked).sort() : [];
  const admins = names.map((name) => join(linked, name));
  const heads = [common, ...admins].map((folder) => headIn(folder));
  if (heads.includes(null)) return null;
  const places = admins.map((folder) => textOf(join(folder, "gitdir")));
  const settings = ["config", "config.worktree"].map((name) => {
    const stat = statOf(join(common, name));
    return stat && `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
  });
  return JSON.stringify([names, heads, places, settings]);
}

/** null: the file does not say what is open, as where refs are kept in tables, or a link stands for it. */
function headIn(folder: string): string | null {
  const file = join(folder, "HEAD");
  const head = lstatSync(file, { throwIfNoEntry: false })?.isFile() ? textOf(file) : "";
  return /^(?:ref: refs\/(?!heads\/\.invalid).+|[0-9a-f]{40,64})\n?$/.test(head) ? head : null;
}

const textOf = (file: string): string => (existsSync(file) ? readFileSync(file, "utf8") : "");
