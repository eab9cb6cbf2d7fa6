import type { Facts, Laid } from "./drill.ts";

/**
 * Known-bad code of one language. All texts are whole files, but for `raise` and `padding`, which are put at the end of one.
 *
 * `lint`, `types`, `format`  what a linter, a type checker and a formatter refuse, the likeliest first
 * `harmless`  a file that nobody should refuse
 * `test_name` a file that its test runners take for a test; null: none is known
 * `raise`     fails whatever loads it
 * `padding`   so many lines that nobody runs
 * `symbols`   a file with the function `one`, and the same with another function changed; null: no claim is by its symbols
 * `circle`    files that import each other
 * `drift`     two sides of a merge that each fit and together do not
 */
export type BadCode = {
  extensions: readonly string[];
  harmless: string;
  lint: readonly string[];
  format: readonly string[];
  types: readonly string[];
  test_name: string | null;
  raise: string;
  padding: (lines: number) => string;
  symbols: { before: string; after: string } | null;
  circle: Laid | null;
  drift: { base: Laid; left: Laid; right: Laid } | null;
};

const many = (lines: number, line: string): string => `${line}\n`.repeat(lines);

const PYTHON: BadCode = {
  extensions: [".py"],
  harmless: '"""A harmless module."""\n\nLIMIT = 1\n',
  lint: ['"""A module."""\n\nimport os\n\nLIMIT = undefined_name\n', "def f(:\n"],
  format: ['x   =  [1,2,\n      3 ]\n\n\n\n\ndef  f( a ):\n  return  { "a":a }\n'],
  types: ['LIMIT: int = "text"\n\n\ndef twice(n: int) -> int:\n    return str(n)\n', "def f(:\n"],
  test_name: "test_dgov_drill.py",
  raise: 'raise AssertionError("dgov drill")\n',
  padding: (lines) => `\n\ndef dgov_drill(n):\n${many(lines, "    n += 1")}    return n\n`,
  symbols: {
    before: "def one():\n    return 1\n\n\ndef two():\n    return 2\n",
    after: "def one():\n    return 1\n\n\ndef two():\n    return 3\n",
  },
  circle: {
    "dgov_drill_a.py": "from dgov_drill_b import B\n\nA = B\n",
    "dgov_drill_b.py": "from dgov_drill_a import A\n\nB = A\n",
  },
  drift: {
    base: { "dgov_drill_a.py": "def total(a):\n    return a\n" },
    left: { "dgov_drill_a.py": "def total(a, rate, currency):\n    return a * rate, currency\n" },
    right: { "dgov_drill_b.py": "from dgov_drill_a import total\n\n\ndef bill():\n    return total(1)\n" },
  },
};

const ECMA: Pick<BadCode, "raise" | "padding"> = {
  raise: 'throw new Error("dgov drill");\n',
  padding: (lines) => `\nexport function dgovDrill(n) {\n  let m = n;\n${many(lines, "  m = m + 1;")}  return m;\n}\n`,
};

const TYPESCRIPT: BadCode = {
  ...ECMA,
  extensions: [".ts", ".tsx", ".mts", ".cts"],
  harmless: "export const LIMIT = 1;\n",
  lint: ["var unused = 1;\nexport const x: any = 1;\nif (x == undefined) {\n}\ndebugger;\n", "export const x = (;\n"],
  format: ["export   const x   = {a:1,\n      b :2 }\n\n\n\nexport function  f( a:number ){return   a}\n"],
  types: ['export const limit: number = "text";\n', "export const x = (;\n"],
  test_name: "dgov_drill.test.ts",
  padding: (lines) => ECMA.padding(lines).replace("(n)", "(n: number)"),
  symbols: {
    before: "export function one() {\n  return 1;\n}\n\nexport function two() {\n  return 2;\n}\n",
    after: "export function one() {\n  return 1;\n}\n\nexport function two() {\n  return 3;\n}\n",
  },
  circle: {
    "dgov_drill_a.ts": 'import { b } from "./dgov_drill_b.ts";\nexport const a = b;\n',
    "dgov_drill_b.ts": 'import { a } from "./dgov_drill_a.ts";\nexport const b = a;\n',
  },
  drift: {
    base: { "dgov_drill_a.ts": "export function total(a: number): number {\n  return a;\n}\n" },
    left: {
      "dgov_drill_a.ts":
        "export function total(a: number, rate: number, digits: number): number {\n  return a * rate + digits;\n}\n",
    },
    right: {
      "dgov_drill_b.ts":
        'import { total } from "./dgov_drill_a.ts";\n\nexport function bill(): number {\n  return total(1);\n}\n',
    },
  },
};

const JAVASCRIPT: BadCode = {
  ...ECMA,
  extensions: [".js", ".jsx", ".mjs", ".cjs"],
  harmless: "export const LIMIT = 1;\n",
  lint: ["var unused = 1;\nif (missing == undefined) {\n}\ndebugger;\n", "const x = (;\n"],
  format: ["export   const x   = {a:1,\n      b :2 }\n\n\n\nexport function  f( a ){return   a}\n"],
  types: ['/** @type {number} */\nexport const limit = "text";\n', "const x = (;\n"],
  test_name: "dgov_drill.test.js",
  symbols: null,
  circle: null,
  drift: null,
};

const GO: BadCode = {
  extensions: [".go"],
  harmless: "package PACKAGE\n\nconst dgovDrill = 1\n",
  lint: [
    'package PACKAGE\n\nimport "fmt"\n\nfunc dgovDrill() { fmt.Printf("%d\\n", "text") }\n',
    "package PACKAGE\n\nfunc (\n",
  ],
  format: ["package PACKAGE\nfunc   dgovDrill( )   int {\n      return   1 }\n"],
  types: ['package PACKAGE\n\nvar dgovDrill int = "text"\n'],
  test_name: "dgov_drill_test.go",
  raise: '\nfunc init() { panic("dgov drill") }\n',
  padding: (lines) => `\nfunc dgovDrill(n int) int {\n${many(lines, "\tn = n + 1")}\treturn n\n}\n`,
  symbols: null,
  circle: null,
  drift: null,
};

const RUST: BadCode = {
  extensions: [".rs"],
  harmless: "pub const DGOV_DRILL: i32 = 1;\n",
  lint: ["pub fn dgov_drill() -> i32 {\n    return 1;\n}\n", "pub fn dgov_drill( {\n"],
  format: ["pub fn   dgov_drill( )->i32{\n      1 }\n"],
  types: ['pub const DGOV_DRILL: i32 = "text";\n'],
  test_name: "dgov_drill.rs",
  raise: '\n#[test]\nfn dgov_drill() {\n    panic!("dgov drill");\n}\n',
  padding: (lines) => `\npub fn dgov_drill(mut n: i32) -> i32 {\n${many(lines, "    n += 1;")}    n\n}\n`,
  symbols: null,
  circle: null,
  drift: null,
};

/** Known-bad code by the endings of a language's files. A language that has no row is drilled by changes of the project's own. */
export const BAD_CODE: readonly BadCode[] = [PYTHON, TYPESCRIPT, JAVASCRIPT, GO, RUST];

/** Code of a language that a project has, and the ending by which it has it. */
export type Language = { code: BadCode; extension: string };

/** The first of the project's languages of which there is known-bad code. */
export function languageOf({ project }: Pick<Facts, "project">): Language | null {
  for (const extension of project.layout.source_extensions) {
    const code = BAD_CODE.find(({ extensions }) => extensions.includes(extension));
    if (code) return { code, extension };
  }
  return null;
}
