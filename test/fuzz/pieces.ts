import { isDeepStrictEqual } from "node:util";
import { openGrammars } from "../../packages/semantic/src/grammar.ts";
import { analyse, type Summary } from "../../packages/semantic/src/index.ts";
import { joined, piecesOf } from "../../packages/semantic/src/units/pieces.ts";
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

/** Of how many the whole was put together from pieces, and of how many it could not be. */
export type Pieced = { joined: number; whole: number; chars: number; of_chars: number };

/**
 * Edits real files by chance: what is put together from pieces is what is said of the whole, to the last letter.
 *
 * @throws Error that names the file and the number of the try
 */
export async function fuzzPieces(files: readonly CorpusFile[], runs: number, seed: number): Promise<Pieced> {
  const grammars = await openGrammars();
  const few = files.filter(({ text }) => text.length < TEXT_MAX);
  const did: Pieced = { joined: 0, whole: 0, chars: 0, of_chars: 0 };
  for (let run = 0; run < runs; run++) {
    const roll = chance(seed + run);
    const { path, text } = few[roll(few.length)]!;
    const summary = analyse(grammars, path, text, "units");
    if ("unknown" in summary) continue;
    const later = edited(text, roll);
    const pieces = piecesOf({ text, summary }, later);
    const found = pieces?.map((piece) => analyse(grammars, path, piece.text, "units")) ?? [];
    const known = found.filter((one): one is Summary => !("unknown" in one));
    const made = pieces && known.length === pieces.length ? joined({ text, summary }, pieces, known) : null;
    if (pieces === null || made === null) {
      did.whole++;
      continue;
    }
    did.joined++;
    did.chars += pieces.reduce((sum, piece) => sum + piece.text.length, 0);
    did.of_chars += later.length;
    if (!isDeepStrictEqual(made, analyse(grammars, path, later, "units")))
      throw new Error(`What the pieces of ${path} say is not what all of it says, try ${seed + run}`);
  }
  return did;
}
