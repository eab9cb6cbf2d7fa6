import { type Git, items } from "./git.ts";
import { type Change, diffTrees } from "./tree_changes.ts";
import { treeOf } from "./tree_object.ts";

/**
 * The ignore rules of a commit as one list for `--exclude-from`, whatever the files of a worktree say by now. A folder's own
 * rules are rewritten to begin at the root, and stand after those of the folders above it, which they overrule.
 */
export async function ignoreRules(git: Git, commit: string): Promise<string> {
  const found = [...(await rulesIn(git, await treeOf(git, commit)))];
  found.sort(([a], [b]) => a.split("/").length - b.split("/").length || (a < b ? -1 : 1));
  const texts = await Promise.all(found.map(([, oid]) => git.objects.content(oid)));
  return texts.map((text, at) => anchored(new TextDecoder().decode(text), found[at]![0])).join("");
}

/** By folder ("" or ending with a slash) the blob of its `.gitignore`. */
type Rules = ReadonlyMap<string, string>;

/** A list of the whole tree takes its time in a large repository: what is known of one tree is brought up to another. */
const latest = new WeakMap<Git["objects"], { tree: string; rules: Rules }>();

async function rulesIn(git: Git, tree: string): Promise<Rules> {
  const known = latest.get(git.objects);
  if (known?.tree === tree) return known.rules;
  const rules = known ? broughtUp(known.rules, await diffTrees(git, known.tree, tree)) : await listed(git, tree);
  latest.set(git.objects, { tree, rules });
  return rules;
}

function broughtUp(before: Rules, changes: readonly Change[]): Rules {
  const rules = new Map(before);
  for (const { path, new_mode, new_oid } of changes) {
    const folder = folderOf(path);
    if (folder === null) continue;
    if (isFile(new_mode)) rules.set(folder, new_oid);
    else rules.delete(folder);
  }
  return rules;
}

async function listed(git: Git, tree: string): Promise<Rules> {
  const format = "--format=%(objectmode) %(objectname) %(path)";
  const { bytes } = await git.ask(["ls-tree", "-r", "-z", "--full-tree", format, tree]);
  const rules = new Map<string, string>();
  for (const line of items(bytes)) {
    if (!line.endsWith(NAME)) continue;
    const [mode = "", oid = ""] = line.split(" ", 2);
    const folder = folderOf(line.slice(mode.length + oid.length + 2));
    if (folder !== null && isFile(mode)) rules.set(folder, oid);
  }
  return rules;
}

const NAME = ".gitignore";
/** A link may lead out of the repository: it has no rules. */
const isFile = (mode: string): boolean => mode.startsWith("100");
const folderOf = (path: string): string | null =>
  path === NAME || path.endsWith(`/${NAME}`) ? path.slice(0, -NAME.length) : null;

/** The rules of the `.gitignore` in `folder` ("" or ending with a slash), as rules of the root. */
export function anchored(text: string, folder: string): string {
  const prefix = folder.replace(/[\\*?[\]!#]/g, "\\$&");
  return text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .map((line) => line.replace(/\r$/, ""))
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      if (folder === "") return `${line}\n`;
      const negated = line.startsWith("!");
      const rule = negated ? line.slice(1) : line;
      const rooted = rule.trimEnd().replace(/\/$/, "").includes("/");
      const body = rule.replace(/^\//, "");
      return `${negated ? "!" : ""}/${prefix}${rooted ? "" : "**/"}${body}\n`;
    })
    .join("");
}
