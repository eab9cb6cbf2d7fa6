import { type FileView, type Languages, languageOf, NO_GRAMMAR } from "@dgov/semantic";
import type { Git } from "../git/git.ts";
import { type Analysed, type Analyst, analysed, isLost } from "./analyst.ts";
import type { BlobCache } from "./blob_cache.ts";
import type { ReadFiles, Wanted } from "./tree_views.ts";

export type Reading = { git: Pick<Git, "objects">; cache: BlobCache; analyst: Analyst; languages: Known };
/** `version`: a digest of all that has a say in what a text means, besides the text and its name. */
type Known = Pick<Languages, "version" | "names" | "files">;

const TEXT_MAX_BYTES = 2 * 1024 * 1024;

/** Reads contents from the repository, and looks at those that nobody has looked at before. */
export function createReadFiles(reading: Reading): ReadFiles {
  const { git, cache, analyst, languages } = reading;
  return async (files) => {
    const texts = await textsOf(git, files);
    const known = files.map((file, at) => {
      // Nobody need be asked, and no process started, for what no grammar reads.
      if (languageOf(languages, file.path, texts[at]?.text ?? "") === null) return NO_GRAMMAR;
      return cache.get(keyOf(reading, file)) as Analysed | null; // written below
    });
    const open = files.flatMap(({ path }, at) => {
      const text = texts[at]?.text ?? null;
      return known[at] === null && text !== null ? [{ at, path, text }] : [];
    });
    const answers = await analyst.analyse(open);
    const fresh = open.flatMap(({ at }, n) => (answers[n] ? [{ at, packed: answers[n] }] : []));
    const kept = fresh.filter(({ packed }) => !isLost(packed));
    cache.putAll(kept.flatMap(({ at, packed }) => (files[at] ? [{ key: keyOf(reading, files[at]), packed }] : [])));
    const found = [...known];
    for (const { at, packed } of fresh) found[at] = analysed(packed);
    return files.map((_, at): FileView => {
      const read = texts[at];
      if (!read || read.text === null) return { text: null, unknown: read?.unknown ?? "nobody has read it" };
      return { text: read.text, ...(found[at] ?? { unknown: "nobody has looked at it" }) };
    });
  };
}

/** Under which the cache has what such a file says. */
export const keyOf = ({ languages }: Pick<Reading, "languages">, { path, blob }: Wanted): string =>
  `${languages.version} ${kindOf(path)} ${blob}`;

/** What of a path says how its text is read: the ending, or the whole name where there is none. */
export function kindOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  return /[^.](\.[^.]+)$/.exec(name)?.[1] ?? name;
}

type TextRead = { text: string } | { text: null; unknown: string };

async function textsOf(git: Pick<Git, "objects">, files: readonly Wanted[]): Promise<TextRead[]> {
  const infos = await git.objects.info(files.map(({ blob }) => blob));
  return Promise.all(
    files.map(async ({ blob }, at) => {
      const size_bytes = infos[at]?.size_bytes ?? 0;
      if (size_bytes > TEXT_MAX_BYTES) return { text: null, unknown: `it is larger than ${TEXT_MAX_BYTES} bytes` };
      return textOf(await git.objects.content(blob));
    }),
  );
}

/** A mark of byte order stays in the text: every byte of a merge comes from somewhere. */
export function textOf(bytes: Uint8Array): TextRead {
  if (bytes.includes(0)) return { text: null, unknown: "it is binary" };
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  if (text.includes("\ufffd") && !Buffer.from(text).equals(Buffer.from(bytes)))
    return { text: null, unknown: "it is not UTF-8" };
  return { text };
}
