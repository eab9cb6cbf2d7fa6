import { expect, test } from "bun:test";
import type { Scope } from "../tool.ts";
import { natureOf } from "./nature.ts";
import { openShell } from "./open.ts";

const scope = (recipe: string | null): Scope => ({
  ...{ task: "t", role: "worker", write: [], read: [], deny: [], allow: [], src_dir: "src", base: "0".repeat(40) },
  recipes: { test: recipe, lint: null, lint_fix: null, format: null, type_check: null },
  test_targets: ["tests/test_a.py"],
});
const RECIPE = "uv run pytest -q {test_dir}";

test.each<[command: string, nature: "test" | "read" | null, recipe?: string | null]>([
  ["uv run pytest -q tests/test_a.py", "test"],
  ["  uv  run pytest -q 'tests/test_a.py' 2>&1", "test"],
  ["uv run pytest -q tests/test_a.py > /dev/null", "test"],
  ["uv run pytest -q tests/test_a.py | tail -5", null], // its status is that of `tail`
  ["uv run pytest -q tests/test_a.py || true", null],
  ["! uv run pytest -q tests/test_a.py", null],
  ["uv run pytest -q tests/test_a.py &", null],
  ["uv run pytest -q tests/test_a.py; false", null],
  ["uv run pytest -q tests/test_a.py && rm x", null],
  ["X=1 uv run pytest -q tests/test_a.py", null],
  ["uv run pytest -q tests/test_a.py > out.txt", null],
  ["uv run pytest -q $TESTS", null],
  ["uv run pytest -q tests/test_b.py", null],
  ["pytest -q tests/test_a.py", null],
  ["if uv run pytest -q tests/test_a.py; then :; fi", null],
  ["make check", "test", "make check"],
  ["make check", null, "make check && make lint"],
  ["make check", null, null],
  ["echo 'make check fails'", "read", "make check"],
  ["ls -la src && cat src/*.py | grep -n def", "read"],
  ["git diff HEAD~1 -- src", "read"],
  ["git diff --output=x", null],
  ["git checkout .", null],
  ["find . -name '*.py'", "read"],
  ["find . -name '*.py' -delete", null],
  ["find . $WHAT", null],
  ["cat a > b", null],
  ["cat a 2>&1 >/dev/null", "read"],
  ["sed -i s/a/b/ f", null],
  ["cat $(rm x)", null],
  ["ls | xargs rm", null],
  ["rg --pre ./x y", null],
  ["", null],
  ["ls (", null],
])("D24 %j is %p of %p", async (command, nature, recipe = RECIPE) => {
  expect(natureOf((await openShell()).parse, command, scope(recipe))).toBe(nature);
});
