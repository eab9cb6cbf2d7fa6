import { readFileSync } from "node:fs";
import bash from "tree-sitter-bash/tree-sitter-bash.wasm" with { type: "file" };
import javascript from "tree-sitter-javascript/tree-sitter-javascript.wasm" with { type: "file" };
import python from "tree-sitter-python/tree-sitter-python.wasm" with { type: "file" };
import tsx from "tree-sitter-typescript/tree-sitter-tsx.wasm" with { type: "file" };
import typescript from "tree-sitter-typescript/tree-sitter-typescript.wasm" with { type: "file" };
import { Language, type Node, Parser, Query } from "web-tree-sitter";
import core from "web-tree-sitter/web-tree-sitter.wasm" with { type: "file" };

const FILES = { bash, javascript, python, tsx, typescript };
/** The languages that have a grammar here. */
export type Grammar = keyof typeof FILES;

const ENDINGS: Readonly<Record<string, Grammar>> = {
  ...{ py: "python", pyi: "python", ts: "typescript", mts: "typescript", cts: "typescript", tsx: "tsx" },
  ...{ js: "javascript", mjs: "javascript", cjs: "javascript", jsx: "javascript", sh: "bash", bash: "bash" },
};
const PROGRAMS: readonly [RegExp, Grammar][] = [
  [/^#!.*\b(ba|da|k|z)?sh\b/, "bash"],
  [/^#!.*\bpython[\d.]*\b/, "python"],
  [/^#!.*\b(node|bun|deno)\b/, "javascript"],
];

/** By the file's ending; without one, by the program that its first line names. null: there is no grammar for it. */
export function grammarOf(path: string, text: string): Grammar | null {
  const ending = /[^/]\.([^./]+)$/.exec(path)?.[1]?.toLowerCase();
  if (ending !== undefined) return Object.hasOwn(ENDINGS, ending) ? ENDINGS[ending]! : null;
  return PROGRAMS.find(([line]) => line.test(text.slice(0, 200).split("\n")[0]!))?.[1] ?? null;
}

/** The endings of files that have the same grammar or import one another. */
export const kinFiles = (grammar: Grammar): string[] =>
  Object.entries(ENDINGS).flatMap(([ending, own]) => (family(own) === family(grammar) ? [`*.${ending}`] : []));
const family = (grammar: Grammar) => (grammar === "python" || grammar === "bash" ? grammar : "script");

const TEXT_MAX_CHARS = 400_000;
const STEPS_MAX = 40_000; // of a hundred or so operations; counted, not timed: the same text has the same answer everywhere

/** Why a text has no tree: a clause. */
export class NoTree extends Error {
  override name = "NoTree";
}

/**
 * Parses a text and works on its tree, which is gone afterwards. A tree also comes of a text with mistakes in it.
 *
 * @throws NoTree when the text is too long or too intricate
 */
export async function withTree<T>(
  grammar: Grammar,
  text: string,
  work: (root: Node, language: Language) => T,
): Promise<T> {
  if (text.length > TEXT_MAX_CHARS) throw new NoTree(`it is longer than ${TEXT_MAX_CHARS} characters`);
  const language = await loadOnce(grammar);
  const parser = new Parser();
  try {
    parser.setLanguage(language);
    let steps = 0;
    const tree = parser.parse(text, null, { progressCallback: () => ++steps > STEPS_MAX });
    if (tree === null) throw new NoTree("it is too intricate to be parsed");
    try {
      return work(tree.rootNode, language);
    } finally {
      tree.delete();
    }
  } finally {
    parser.delete();
  }
}

/** The texts of all nodes that a query captures, in the order of the text. The query is ours. */
export function captured(language: Language, root: Node, query: string): Node[] {
  const compiled = new Query(language, query);
  try {
    return compiled.captures(root).map(({ node }) => node);
  } finally {
    compiled.delete();
  }
}

const loaded = new Map<Grammar, Promise<Language>>();
function loadOnce(grammar: Grammar): Promise<Language> {
  const known = loaded.get(grammar) ?? load(grammar);
  loaded.set(grammar, known);
  return known;
}

async function load(grammar: Grammar): Promise<Language> {
  await Parser.init({ wasmBinary: readFileSync(core) });
  return await Language.load(new Uint8Array(readFileSync(FILES[grammar])));
}
