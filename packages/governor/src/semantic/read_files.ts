import { type Depth, type FileView, type Languages, languageOf, NO_GRAMMAR } from "@dgov/semantic";
import type { Git } from "../git/git.ts";
import { type Analysed, type Analyst, analysed, isLost } from "./analyst.ts";
import type { BlobCache } from "./blob_cache.ts";
import type { Packed } from "./packed.ts";
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

/** What was read of a file: its text, and what it says. `packed`: where it was looked at just now. */
type Look = { read: TextRead | undefined; known: Analysed | null; packed: Packed | null; view: FileView | null };

/** Reads contents from the repository, and looks at those that nobody has looked at before. */
export function createReadFiles(reading: Reading): ReadFiles {
  const get = (key: string) => reading.cache.get(key) as Analysed | null; // `lookAt` wrote it
  const { languages, depth = "all" } = reading;
  return async (files) => {
    const looks = await lookAt(reading, files, {
      knownOf: (file) => get(keyOf({ languages }, file)) ?? (depth === "all" ? null : get(keyOf(reading, file))),
      told(look, file) {
        look.view = viewOf(look);
        reading.seen?.(file, look.view);
      },
    });
    return looks.map((look) => look.view ?? viewOf(look));
  };
}

function viewOf({ read, known, packed }: Look): FileView {
  if (!read || read.text === null) return { text: null, unknown: read?.unknown ?? "nobody has read it" };
  const found = packed === null ? known : analysed(packed);
  return { text: read.text, ...(found ?? { unknown: "nobody has looked at it" }) };
}

/** The same for the cache alone: to take apart what is only kept would cost as much as a tenth of looking at it. */
export const keepFiles = async (reading: Reading, files: readonly Wanted[]): Promise<void> =>
  void (await lookAt(reading, files, { knownOf: () => null, told: () => {} }));

/** `told`: that all there will be of a file is there. */
type Looking = { knownOf: (file: Wanted) => Analysed | null; told: (look: Look, file: Wanted) => void };

async function lookAt(reading: Reading, files: readonly Wanted[], { knownOf, told }: Looking): Promise<Look[]> {
  const { git, cache, analyst, languages, depth = "all" } = reading;
  const texts = await textsOf(git, files);
  const looks = files.map((file, at): Look => {
    // Nobody need be asked, and no process started, for what no grammar reads.
    const none = languageOf(languages, file.path, texts[at]?.text ?? "") === null;
    return { read: texts[at], known: none ? NO_GRAMMAR : knownOf(file), packed: null, view: null };
  });
  for (const [at, look] of looks.entries()) if (look.known !== null) told(look, files[at]!);
  const open = looks.flatMap((look, at) => {
    const text = look.read?.text ?? null;
    const file = files[at];
    return look.known === null && text !== null && file ? [{ look, file, text }] : [];
  });
  const answers = await analyst.analyse(
    open.map(({ file: { path }, text }) => ({ path, text })),
    depth,
    (at, packed) => {
      const { look, file } = open[at]!;
      look.packed = packed;
      told(look, file);
    },
  );
  const entries: { key: string; packed: Packed }[] = [];
  for (const [at, { look, file }] of open.entries()) {
    const packed = answers[at] ?? null;
    if (look.packed !== packed) look.view = null; // nobody was told: it ends the process that looks at it
    look.packed = packed;
    if (packed !== null && !isLost(packed)) entries.push({ key: keyOf(reading, file), packed });
  }
  cache.putAll(entries);
  return looks;
}

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
