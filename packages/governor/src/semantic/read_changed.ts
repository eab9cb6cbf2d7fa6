import type { Contents, FileView } from "@dgov/semantic";
import { type Heads, headsOf } from "@dgov/semantic/heads";
import { NO_GRAMMAR } from "@dgov/semantic/language";
import { type Analysed, analysed, changedSaid } from "./answer.ts";
import type { Packed } from "./packed.ts";
import { isRead, kept, keyOf, type Reading, viewOf } from "./read_files.ts";
import { type TextRead, textsOf } from "./texts.ts";
import type { ReadFiles, Wanted } from "./tree_views.ts";

/** `seen`: is told what is known of a file as soon as it is, while the others are still looked at. */
type ReadingChanged = Reading & { seen: (file: Wanted, view: FileView) => void };

/** A file that was read. `known`: what was known of all of it, or was said of all of it just now; `view`: what is told of it. */
type Look = { file: Wanted; read: TextRead | undefined; known: Analysed | null; view: FileView | null };

/**
 * Reads what files were and what they are, for who asks what became of their units and nothing else. Of two contents of one
 * file no more is looked at than what differs, and no more is in their views.
 */
export function createReadChanged(reading: ReadingChanged): ReadFiles {
  const { git, languages, cache, seen } = reading;
  const wholeOf = (file: Wanted) =>
    (cache.get(keyOf(reading, file)) ?? cache.get(keyOf(reading, file, "units of "))) as Analysed | null; // as they were kept
  return async (files) => {
    const texts = await textsOf(git, files);
    const looks = files.map((file, at): Look => {
      const read = texts[at];
      return { file, read, known: isRead(languages, file, read) ? wholeOf(file) : NO_GRAMMAR, view: null };
    });
    const tell = (look: Look, view: FileView) => {
      look.view = view;
      seen(look.file, view);
    };
    const entries = [...(await lookAtPairs(reading, looks, tell)), ...(await lookAtWholes(reading, looks, tell))];
    cache.putAll(entries);
    return looks.map(({ read, known, view }) => view ?? viewOf(read, known));
  };
}

type Tell = (look: Look, view: FileView) => void;
type Entry = { key: string; packed: Packed };

const isOpen = ({ read, known }: Look): boolean => known === null && typeof read?.text === "string";

/** Looks at what differs between two contents of a file, where not all of both is known. */
async function lookAtPairs(reading: ReadingChanged, looks: readonly Look[], tell: Tell): Promise<Entry[]> {
  const byPath = [...Map.groupBy(looks, ({ file }) => file.path).values()];
  const pairs = byPath.flatMap((own) => {
    const [was, is] = own;
    if (own.length !== 2 || !was?.read?.text || !is?.read?.text || !own.some(isOpen)) return [];
    const heads = headsAt(reading, was);
    if (heads === null && was.known && "summary" in was.known) return []; // no stretches of it are enough
    const contents: Contents = { path: was.file.path, was: was.read.text, is: is.read.text, heads };
    return [{ was, is, contents }];
  });
  const entries: Entry[] = [];
  const contents = pairs.map((pair) => pair.contents);
  await reading.analyst.changed(contents, (at, became) => {
    const said = changedSaid(became.said);
    if (said === null) return; // it is looked at as a whole
    const less = said.whole ? "units of " : "heads of ";
    for (const side of ["was", "is"] as const) {
      const look = pairs[at]![side];
      tell(look, viewOf(look.read, said[side]));
      entries.push(...kept(keyOf(reading, look.file, less), became[side]));
    }
  });
  return entries;
}

/** What is known to stand at the top of a content. */
function headsAt(reading: ReadingChanged, { file, known }: Look): Heads | null {
  if (known === null) {
    const found = reading.cache.get(keyOf(reading, file, "heads of ")) as { heads: Heads } | null; // as it was kept
    return found?.heads ?? null;
  }
  return "unknown" in known ? null : headsOf(known.summary);
}

/** Looks at all of what is left. */
async function lookAtWholes(reading: ReadingChanged, looks: readonly Look[], tell: Tell): Promise<Entry[]> {
  const left = looks.filter(({ view }) => view === null);
  for (const look of left) if (!isOpen(look)) tell(look, viewOf(look.read, look.known));
  const open = left.filter(isOpen);
  const said = new Map<Look, Packed>();
  const heard = (at: number, packed: Packed) => {
    const look = open[at]!;
    if (said.get(look) === packed) return;
    said.set(look, packed);
    tell(look, viewOf(look.read, analysed(packed)));
  };
  const texts = open.map(({ file, read }) => ({ path: file.path, text: read?.text ?? "" }));
  for (const [at, packed] of (await reading.analyst.analyse(texts, "units", heard)).entries()) heard(at, packed);
  return [...said].flatMap(([{ file }, packed]) => kept(keyOf(reading, file, "units of "), packed));
}
