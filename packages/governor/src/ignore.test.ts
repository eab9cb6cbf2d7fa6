import { expect, test } from "bun:test";
import { ignoreRule } from "./ignore.ts";

test.each<[rule: string, path: string, ignored: boolean]>([
  ["uv.lock", "uv.lock", true],
  ["uv.lock", "pkg/uv.lock", true],
  ["uv.lock", "uv.lock.py", false],
  [".venv", ".venv/bin/python", true],
  ["build/", "a/build/x", true],
  ["build/", "building/x", false],
  ["docs/api/", "docs/api/index.html", true],
  ["docs/api/", "src/docs/api/index.html", false],
  ["*.pyc", "a/b.pyc", true],
  ["*.pyc", "a/b.py", false],
])("rule %s and path %s: %p", (rule, path, ignored) => {
  expect(ignoreRule([rule])(path)).toBe(ignored);
});
