import { join } from "node:path";
import {
  type FileChange,
  type Judgement,
  judge,
  type Languages,
  languageOf,
  type Merge,
  mayHaveLanguage,
  openLanguages,
  type RulesOf,
} from "@dgov/semantic";
import { type Changes, changesBetween } from "@dgov/semantic/changes";
import { type Overlap, overlapsOf } from "@dgov/semantic/overlaps";
import { type Claimed, type Touches, touchesBetween } from "@dgov/semantic/touches";
import type { Git } from "../git/git.ts";
import { diffTrees } from "../git/tree_changes.ts";
import { type Analyst, createAnalyst } from "./analyst.ts";
import { type BlobCache, openBlobCache } from "./blob_cache.ts";
import { type ApiAnswer, type ApiOrder, compareApis } from "./compare_apis.ts";
import { type ChangedIn, type Dependents, dependentsIn } from "./dependents.ts";
import { type Target, type Uses, usesIn } from "./find_uses.ts";
import { createReadFiles } from "./read_files.ts";
import { remembering } from "./remember.ts";
import { bounded, CACHE, fileChanges, pathOf, touchesIn } from "./touched.ts";
import { openTreeViews, type ReadFiles, type TreeViews, untilLoaded } from "./tree_views.ts";

/** Trees and commits of a merge: ids of trees, in this order of time. Left is what is there already, right what comes. */
export type MergedTrees = { base: string; left: string; right: string; merged: string };

type Parents = Omit<MergedTrees, "merged">;

/** What of a merge is not in its trees: see `Merge`. `changes`: by default what differs, path by path. */
export type MergeWords = Pick<Merge, "by_symbols" | "called"> & Partial<Pick<Merge, "changes" | "conflicts">>;

/**
 * What is known of a repository's symbols, for as long as a run or a command lasts. It starts nothing and opens nothing
 * before it is asked.
 */
export type Symbols = {
  /** A digest of all grammars that have a say. */
  version(): string;
  views(): Promise<TreeViews>;
  /** `unchecked`: of which there is no grammar only those that both sides changed. */
  judge(trees: MergedTrees, words: MergeWords): Promise<Judgement>;
  /** What became of each symbol from one tree to another; of files beyond `FILES_MAX` nothing is known. */
  changes(from: string, to: string): Promise<Changes>;
  /** The same as a claim sees it; files of which only symbols are claimed come first. */
  touches(from: string, to: string, claimed: Claimed): Promise<Touches>;
  /** Who refers to some symbols in a tree; see `usesIn`. */
  uses(tree: string, targets: readonly Target[]): Promise<Uses[]>;
  /** Who depends on some files of a tree, through however many others; see `dependentsIn`. */
  dependents(asked: ChangedIn): Promise<Dependents>;
  /** Where what was done on the left since the base meets what was done on the right. */
  overlaps(trees: Parents): Promise<Overlap[]>;
  merge: Analyst["merge"];
  /** What became of an interface; see `compareApis`. It asks no symbols: it is there because who asks it has these at hand. */
  apis(order: ApiOrder): Promise<ApiAnswer>;
  close(): void;
};

/**
 * `self`          argv prefix that starts this program again
 * `cache_folder`  where what is worked out is kept, if not beside the objects
 */
export type SymbolsPlace = { git: Git; self: readonly string[]; now_ms: () => number; cache_folder?: string };

/** What a task changed is looked at when it is frozen, and at each head it is judged on: some tasks' files are at hand. */
const TEXTS_MAX_CHARS = 1_000_000;
export function openSymbols({ git, self, now_ms, cache_folder }: SymbolsPlace): Symbols {
  const analyst = createAnalyst(self);
  const opened: { languages: Languages | null; cache: Promise<BlobCache> | null; read: ReadFiles | null } = {
    languages: null,
    cache: null,
    read: null,
  };
  const languages = () => {
    opened.languages ??= openLanguages();
    return opened.languages;
  };
  const cacheIn = async (folder: string | null) =>
    openBlobCache(join(folder ?? (await git.commonDir()), CACHE), { now_ms });
  const cache = () => {
    opened.cache ??= cacheIn(cache_folder ?? null);
    return opened.cache;
  };
  const views = async () => {
    const reading = { git, analyst, cache: await cache(), languages: languages() };
    opened.read ??= remembering(createReadFiles(reading), TEXTS_MAX_CHARS);
    return openTreeViews(git, opened.read);
  };
  return {
    version: () => languages().version,
    views,
    merge: analyst.merge,
    apis: (order) => compareApis(self, order),
    async judge(trees, words) {
      const at = await views();
      const seen = {
        base: at.view(trees.base),
        left: at.view(trees.left),
        right: at.view(trees.right),
        merged: at.view(trees.merged),
      };
      const changes = ofInterest(languages(), words.changes ?? (await changesOf(git, trees)));
      const merge = { conflicts: [], ...words, changes };
      const judged = await untilLoaded(at, () => judge(seen, merge, rulesOf(languages())));
      return { ...judged, unchecked: judged.unchecked.filter(({ path }) => isLoss(languages(), changes, path)) };
    },
    async changes(from, to) {
      const [files, rest] = bounded(fileChanges(await diffTrees(git, from, to)));
      const at = await views();
      const found = await untilLoaded(at, () => changesBetween(at.view(from), at.view(to), files));
      return { ...found, unknown: [...found.unknown, ...rest] };
    },
    touches: async (from, to, claimed) => touchesIn(git, await views(), { from, to, claimed }),
    async uses(tree, targets) {
      return usesIn({ git, views: await views(), rules: rulesOf(languages()) }, tree, targets);
    },
    dependents: async (asked) => dependentsIn({ git, views: await views(), languages: languages() }, asked),
    async overlaps(trees) {
      const { left, right } = ofInterest(languages(), await changesOf(git, trees));
      const at = await views();
      const files = { left: bounded(left)[0], right: bounded(right)[0] };
      const rules = rulesOf(languages());
      return untilLoaded(at, () => overlapsOf(workOf(at, trees, files), rules));
    },
    close() {
      analyst.close();
      void opened.cache?.then((one) => one.close());
    },
  };
}

/** Without the files of which nothing can be known and that only one side changed: however many have landed meanwhile. */
function ofInterest(languages: Languages, { left, right }: Merge["changes"]): Merge["changes"] {
  const [ours, theirs] = [left, right].map((files) => new Set(files.map(pathOf))) as [Set<string>, Set<string>];
  const among = (files: readonly FileChange[], other: ReadonlySet<string>) =>
    files.filter((file) => other.has(pathOf(file)) || mayHaveLanguage(languages, pathOf(file)));
  return { left: among(left, theirs), right: among(right, ours) };
}

/** Whether it is worth a word that a file's symbols are not known: there are some, or both sides wrote its lines. */
function isLoss(languages: Languages, { left, right }: Merge["changes"], path: string): boolean {
  const changes = (side: readonly FileChange[]) => side.some(({ from, to }) => from === path || to === path);
  return languageOf(languages, path, "") !== null || (changes(left) && changes(right));
}

/** What each side did since the base, and where. */
function workOf(at: TreeViews, trees: Parents, files: Merge["changes"]): Parameters<typeof overlapsOf>[0] {
  const side = (of: "left" | "right") => {
    const view = at.view(trees[of]);
    return {
      view,
      files: files[of],
      touches: touchesBetween(at.view(trees.base), view, files[of], () => null).touches,
    };
  };
  return { left: side("left"), right: side("right") };
}

async function changesOf(git: Git, { base, left, right }: Parents): Promise<Merge["changes"]> {
  const [ours, theirs] = await Promise.all([diffTrees(git, base, left), diffTrees(git, base, right)]);
  return { left: fileChanges(ours), right: fileChanges(theirs) };
}

const rulesOf =
  (languages: Languages): RulesOf =>
  (language) =>
    languages.names.includes(language) ? languages.profile(language).link : null;
