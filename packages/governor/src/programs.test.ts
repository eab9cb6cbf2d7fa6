import { expect, test } from "bun:test";
import { absolutePaths } from "./programs.ts";

test.each<[string, string[]]>([
  ["/srv/venv/bin/python -m pytest {test_dir}", ["/srv/venv/bin/python"]],
  ["cd src && '/opt/my tools/run' \"/opt/b c/d\" --x", ["/opt/my tools/run", "/opt/b c/d"]],
  ["PYTHONPATH=/srv/lib python3 -c pass; /a/b|/c/d", ["/srv/lib", "/a/b", "/c/d"]],
  // What a shell would make of it is unknown, is relative, or is part of a longer word.
  ["ruff check src/a.py ./b ../c https://x.org/y", []],
  ['cat "$HOME/x" $HOME/y /srv/*.txt', []],
])("of %j", (command, paths) => {
  expect(absolutePaths([command, command])).toEqual(paths);
});
