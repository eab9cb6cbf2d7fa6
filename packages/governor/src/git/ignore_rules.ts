import { type Git, items } from "./git.ts";

/**
 * The ignore rules of a commit as one list for `--exclude-from`, whatever the files of a worktree say by now. A folder's own
 * rules are rewritten to begin at the root, and stand after those of the folders above it, which they overrule.
 */
export async function ignoreRules(git: Git, commit: string): Promise<string> {
  const listed = await git.ask([
    "ls-tree",
    "-r",
    "-z",
    "--full-tree",
    "--format=%(objecttype) %(objectmode) %(objectname)%x09%(path)",
    commit,
  ]);
  const found = items(listed.bytes).flatMap((line) => {
    if (!line.endsWith(".gitignore")) return [];
    const match = /^blob 100\d{3} ([0-9a-f]+)\t(.*\/)?\.gitignore$/s.exec(line);
    return match ? [{ oid: match[1]!, folder: match[2] ?? "" }] : [];
  });
  found.sort((a, b) => a.folder.split("/").length - b.folder.split("/").length || (a.folder < b.folder ? -1 : 1));
  const texts = await Promise.all(found.map(({ oid }) => git.objects.content(oid)));
  return texts.map((text, at) => anchored(new TextDecoder().decode(text), found[at]!.folder)).join("");
}

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
