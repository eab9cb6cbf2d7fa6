import type { Depth, FileView, Languages } from "@dgov/semantic";
import { languageOf, NO_GRAMMAR } from "@dgov/semantic/language";
import type { Earlier } from "@dgov/semantic/pieces";
import type { Git } from "../git/git.ts";
import { type Analysed, type Analyst, analysed, isLost } from "./analyst.ts";
import type { BlobCache } from "./blob_cache.ts";
import { type Found, learn } from "./learn.ts";
import { type Packed, pack } from "./packed.ts";
import type { ReadFiles, Wanted } from "./tree_views.ts";

/**
 * `depth`  what is wanted of contents that nobody has looked at; by default all
 * `seen`   is told what is known of a file as soon as it is, while the others are still looked at
 */
export type Reading = {
  git: Pick<Git, "objects">;
  cache: BlobCache;
  analyst: Analyst;
  languages: Known;
  depth?: Depth;
  seen?: (file: Wanted, view: FileView) => void;
};
/** `version`: a digest of all that has a say in what a text means, besides the text and its name. */
type Known = Pick<Languages, "version" | "names" | "files">;

const TEXT_MAX_BYTES = 2 * 1024 * 1024;

/**
 * A file that was read, and what is known of it. `found`: what was looked at just now, and `packed` the same to be kept;
 * `view`: all there will be of it.
 */
type Look = {
  file: Wanted;
  read: TextRead | undefined;
  known: Analysed | null;
  found: Found | null;
  packed: Packed | null;
  view: FileView | null;
};

/** Reads contents from the repository, and looks at those that nobody has looked at before. */
export function createReadFiles(reading: Reading): ReadFiles {
  const get = (key: string) => reading.cache.get(key) as Analysed | null; // `lookAt` wrote it
  const { languages, depth = "all" } = reading;
  return async (files) => {
    const looks = await lookAt(reading, files, {
      knownOf: (file) => get(keyOf({ languages }, file)) ?? (depth === "all" ? null : get(keyOf(reading, file))),
      told(look) {
        look.view = viewOf(look);
        reading.seen?.(look.file, look.view);
      },
    });
    return looks.map((look) => look.view ?? viewOf(look));
  };
}

function viewOf({ read, known, found }: Look): FileView {
  if (!read || read.text === null) return { text: null, unknown: read?.unknown ?? "nobody has read it" };
  const said = found === null ? known : "packed" in found ? analysed(found.packed) : found;
  return { text: read.text, ...(said ?? { unknown: "nobody has looked at it" }) };
}

/** The same for the cache alone: to take apart what is only kept would cost as much as a tenth of looking at it. */
export const keepFiles = async (reading: Reading, files: readonly Wanted[]): Promise<void> =>
  void (await lookAt(reading, files, { knownOf: () => null, told: () => {} }));

/** `told`: that all there will be of a file is there. */
type Looking = { knownOf: (file: Wanted) => Analysed | null; told: (look: Look) => void };

async function lookAt(reading: Reading, files: readonly Wanted[], { knownOf, told }: Looking): Promise<Look[]> {
  const { git, cache, analyst, languages, depth = "all" } = reading;
  const texts = await textsOf(git, files);
  const looks = files.map((file, at): Look => {
    // Nobody need be asked, and no process started, for what no grammar reads.
    const none = languageOf(languages, file.path, texts[at]?.text ?? "") === null;
    return { file, read: texts[at], known: none ? NO_GRAMMAR : knownOf(file), ...NOT_YET };
  });
  for (const look of looks) if (look.known !== null) told(look);
  const open = looks.filter(({ known, read }) => known === null && typeof read?.text === "string");
  const byPath = Map.groupBy(looks, ({ file }) => file.path);
  const earlier = (path: string) =>
    byPath
      .get(path)
      ?.map(({ view }) => view)
      .find(isKnown) ?? null;
  const heard = (at: number, found: Found) => {
    const look = open[at]!;
    look.found = found;
    look.packed = packedOf(found); // now, while others are still looked at
    told(look);
  };
  const asked = open.map(({ file, read }) => ({ path: file.path, text: read?.text ?? "" }));
  await learn({ analyst, depth, earlier, heard }, asked);
  cache.putAll(
    open.flatMap(({ file, packed }) =>
      packed === null || isLost(packed) ? [] : [{ key: keyOf(reading, file), packed }],
    ),
  );
  return looks;
}

const NOT_YET = { found: null, packed: null, view: null };

const isKnown = (view: FileView | null): view is Earlier => view !== null && "summary" in view;
const packedOf = (found: Found): Packed =>
  "packed" in found ? found.packed : pack({ summary: found.summary } satisfies Analysed);

/** Under which the cache has what such a file says. */
export const keyOf = ({ languages, depth }: Pick<Reading, "languages" | "depth">, { path, blob }: Wanted): string =>
  `${depth === "units" ? "units of " : ""}${languages.version} ${kindOf(path)} ${blob}`;

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
