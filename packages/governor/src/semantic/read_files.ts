import type { FileView, Languages } from "@dgov/semantic";
import { languageOf, NO_GRAMMAR } from "@dgov/semantic/language";
import type { Git } from "../git/git.ts";
import { type Analyst, type Asked, isLost } from "./analyst.ts";
import { type Analysed, analysed, type Kept } from "./answer.ts";
import type { BlobCache } from "./blob_cache.ts";
import { type Packed, unpack } from "./packed.ts";
import { type TextRead, textsOf } from "./texts.ts";
import type { ReadFiles, Wanted } from "./tree_views.ts";

export type Reading = {
  git: Pick<Git, "objects">;
  cache: BlobCache;
  analyst: Analyst;
  languages: Known;
};
/** `version`: a digest of all that has a say in what a text means, besides the text and its name. */
type Known = Pick<Languages, "version" | "names" | "files">;

/** A file that was read, and what was known of it, or what was said of it just now. */
type Look = { file: Wanted; read: TextRead | undefined; known: Analysed | null; said: Packed | null };

/** Reads contents from the repository, and looks at those that nobody has looked at before. */
export function createReadFiles(reading: Reading): ReadFiles {
  const known = (file: Wanted) => reading.cache.get(keyOf(reading, file)) as Analysed | null; // `lookAt` wrote it
  return async (files) => {
    const looks = await lookAt(reading, files, { depth: "all", known });
    return looks.map((look) => viewOf(look.read, look.said ? analysed(look.said) : look.known));
  };
}

export function viewOf(read: TextRead | undefined, said: Analysed | null): FileView {
  if (!read || read.text === null) return { text: null, unknown: read?.unknown ?? "nobody has read it" };
  return { text: read.text, ...(said ?? { unknown: "nobody has looked at it" }) };
}

/**
 * The same for the cache alone: to take apart what is only kept would cost as much as a tenth of looking at it.
 *
 * @returns how many were looked at
 */
export async function keepFiles(reading: Reading, files: readonly Wanted[], depth: KeptDepth): Promise<number> {
  const looks = await lookAt(reading, files, { depth, known: () => null });
  return looks.filter(({ said }) => said !== null).length;
}

/** All that a text says; or as much of it as `createReadChanged` has to know of what a commit changes. */
export type KeptDepth = Exclude<Asked, "units">;
type Looking = { depth: KeptDepth; known: (file: Wanted) => Analysed | null };

async function lookAt(reading: Reading, files: readonly Wanted[], { depth, known }: Looking): Promise<Look[]> {
  const { git, cache, analyst, languages } = reading;
  const texts = await textsOf(git, files);
  const looks = files.map((file, at): Look => {
    const read = texts[at];
    return { file, read, known: isRead(languages, file, read) ? known(file) : NO_GRAMMAR, said: null };
  });
  const open = looks.filter(({ known, read }) => known === null && typeof read?.text === "string");
  const asked = open.map(({ file, read }) => ({ path: file.path, text: read?.text ?? "" }));
  const said = await analyst.analyse(asked, depth);
  open.forEach((look, at) => {
    look.said = said[at]!;
  });
  const entries = open.flatMap(({ file, said: packed }) =>
    depth === "all" ? kept(keyOf(reading, file), packed!) : topsKept((less) => keyOf(reading, file, less), packed!),
  );
  cache.putAll(entries);
  return looks;
}

/** Whether some grammar reads a file. If not nobody need be asked, and no process started. */
export const isRead = (languages: Known, { path }: Wanted, read: TextRead | undefined): boolean =>
  languageOf(languages, path, read?.text ?? "") !== null;

type Entry = { key: string; packed: Packed };

/** What is kept of what was said; what another day may give another answer to is not. */
export const kept = (key: string, packed: Packed): Entry[] => (isLost(packed) ? [] : [{ key, packed }]);

/** The same of what stands at the top of a text, or of its units where that was said. */
function topsKept(keyFor: (less: Less) => string, packed: Packed): Entry[] {
  const said = unpack(packed) as Kept | null; // our own child has packed it
  return said === null ? [] : kept(keyFor("heads" in said ? "heads of " : "units of "), packed);
}

type Less = "" | "units of " | "heads of ";

/** Whether the cache has as much of a file as `keepFiles` would keep. */
export const isKept = (reading: Reading, file: Wanted, depth: KeptDepth): boolean =>
  (depth === "all" ? ALL : ENOUGH).some((less) => reading.cache.has(keyOf(reading, file, less)));

const ALL = [""] as const;
const ENOUGH = ["heads of ", "units of ", ""] as const;

/** Under which the cache has what such a file says, or less than all of it: nobody takes the one for the other. */
export const keyOf = ({ languages }: Pick<Reading, "languages">, { path, blob }: Wanted, less: Less = ""): string =>
  `${less}${languages.version} ${kindOf(path)} ${blob}`;

/** What of a path says how its text is read: the ending, or the whole name where there is none. */
export function kindOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  return /[^.](\.[^.]+)$/.exec(name)?.[1] ?? name;
}
