import type { Stats } from "node:fs";

/** What is asked of a name before anything is done with it. `mode`: the bits of rights, without those of the kind. */
export type Facts = { kind: FileKind; size_bytes: number; mode: number; links: number };
export type FileKind = "file" | "directory" | "link" | "other";

/** What is in a folder. `count`: how many there are, also those that are not given. */
export type Listing = { entries: { name: string; kind: FileKind; size_bytes: number }[]; count: number };

export const factsOf = ({ mode, size, nlink }: Pick<Stats, "mode" | "size" | "nlink">): Facts => ({
  kind: kindOf(mode),
  size_bytes: size,
  mode: mode & 0o7777,
  links: nlink,
});

function kindOf(mode: number): FileKind {
  switch (mode & 0o170_000) {
    case 0o100_000:
      return "file";
    case 0o040_000:
      return "directory";
    case 0o120_000:
      return "link";
    default:
      return "other";
  }
}
