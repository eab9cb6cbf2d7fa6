import { readdirSync } from "node:fs";
import { basename, join } from "node:path";

/** Whether a file is a test by its name, as the runners of several languages have it. */
export const isTestFile = (path: string): boolean =>
  /^(?:test[_-].*|.*[._-](?:test|spec)|test)\.[A-Za-z]+$/i.test(basename(path)) || /(?:^|\/)__tests__\//.test(path);

/** A test, or what lies where tests do: a helper of theirs, or their data. */
export const isAmongTests = (path: string): boolean =>
  isTestFile(path) || /(?:^|\/)(?:(?:tests?|__tests__|testdata)\/|conftest\.py$)/.test(path);

/** A folder as it is configured, without a slash at its end. */
export const folderPath = (folder: string): string => folder.replace(/^\.\//, "").replace(/\/+$/, "") || ".";

const SKIPPED = new Set([".git", ".dgov", "node_modules", ".venv", "venv", "__pycache__", "dist", "build", "target"]);

/** All files of a checkout with one of these endings, sorted; without what tools put there. */
export function sourceFiles(root: string, extensions: readonly string[]): string[] {
  const found: string[] = [];
  const visit = (folder: string) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) visit(path);
      else if (entry.isFile() && extensions.some((extension) => entry.name.endsWith(extension))) found.push(path);
    }
  };
  visit("");
  return found.sort();
}

/** What is written for people: no test reads it, unless it lies among the tests. */
const PROSE = /(?:^|\/)(?:[^/]*\.(?:md|markdown|rst|adoc)|LICEN[CS]E[^/]*|NOTICE|AUTHORS|CODEOWNERS|\.gitignore)$/i;

export const isProse = (path: string): boolean => PROSE.test(path);
