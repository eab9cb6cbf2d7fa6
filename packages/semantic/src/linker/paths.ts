/** Paths of a repository: relative, with "/"; "" is the repository itself. */

export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

export function join(folder: string, name: string): string {
  return folder === "" ? name : name === "" ? folder : `${folder}/${name}`;
}

/** Follows "." and ".." from a folder; null: it leads out of the repository. */
export function walk(folder: string, way: string): string | null {
  const parts = folder === "" ? [] : folder.split("/");
  for (const part of way.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join("/");
}

export function lastPart(dotted: string, separator = "."): string {
  return dotted.slice(dotted.lastIndexOf(separator) + separator.length);
}
