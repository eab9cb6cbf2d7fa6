import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { addedLines } from "../../git/line_changes.ts";
import { type Files, judgedBy, openCandidates } from "../testing/candidate.ts";

setDefaultTimeout(60_000); // many processes each, and the machine may be busy

const { lay: candidateOf, ask, clear } = openCandidates();
afterEach(clear);

/** A linter as ruff: each line with an x is a fault. */
const RUFF = {
  run: `#!/bin/sh
json=; bad=; for a in "$@"; do case "$a" in check) ;; --output-format=json) json=1 ;; *) files="$files $a" ;; esac; done
for f in $files; do
  n=0; while read -r line; do n=$((n+1)); case "$line" in *x*) bad=1
    [ -n "$json" ] && out="$out\${out:+,}{\\"code\\":\\"X1\\",\\"message\\":\\"an x\\",\\"filename\\":\\"$PWD/$f\\",\\"location\\":{\\"row\\":$n,\\"column\\":1}}" ;; esac; done < $f
done
[ -n "$json" ] && echo "[$out]"; [ -z "$bad" ]
`,
};
const ruff = { lint: "./ruff check {file}" };

test.each<[string, Files, string[]]>([
  ["an old fault in an edited file", { "a.py": "x\nok\nnew\n" }, ["lint pass"]],
  ["a new fault in an edited file", { "a.py": "x\nok\nx too\n" }, ["lint reject lint_X1@a.py"]],
  ["a fault in a new file", { "n.py": "x\n" }, ["lint reject lint_X1@n.py"]],
])("lint by lines: %s", async (_, work, expected) => {
  expect(await ask({ base: { "a.py": "x\nok\n", ruff: RUFF }, work, commands: ruff })).toEqual(expected);
});

/** As ruff of an import without use: it stands where the import does, and not where the use went. */
const UNUSED = {
  run: `#!/bin/sh
bad=; for a in "$@"; do case "$a" in *.py) grep -q use "$a" || { bad=1; f=$a; } ;; *json) json=1 ;; esac; done
[ -n "$json" ] && echo "[{\\"code\\":\\"F401\\",\\"message\\":\\"no use\\",\\"filename\\":\\"$f\\",\\"location\\":{\\"row\\":1,\\"column\\":1}}]"
[ -z "$bad" ]
`,
};
test.each<[string, string, string, string[]]>([
  ["is new", "import\nuse\n", "import\n", ["lint reject lint_F401@a.py"]],
  ["is old", "import\nold\n", "import\nnew\n", ["lint pass"]],
])("a fault on a line that the change left alone, which %s", async (_, before, now, expected) => {
  expect(await ask({ base: { "a.py": before, ruff: UNUSED }, work: { "a.py": now }, commands: ruff })).toEqual(
    expected,
  );
});

test.each<[string, Files, string[]]>([
  ["an old fault in an edited file", { "a.py": "x\nnew\n" }, ["lint pass"]],
  ["an old fault that moved", { "a.py": "new\nx\n" }, ["lint pass"]],
  ["the same fault once more", { "a.py": "x\nx\n" }, ["lint reject lint_error@a.py"]],
  ["a fault in a new file", { "n.py": "x\n" }, ["lint reject lint_error@n.py"]],
])("a linter without a report is compared by what it says: %s", async (_, work, expected) => {
  const lint = 'grep -nH x {file} | sed "s/$/ is bad/"; ! grep -q x {file}';
  expect(await ask({ base: { "a.py": "x\nok\n" }, work, commands: { lint } })).toEqual(expected);
});

const MANY = Array.from({ length: 2000 }, (_, at) => `src/f${at}.py:1:1: error: old ${at}`).join("\n");
test.each<[string, string, string, string[]]>([
  ["both the same", "a.py:1: error: Bad [x]", "a.py:1: error: Bad [x]", ["types pass"]],
  ["GT-16 the line moved", "a.py:1: error: Bad [x]", "a.py:7: error: Bad [x]", ["types pass"]],
  [
    "GT-17 two mended, two new",
    "a.py:1: error: A\na.py:2: error: B",
    "b.py:1: error: A\nb.py:2: error: B",
    ["types reject type_error@b.py type_error@b.py"],
  ],
  [
    "GT-18 the same once more",
    "a.py:1: error: Bad [x]",
    "a.py:1: error: Bad [x]\na.py:2: error: Bad [x]",
    ["types reject type_error@a.py"],
  ],
  ["GT-19 tsc", "ok", "src/a.ts(3,5): error TS2322: No", ["types reject type_TS2322@src/a.ts"]],
  [
    "pyright",
    "  /r/a.py:1:2 - error: Old (x)",
    "  /r/a.py:9:2 - error: Old (x)\n  /r/a.py:3:2 - error: New (y)",
    ["types reject type_error@/r/a.py"],
  ],
  [
    "ty",
    "error[a]: Old\n  --> a.py:1:1",
    "error[a]: Old\n  --> a.py:4:1\nerror[b]: New\n  --> a.py:2:1",
    ["types reject type_b@a.py"],
  ],
  ["a crash before and after", "Segmentation fault", "Segmentation fault", ["types broken gate_broken"]],
  ["lines nobody can place", "odd words", "odd words\nmore odd words", ["types reject type_failure"]],
  [
    "an error without a place among placed ones",
    "a.py:1: error: Old",
    "a.py:1: error: Old\nerror TS18003: No inputs",
    ["types reject type_failure"],
  ],
  ["no words at all", "ok", "", ["types reject type_failure"]],
  ["words as before, and another end", "a.py:1: Old", "a.py:1: Old\ncrashed", ["types reject type_failure"]],
  [
    "a new one among thousands",
    MANY,
    MANY.replace("old 1000\n", "old 1000\nnew.py:1:1: error: new\n"),
    ["types reject type_error@new.py"],
  ],
])("types against the head: %s", async (_, before, now, expected) => {
  const type_check = "cat said; grep -q '^ok$' said && exit 0; grep -q crashed said && exit 2; exit 1";
  expect(
    await ask({ base: { said: `${before}\n` }, work: { said: `${now}\n`, "a.py": "1" }, commands: { type_check } }),
  ).toEqual(expected);
});

const BIOME = join(import.meta.dir, "../../../../../node_modules/.bin/biome");
const OLD_ERROR = "debugger;\n";
const NEW_WARNING = `${OLD_ERROR}const unused = 1;\nexport {};\n`;
test.each<[string, string, string, string, string[]]>([
  ["a warning beside an old error is no fault", "", OLD_ERROR, NEW_WARNING, ["lint pass"]],
  [
    "unless warnings fail too",
    " --error-on-warnings",
    OLD_ERROR,
    NEW_WARNING,
    ["lint reject lint_noUnusedVariables@a.js"],
  ],
  [
    "a new error beside more of them than are printed at once",
    "",
    OLD_ERROR.repeat(40),
    `${OLD_ERROR.repeat(40)}a == 1;\n`,
    ["lint reject lint_noDoubleEquals@a.js"],
  ],
  [
    "an old error on a line that the change wrote anew",
    "",
    "debugger;\n",
    "debugger; // still\n",
    ["lint reject lint_noDebugger@a.js"],
  ],
])("a linter with a report: %s", async (_, option, before, now, expected) => {
  const commands = { lint: `'${BIOME}' lint${option} a.js` };
  expect(await ask({ base: { "a.js": before }, work: { "a.js": now }, commands })).toEqual(expected);
});

test("of two complaints alike the one on a line of the change is told", async () => {
  const candidate = await candidateOf({
    base: { "a.py": "x\nok\n" },
    work: { "a.py": "x\nx\nok\n" },
    commands: { type_check: "grep -nHx x a.py | sed 's/$/ is bad/'; exit 1" },
  });
  const told = await judgedBy(candidate);
  const added = [...((await addedLines(candidate.git, candidate.head, candidate.tree)).get("a.py") ?? [])];
  expect(told[0]?.findings.map(({ line }) => line)).toEqual(added);
});

test("of files the head is asked only for those that it has", async () => {
  const type_check = 'for f in {file}; do test -f "$f" || exit 127; grep -nH bad "$f"; done; ! grep -q bad {file}';
  const base = { "old.py": "bad old\n" };
  const work = { "old.py": "bad old\nmore\n", "new.py": "fine\n" };
  expect(await ask({ base, work, commands: { type_check } })).toEqual(["types pass"]);
  expect(await ask({ base, work: { "new.py": "bad new\n" }, commands: { type_check } })).toEqual([
    "types reject type_error@new.py",
  ]);
});

test("a type check that broke before and has no answer is broken, not a pass", async () => {
  const type_check = "echo a.py:1: bad; test -f new && exit 1; exit 127";
  const found = await ask({ work: { new: "x", "a.py": "1" }, commands: { type_check } });
  expect(found).toEqual(["types broken gate_broken"]);
});
