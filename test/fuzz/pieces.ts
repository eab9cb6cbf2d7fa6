import { isDeepStrictEqual } from "node:util";
import { touchesBetween } from "../../packages/semantic/src/changes/touches.ts";
import { openGrammars } from "../../packages/semantic/src/grammar.ts";
import {
  analyse,
  analyseChanged,
  type FileView,
  type Summary,
  type TreeView,
} from "../../packages/semantic/src/index.ts";
import { headsOf } from "../../packages/semantic/src/units/heads.ts";
import type { CorpusFile } from "../semantic/corpus.ts";
import { chance } from "./symbols.ts";

const TEXT_MAX = 60_000;
const EDITS_MAX = 4;

/** What changes what stands around it, in one language or another. */
const PARTS = [
  ...[
    "",
    "\n",
    "\n\n",
    " ",
    "\t",
    "    ",
    "  ",
    "\\\n",
    "\r\n",
    ";",
    ",",
    ":",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "<",
    ">",
    "=",
    "=> ",
    "#",
    "//",
  ],
  ...[
    "/*",
    "*/",
    '"',
    "'",
    '"""',
    "`",
    "${",
    "}`",
    "@",
    "!",
    "&",
    "*",
    "#[x]\n",
    "@x\n",
    "...",
    "?",
    "::",
    "<!--",
    "-->",
    "#!",
  ],
  ...[
    "else:\n",
    "else ",
    "elif x:\n    pass\n",
    "except E:\n    pass\n",
    "finally:\n    pass\n",
    "pass\n",
    "return x\n",
    "yield ",
    "await ",
  ],
  ...[
    "(function () {})()\n",
    "[1].map(f)\n",
    "`a`\n",
    "/x/.test(y)\n",
    "++x\n",
    "x = 1\n",
    "'use strict'\n",
    '"doc"\n',
  ],
  ...[
    "def f():\n    pass\n",
    "class C:\n    x = 1\n",
    "if x:\n",
    "    y = 2\n",
    "async ",
    "export ",
    "export default ",
    "declare ",
    "abstract ",
  ],
  ...[
    "function f(): void;\n",
    "function f() {}\n",
    "interface I {}\n",
    "type T = U\n",
    "import x\n",
    "import y from 'y'\n",
    "namespace N {\n",
  ],
  ...[
    "from x import y\n",
    "@overload\ndef f(): ...\n",
    "fn f() {}\n",
    "pub ",
    "impl X {}\n",
    "mod m;\n",
    "func f() {}\n",
    "func (t T) m() {}\n",
  ],
  ...[
    "package p\n",
    'import "x"\n',
    "const c = 1\n",
    "let l\n",
    "var v = 1\n",
    "type t struct{}\n",
    'r#"',
    '"#',
    "'a ",
    "macro_rules! m {}\n",
  ],
];

type Roll = ReturnType<typeof chance>;
type Edit = (lines: string[], roll: Roll) => void;

const EDITS: readonly Edit[] = [
  (lines, roll) => void lines.splice(roll(lines.length), roll(3) + 1),
  (lines, roll) => void lines.splice(roll(lines.length), 0, PARTS[roll(PARTS.length)]!),
  (lines, roll) => void lines.splice(roll(lines.length), 0, lines[roll(lines.length)]!),
  (lines, roll) =>
    void lines.splice(roll(lines.length), roll(12), ...lines.slice(roll(lines.length)).slice(0, roll(12))),
  (lines, roll) => {
    const at = roll(lines.length);
    const [line, cut] = [lines[at] ?? "", roll((lines[at] ?? "").length + 1)];
    lines[at] = line.slice(0, cut) + PARTS[roll(PARTS.length)]! + line.slice(cut + roll(3));
  },
  (lines, roll) => {
    const at = roll(lines.length);
    lines[at] = (lines[at] ?? "").replace(/\w+/, (word) => `${word}_${roll(10)}`);
  },
];

function edited(text: string, roll: Roll): string {
  const lines = text.split(/(?<=\n)/);
  for (let n = roll(roll(EDITS_MAX) + 1) + 1; n > 0; n--) EDITS[roll(EDITS.length)]!(lines, roll);
  return lines.join("");
}

/** How many were told of pieces, and of how many the whole had to be looked at. */
export type Pieced = { joined: number; whole: number };

const treeOf = (view: FileView): TreeView => ({ blob: () => "", folder: () => [], file: () => view });

/** What became of the symbols of a file, as far as a text and what is said of it say. */
const touched = (path: string, was: FileView, is: FileView) =>
  touchesBetween(treeOf(was), treeOf(is), [{ from: path, to: path }], () => null);

type Said = ReturnType<typeof analyse>;

/** The units of the whole that stand where those of the parts do. */
const sameIn = (whole: Summary, parts: Summary) =>
  parts.units.map((unit) => whole.units.find(({ gap }) => gap[0] === unit.gap[0]) ?? null);

/**
 * Edits real files by chance: what pieces say is what is said of the whole, to the last letter.
 *
 * @throws Error that names the file and the number of the try
 */
export async function fuzzPieces(files: readonly CorpusFile[], runs: number, seed: number): Promise<Pieced> {
  const grammars = await openGrammars();
  const few = files.filter(({ text }) => text.length < TEXT_MAX);
  const did: Pieced = { joined: 0, whole: 0 };
  for (let run = 0; run < runs; run++) {
    const roll = chance(seed + run);
    const { path, text } = few[roll(few.length)]!;
    const later = edited(text, roll);
    const [was, is] = [text, later].map((own) => analyse(grammars, path, own, "units")) as [Said, Said];
    const made = analyseChanged(grammars, { path, was: text, is: later, heads: null });
    const wrong = () => new Error(`What the pieces of ${path} say is not what all of it says, try ${seed + run}`);
    if (made.heads === null) {
      did.whole++;
      if (!isDeepStrictEqual(made, { was, is, heads: null })) throw wrong();
    } else if (!("unknown" in was || "unknown" in is || "unknown" in made.was || "unknown" in made.is)) {
      did.joined++;
      const told = touched(path, { text, summary: made.was }, { text: later, summary: made.is });
      const same =
        isDeepStrictEqual(told, touched(path, { text, summary: was }, { text: later, summary: is })) &&
        isDeepStrictEqual(made.heads, { was: headsOf(was), is: headsOf(is) }) &&
        isDeepStrictEqual(made.was.units, sameIn(was, made.was)) &&
        isDeepStrictEqual(made.is.units, sameIn(is, made.is));
      if (!same) throw wrong();
    }
  }
  return did;
}
