import { join } from "node:path";
import { type Languages, languageOf, mayHaveLanguage, openLanguages, type TreeView } from "@dgov/semantic";
import type { Architecture } from "@dgov/semantic/architecture";
import { fileShapes } from "@dgov/semantic/shapes";
import { type Git, items } from "../git/git.ts";
import { diffTrees } from "../git/tree_changes.ts";
import { type BlobCache, openBlobCache } from "../semantic/blob_cache.ts";
import { pack } from "../semantic/packed.ts";
import type { Symbols } from "../semantic/symbols.ts";
import { CACHE } from "../semantic/touched.ts";
import { untilLoaded } from "../semantic/tree_views.ts";
import { askedAgain, type Known, nameOf } from "./asked_again.ts";

type Place = { git: Git; symbols: Pick<Symbols, "views">; now_ms: () => number };
type Reading = Place & { languages: Languages; cache: BlobCache };

/**
 * The architecture of a tree, by what is known of its files' contents: nothing is parsed that was looked at before. Of a
 * tree that is near a known one only what changed is worked out.
 *
 * @param tree the id of a tree, not of a commit
 */
export async function architectureAt(place: Place, tree: string): Promise<Architecture> {
  const kept = memory.get(place.git.objects) ?? new Map<string, Known>();
  memory.set(place.git.objects, kept);
  const languages = openLanguages();
  const cache = openBlobCache(join(await place.git.commonDir(), CACHE), place);
  try {
    const known = await knownAt({ ...place, languages, cache }, tree, kept);
    kept.delete(tree); // it is the youngest now
    kept.set(tree, known);
    for (const old of [...kept.keys()].slice(0, Math.max(0, kept.size - TREES_MAX))) kept.delete(old);
    const architecture = maps.get(known) ?? new Map(Object.entries(known.files));
    maps.set(known, architecture);
    return architecture;
  } finally {
    cache.close();
  }
}

/** A candidate, its head, and the work alone are asked for in turn. */
const memory = new WeakMap<Git["objects"], Map<string, Known>>();
const TREES_MAX = 4;
const maps = new WeakMap<Known, Architecture>();
/** To write down what is known of a large repository takes longer than to look at some files again. */
const UNKEPT_MAX = 200;

async function knownAt(reading: Reading, tree: string, kept: ReadonlyMap<string, Known>): Promise<Known> {
  const { cache, languages } = reading;
  const key = (of: string) => `architecture 1 ${languages.version} ${of}`;
  const found = kept.get(tree) ?? (cache.get(key(tree)) as Known | null); // written below
  if (found) return found;
  const last = [...kept.keys()].at(-1) ?? (cache.get(key("last")) as string | null);
  const near = last === null ? null : (kept.get(last) ?? (cache.get(key(last)) as Known | null));
  const made =
    near === null || last === null
      ? await wholeTree(reading, tree)
      : await changedTree(reading, { near, from: last, tree });
  if (made.unkept !== undefined && made.unkept <= UNKEPT_MAX) return made;
  delete made.unkept;
  cache.putAll([
    { key: key(tree), packed: pack(made) },
    { key: key("last"), packed: pack(tree) },
  ]);
  return made;
}

async function wholeTree(reading: Reading, tree: string): Promise<Known> {
  const { bytes } = await reading.git.ask(["ls-tree", "-r", "-z", "--full-tree", "--name-only", tree]);
  const paths = items(bytes).filter((path) => mayHaveLanguage(reading.languages, path));
  const known: Known = { files: {}, settings: [] };
  await addShapes(reading, tree, { known, paths });
  return known;
}

type Near = { near: Known; from: string; tree: string };

/** What another tree has, but for files that changed and those whose imports may mean something else now. */
async function changedTree(reading: Reading, { near, from, tree }: Near): Promise<Known> {
  const changes = await diffTrees(reading.git, from, tree).catch(() => null); // the tree may be gone from the repository
  const again = changes && askedAgain(near, changes);
  if (changes === null || again === null) return wholeTree(reading, tree);
  const files = { ...near.files };
  const gone = new Set(changes.filter(({ new_mode }) => new_mode === "000000").map(({ path }) => path));
  for (const path of gone) delete files[path];
  const known: Known = { files, settings: near.settings, unkept: (near.unkept ?? 0) + changes.length };
  const changed = changes.map(({ path }) => path).filter((path) => mayHaveLanguage(reading.languages, path));
  const paths = [...new Set([...changed, ...again])].filter((path) => !gone.has(path));
  await addShapes(reading, tree, { known, paths });
  return known;
}

/** So many files are at hand at one time. */
const PORTION = 200;

async function addShapes(
  { symbols, languages }: Reading,
  tree: string,
  { known, paths }: { known: Known; paths: readonly string[] },
): Promise<void> {
  const settings = new Set(known.settings);
  const profile = (language: string) => (languages.names.includes(language) ? languages.profile(language) : null);
  const rules = {
    link: (language: string) => profile(language)?.link ?? null,
    structure: (language: string) => profile(language)?.complexity ?? null,
  };
  for (let at = 0; at < paths.length; at += PORTION) {
    const portion = paths.slice(at, at + PORTION);
    const views = await symbols.views();
    const view = noting(views.view(tree), (path) => {
      if (!isModule(languages, path)) settings.add(nameOf(path));
    });
    const shapes = await untilLoaded(views, () => fileShapes(view, rules, portion));
    for (const [nth, path] of portion.entries()) {
      const shape = shapes[nth] ?? null;
      if (shape === null) delete known.files[path];
      else known.files[path] = shape;
    }
  }
  known.settings = [...settings].sort();
}

/** Tells which files are looked for. */
const noting = (view: TreeView, note: (path: string) => void): TreeView => ({
  ...view,
  blob(path) {
    note(path);
    return view.blob(path);
  },
  file(path) {
    note(path);
    return view.file(path);
  },
});

function isModule(languages: Languages, path: string): boolean {
  const language = languageOf(languages, path, "");
  return language !== null && languages.profile(language).link !== null;
}
