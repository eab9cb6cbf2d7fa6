import { readFileSync } from "node:fs";
import bash from "tree-sitter-bash/tree-sitter-bash.wasm" with { type: "file" };
import { Language, Parser, type TreeCursor } from "web-tree-sitter";
import core from "web-tree-sitter/web-tree-sitter.wasm" with { type: "file" };
import { SHELL_LIMITS } from "./limits.ts";

/** A node of the grammar as plain data. Offsets are of UTF-16 units. A token has no parts, and is its own kind unless named. */
export type Part = { kind: string; named: boolean; from: number; to: number; parts: readonly Part[] };

/** The tree of a text, or why there is none that can be relied on. Never throws for what is in the text. */
export type ParseShell = (text: string) => { tree: Part } | { problem: string };

/** Loads the grammar of bash: about 25 ms, so once a process and only where a command has to be judged. */
export async function loadGrammar(): Promise<ParseShell> {
  await Parser.init({ wasmBinary: readFileSync(core) });
  const language = await Language.load(new Uint8Array(readFileSync(bash)));
  const parser = new Parser();
  parser.setLanguage(language);
  return (text) => parseWith(parser, text);
}

function parseWith(parser: Parser, text: string): ReturnType<ParseShell> {
  const { text_max_chars, parse_steps_max } = SHELL_LIMITS;
  if (text.length > text_max_chars) return { problem: `it is longer than ${text_max_chars} characters` };
  let steps = 0; // counted, not timed: the same text is judged alike on every machine
  const tree = parser.parse(text, null, { progressCallback: () => ++steps > parse_steps_max });
  if (tree === null) {
    parser.reset();
    return { problem: "it is too intricate to be read" };
  }
  try {
    const cursor = tree.walk();
    try {
      const copied = copy(cursor);
      if ("tree" in copied) putBack(text, copied.tree);
      return copied;
    } finally {
      cursor.delete();
    }
  } finally {
    tree.delete(); // else each parse keeps its memory for ever
  }
}

/**
 * The grammar's scanner takes a lone `-` ahead of `<<` for the beginning of something and leaves it in no token, so that
 * `python3 - <<EOF` would have no reading. It is the last word of the command.
 */
function putBack(text: string, { kind, parts }: Part): void {
  const [command, redirect] = parts;
  if (kind === "redirected_statement" && command?.kind === "command" && redirect?.kind === "heredoc_redirect") {
    const at = command.to + text.slice(command.to, redirect.from).search(/(?<=^[ \t]+)-[ \t]+$/);
    if (at >= command.to) {
      (command.parts as Part[]).push({ kind: "word", named: true, from: at, to: at + 1, parts: [] });
      command.to = at + 1;
    }
  }
  for (const inner of parts) putBack(text, inner); // no deeper than SHELL_LIMITS.depth_max
}

/** Copies a tree out of the grammar's memory, without recursion: its depth is the text's to choose. */
function copy(cursor: TreeCursor): ReturnType<ParseShell> {
  const open: { part: Part; parts: Part[] }[] = [];
  for (let nodes = 0; ; ) {
    const kind = cursor.nodeType;
    if (kind === "ERROR" || cursor.nodeIsMissing) return { problem: "its syntax is not understood" };
    if (++nodes > SHELL_LIMITS.nodes_max) return { problem: "it has too many parts" };
    if (open.length > SHELL_LIMITS.depth_max) return { problem: "it is nested too deeply" };
    const parts: Part[] = [];
    const part: Part = { kind, named: cursor.nodeIsNamed, from: cursor.startIndex, to: cursor.endIndex, parts };
    open.at(-1)?.parts.push(part);
    if (cursor.gotoFirstChild()) {
      open.push({ part, parts });
      continue;
    }
    if (open.length === 0) return { tree: part };
    while (!cursor.gotoNextSibling()) {
      const done = open.pop()!;
      cursor.gotoParent();
      if (open.length === 0) return { tree: done.part };
    }
  }
}
