/** The same as bare_staged.ts, where the bare parser looks for definitions in what is staged. */
import { readFileSync } from "node:fs";
import { Language, Parser, Query } from "web-tree-sitter";
import core from "web-tree-sitter/web-tree-sitter.wasm" with { type: "file" };
import grammar from "../../grammars/python/grammar.wasm" with { type: "file" };
import { staged } from "./bare_staged.ts";

const texts = staged();
await Parser.init({ wasmBinary: readFileSync(core) } as unknown as Parameters<typeof Parser.init>[0]);
const language = await Language.load(new Uint8Array(readFileSync(grammar)));
const query = new Query(language, "(function_definition name: (_) @name) (class_definition name: (_) @name)");
const parser = new Parser();
parser.setLanguage(language);
let found = 0;
for (const text of texts) {
  const tree = parser.parse(text);
  if (tree === null) throw new Error("It cannot be parsed");
  found += query.captures(tree.rootNode).length;
  tree.delete();
}
if (found === 0) throw new Error("Nothing is defined in what is staged");
