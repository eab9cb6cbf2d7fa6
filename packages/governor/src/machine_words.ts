const WORDS: Readonly<Record<string, string>> = {
  EACCES: "this user may not",
  EISDIR: "it is a folder",
  ELOOP: "it is a link to itself",
  ENAMETOOLONG: "the name is too long",
  ENOENT: "it is not there",
  ENOTDIR: "a part of its path is no folder",
  EPERM: "this user may not",
  EROFS: "nothing can be written on that disk",
};

/** What the machine says of a path that somebody has given, in words; what it says seldom stays as it is. */
export function machineWords(error: unknown): string {
  const known = error instanceof Error && "code" in error ? WORDS[String(error.code)] : undefined;
  return known ?? (error instanceof Error ? error.message : String(error));
}
