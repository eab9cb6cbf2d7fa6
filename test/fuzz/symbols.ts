import { type Grammars, openGrammars } from "../../packages/semantic/src/grammar.ts";
import { analyse } from "../../packages/semantic/src/index.ts";
import { type CorpusFile, pythonLibrary, scripts } from "../semantic/corpus.ts";

/** A text may take this long, on a machine that does other things too. */
export const SLOWEST_MS = 2_000;
const TEXT_MAX = 60_000;

/** Numbers from 0 to below a bound, the same ones for the same seed. */
export function chance(seed: number): (below: number) => number {
  let state = (seed ^ 0x9e3779b9) | 0;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) | 0;
    return ((state ^ (state >>> 12)) >>> 0) % Math.max(1, below);
  };
}

type Chance = ReturnType<typeof chance>;
type Damage = (text: string, roll: Chance) => string;

const PARTS = [
  "(",
  ")",
  "[",
  "{",
  "}",
  '"""',
  "'",
  "`${",
  "\\",
  "\n",
  "\r",
  "\t",
  "  ",
  ":",
  "=>",
  "def ",
  "class ",
  "@",
];
const WORDS = [
  "import ",
  "export ",
  "async ",
  "yield ",
  "lambda ",
  "\0",
  "\ufeff",
  "\ud800",
  "👍",
  "\u2028",
  "<",
  "/*",
  "//",
  "#",
];

const DAMAGES: Readonly<Record<string, Damage>> = {
  edits(text, roll) {
    let own = text;
    for (let n = roll(30) + 1; n > 0; n--) {
      const at = roll(own.length);
      const all = [...PARTS, ...WORDS];
      own = own.slice(0, at) + (all[roll(all.length)] ?? "") + own.slice(at + roll(4));
    }
    return own;
  },
  cut: (text, roll) => text.slice(roll(text.length), roll(text.length)) || text.slice(0, roll(text.length)),
  swap(text, roll) {
    const [a, b, c] = [roll(text.length), roll(text.length), roll(text.length)].sort((x, y) => x - y) as [
      number,
      number,
      number,
    ];
    return text.slice(0, a) + text.slice(b, c) + text.slice(a, b) + text.slice(c);
  },
  utf16: (text) => new TextDecoder("latin1").decode(new Uint8Array(Buffer.from(text.slice(0, 20_000), "utf16le"))),
  latin1: (text) => Buffer.from(text).toString("latin1"),
  not_utf8: (text, roll) =>
    Buffer.from(Buffer.from(text).map((byte, at) => (at % 97 === roll(97) ? 0xff : byte))).toString(),
  zeros: (text, roll) => text.replaceAll(" ", () => (roll(50) === 0 ? "\0" : " ")),
  marked: (text) => `\ufeff${text}`,
  line_ends: (text, roll) => text.replaceAll("\n", () => ["\r\n", "\r", "\n", "\u2028"][roll(4)] ?? "\n"),
  one_line: (text) => text.replaceAll("\n", " ; "),
  deep: (text, roll) =>
    (["(", "[", "{", "if x:\n ", "a.b(", "f(lambda: ", "`${"][roll(7)] ?? "(").repeat(roll(5_000)) +
    text.slice(0, 2_000),
  nested: (_, roll) => Array.from({ length: roll(400) }, (_unused, n) => `${" ".repeat(n)}def f${n}(a=1):\n`).join(""),
  wide: (_, roll) => `x = [${Array.from({ length: roll(8_000) }, (_unused, n) => `a${n}`).join(", ")}]\n`,
};

/** What was tried, and the slowest of it. */
export type Tried = { slowest_ms: number; slowest: string; unknown: number };

/**
 * Looks at real files that were damaged by chance: each has an answer, soon, whatever it is, and places that are in it.
 *
 * @throws Error that names the file, the damage and the number of the try
 */
export async function fuzzSymbols(runs: number, seed: number): Promise<Tried> {
  const grammars = await openGrammars();
  const files = [...(pythonLibrary() ?? []), ...scripts()].filter(({ text }) => text.length < TEXT_MAX);
  for (const name of grammars.names) grammars.grammar(name); // loading them is no part of a look
  const tried: Tried = { slowest_ms: 0, slowest: "", unknown: 0 };
  for (let run = 0; run < runs; run++) {
    const roll = chance(seed + run);
    const file = files[roll(files.length)]!;
    const kinds = Object.keys(DAMAGES);
    const kind = kinds[roll(kinds.length)]!;
    const what = `${file.path}, ${kind}, try ${seed + run}`;
    const took_ms = lookAt(grammars, file, DAMAGES[kind]!(file.text, roll), { what, tried });
    if (took_ms > tried.slowest_ms) Object.assign(tried, { slowest_ms: took_ms, slowest: what });
    if (took_ms > SLOWEST_MS) throw new Error(`It takes ${took_ms.toFixed(0)} ms to look at ${what}`);
  }
  return tried;
}

type Told = { what: string; tried: Tried };

function lookAt(grammars: Grammars, { path }: CorpusFile, text: string, { what, tried }: Told): number {
  const before = process.cpuUsage();
  try {
    const summary = analyse(grammars, path, text);
    const { user, system } = process.cpuUsage(before); // the time of this process, whatever others do
    const took_ms = (user + system) / 1_000;
    if ("unknown" in summary) tried.unknown++;
    else if (summary.units.some(({ gap, span }) => gap[0] > span[0] || span[0] > span[1] || span[1] > text.length))
      throw new Error("a unit is not in its text");
    else JSON.stringify(summary);
    return took_ms;
  } catch (error) {
    throw new Error(`Cannot look at ${what}: ${String(error)}`, { cause: error });
  }
}
