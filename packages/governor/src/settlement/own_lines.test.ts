import { expect, test } from "bun:test";
import type { Hunk } from "../git/line_changes.ts";
import { applied, type Fixed, isNear, ownFixes, refined, touchedLines } from "./own_lines.ts";

/** A hunk for each line that differs; `=` in both is the same. Texts of as many lines. */
function fixedLineByLine(worked: string, fixed: string): Fixed {
  const fresh = fixed.split("\n");
  const hunks = worked
    .split("\n")
    .flatMap((line, at): Hunk[] =>
      line === fresh[at] ? [] : [{ from: at + 1, from_count: 1, to: at + 1, to_count: 1 }],
    );
  return { worked, fixed, hunks };
}

const some = (...lines: number[]) => new Set(lines);

test.each<[string, Hunk[], number[]]>([
  ["changed lines", [{ from: 1, from_count: 1, to: 3, to_count: 2 }], [3, 4]],
  ["a place where lines went", [{ from: 3, from_count: 2, to: 2, to_count: 0 }], [2, 3]],
])("touched: %s", (_, hunks, lines) => {
  expect([...touchedLines(hunks)]).toEqual(lines);
});

test.each<[string, Hunk, boolean]>([
  ["on the line", { from: 2, from_count: 1, to: 2, to_count: 1 }, true],
  ["across it", { from: 1, from_count: 3, to: 1, to_count: 1 }, true],
  ["put in right after it", { from: 2, from_count: 0, to: 3, to_count: 1 }, true],
  ["put in right before it", { from: 1, from_count: 0, to: 2, to_count: 1 }, true],
  ["on the next line", { from: 3, from_count: 1, to: 3, to_count: 1 }, false],
])("near line 2: %s", (_, hunk, near) => {
  expect(isNear(hunk, some(2))).toBe(near);
});

test("AF-02 only the line that the worker changed is restyled", () => {
  const made = fixedLineByLine("a=1\nb=3\nc=1\n", "a = 1\nb = 3\nc = 1\n");
  const before = fixedLineByLine("a=1\nb=2\nc=1\n", "a = 1\nb = 2\nc = 1\n");
  expect(applied(made, ownFixes(made, some(2), before))).toBe("a=1\nb = 3\nc=1\n");
});

test("AF-03 a line that is moved to where nothing was changed is not lost", () => {
  const made: Fixed = {
    worked: "import b\nimport c\nimport a\nx=1\n",
    fixed: "import a\nimport b\nimport c\nx = 1\n",
    hunks: [
      { from: 0, from_count: 0, to: 1, to_count: 1 },
      { from: 3, from_count: 1, to: 3, to_count: 0 },
      { from: 4, from_count: 1, to: 4, to_count: 1 },
    ],
  };
  const before = fixedLineByLine("import b\nimport c\nx=1\n", "import b\nimport c\nx = 1\n");
  expect(applied(made, ownFixes(made, some(3), before))).toBe("import a\nimport b\nimport c\nx=1\n");
});

test("a fix far away that was not wanted before the change belongs to it", () => {
  const made: Fixed = {
    worked: "import os\na\nb\n",
    fixed: "a\nb\n",
    hunks: [{ from: 1, from_count: 1, to: 0, to_count: 0 }],
  };
  const content: Fixed = { worked: "import os\na\nb\nos.x\n", fixed: "import os\na\nb\nos.x\n", hunks: [] };
  expect(applied(made, ownFixes(made, some(4), content))).toBe("a\nb\n");
  expect(applied(made, ownFixes(made, some(4), made))).toBe(made.worked); // wanted all along
});

test("one hunk over lines that were restyled and lines that went is taken apart", () => {
  const worked = "import os\nimport sys\n\nx=1\ny=22\nz=[3,\n 4]\n";
  const fixed = "x = 1\ny = 22\nz = [3, 4]\n";
  const whole = { worked, fixed, hunks: [{ from: 1, from_count: 7, to: 1, to_count: 3 }] };
  const made = refined(whole);
  expect(made.hunks).toEqual([
    { from: 1, from_count: 1, to: 0, to_count: 0 },
    { from: 2, from_count: 1, to: 0, to_count: 0 },
    { from: 3, from_count: 1, to: 0, to_count: 0 },
    { from: 4, from_count: 1, to: 1, to_count: 1 },
    { from: 5, from_count: 1, to: 2, to_count: 1 },
    { from: 6, from_count: 2, to: 3, to_count: 1 },
  ]);
  expect(applied(made, made.hunks)).toBe(fixed);
  expect(applied(made, made.hunks.slice(3, 5))).toBe("import os\nimport sys\n\nx = 1\ny = 22\nz=[3,\n 4]\n");
});

test("blank lines far away stay", () => {
  const made: Fixed = {
    worked: "a\n\nb\nc\n",
    fixed: "a\nb\nc\n",
    hunks: [{ from: 2, from_count: 1, to: 1, to_count: 0 }],
  };
  const content: Fixed = { worked: "", fixed: "", hunks: [] };
  expect(ownFixes(made, some(4), content)).toEqual([]);
  expect(ownFixes(made, some(3), content)).toEqual([]);
  expect(ownFixes(made, some(2), content)).toEqual([...made.hunks]);
});

test("all fixes make the fixed text, none the worked one, also without a last line end", () => {
  const made = fixedLineByLine("a=1\nb=3\nc=1", "a = 1\nb=3\nc = 1");
  expect(applied(made, made.hunks)).toBe(made.fixed);
  expect(applied(made, [])).toBe(made.worked);
});
