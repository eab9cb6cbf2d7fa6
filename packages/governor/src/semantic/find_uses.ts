import type { RulesOf } from "@dgov/semantic";
import { nameOf, type Target, type Use, usesOf } from "@dgov/semantic/uses";
import { type Git, items } from "../git/git.ts";
import { type TreeViews, untilLoaded } from "./tree_views.ts";

export type { Target, Use };

/** Who refers to one symbol. `unread`: files that have its name, and that nobody has looked into, for there were too many. */
export type Uses = { uses: Use[]; unread: number };

type Place = { git: Git; views: TreeViews; rules: RulesOf };

/** Files that have a name in them are found by its bytes in no time; each of them is parsed, and that takes some. */
const FILES_MAX = 1_000;

/** Who refers to each of some symbols in a tree: what has the name is looked at, and followed to what it stands for. */
export async function usesIn({ git, views, rules }: Place, tree: string, targets: readonly Target[]): Promise<Uses[]> {
  if (targets.length === 0) return [];
  const all = await filesWith(git, tree, targets.map(nameOf), ["--word-regexp"]);
  const paths = all.slice(0, FILES_MAX);
  const view = views.view(tree);
  const found = await untilLoaded(views, () => usesOf(view, rules, { targets, paths }));
  return found.map((uses) => ({ uses, unread: all.length - paths.length }));
}

/** The text files of a tree that have one of these words in them. */
export async function filesWith(
  git: Git,
  tree: string,
  words: readonly string[],
  more: readonly string[] = [],
): Promise<string[]> {
  const asked = [...new Set(words)].flatMap((word) => ["-e", word]);
  const flags = ["-l", "-z", "-I", "--fixed-strings", "--full-name", ...more];
  const { bytes } = await git.ask(["grep", ...flags, ...asked, tree], { ok: [0, 1] });
  return items(bytes).map((item) => item.slice(item.indexOf(":") + 1));
}
