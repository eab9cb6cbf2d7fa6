/** Whether a program would be started from a PATH. A folder that is not absolute would be the repository's own, and counts nothing. */
export function onPath(program: string, path: string): boolean {
  const folders = path.split(":").filter((folder) => folder.startsWith("/"));
  return folders.length > 0 && Bun.which(program, { PATH: folders.join(":") }) !== null;
}
