import { fnmatch } from "@dgov/sandbox/fnmatch";

/**
 * `[scope] ignore_files`: paths that are nobody's work. A rule with `*`, `?` or `[` is matched against the whole path and
 * against the last name; any other names a file or a folder, by its path or, when it has no slash, anywhere.
 */
export function ignoreRule(rules: readonly string[]): (path: string) => boolean {
  const tests = rules.map(toTest);
  return (path) => tests.some((test) => test(path));
}

function toTest(rule: string): (path: string) => boolean {
  const plain = rule.replace(/\/+$/, "");
  if (/[*?[]/.test(plain))
    return (path) => fnmatch(plain, path) || fnmatch(plain, path.slice(path.lastIndexOf("/") + 1));
  if (plain.includes("/")) return (path) => path === plain || path.startsWith(`${plain}/`);
  return (path) => path.split("/").includes(plain);
}
