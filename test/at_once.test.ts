import { expect, test } from "bun:test";
import { join, relative } from "node:path";
import { isNode, ROOT, readSource } from "./source.ts";

/** What a module loads when it is loaded: its imports that are no types, and that no call of it waits for. */
function loadedBy(path: string): string[] {
  const { body } = readSource(path).program;
  return (body as unknown[]).filter(isNode).flatMap((node) => {
    const kinds = Array.isArray(node.specifiers) ? node.specifiers.filter(isNode) : [];
    const types = kinds.length > 0 && kinds.every((kind) => kind.importKind === "type" || kind.exportKind === "type");
    if (!isNode(node.source) || node.importKind === "type" || node.exportKind === "type" || types) return [];
    return [String(node.source.value)];
  });
}

/** All that is loaded with a file of ours, by what loads it first. */
function closureOf(entry: string): Map<string, string> {
  const by = new Map<string, string>();
  const visit = (path: string) => {
    for (const name of loadedBy(path)) {
      const own = /^(\.|@dgov\/)/.test(name) && !name.endsWith(".json") && !name.endsWith(".wasm");
      const found = own ? relative(ROOT, Bun.resolveSync(name, join(ROOT, path, ".."))) : name;
      if (by.has(found)) continue;
      by.set(found, path);
      if (own) visit(found);
    }
  };
  visit(entry);
  return by;
}

/** A schema library, and what loads streams: each is milliseconds at every start. */
const DEAR = /^(zod|web-tree-sitter|node:(crypto|zlib|stream|tty|net|tls|http|https|child_process|readline))(\/|$)/;
const dearIn = (entry: string) => [...closureOf(entry)].filter(([name]) => DEAR.test(name));

test("what every start and every commit waits for loads nothing that is dear", () => {
  expect(loadedBy("packages/cli/src/main.ts")).toEqual(["../package.json"]);
  expect(dearIn("packages/governor/src/preflight_at_once.ts")).toEqual([]);
  expect(closureOf("packages/governor/src/preflight_at_once.ts").size).toBeGreaterThan(20);
  expect(closureOf("packages/governor/src/preflight_look.ts").size).toBeLessThan(12); // another process waits for it
  expect(dearIn("packages/governor/src/preflight_symbols.ts")).toEqual([]); // who parses is another process
});

test("a command that only looks loads schemas, and nothing else that is dear", () => {
  const dear = ["packages/cli/src/dispatch.ts", "packages/cli/src/commands/status.ts"].flatMap(dearIn);
  expect([...new Set(dear.map(([name]) => name))]).toEqual(["zod"]);
});
