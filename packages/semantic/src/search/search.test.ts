import { expect, test } from "bun:test";
import { openGrammars } from "../grammar.ts";
import { compilePattern, findMatches, languageNamed } from "./search.ts";

const grammars = await openGrammars();

function linesLike(language: string, pattern: string, text: string): number[] | string {
  const compiled = compilePattern(grammars, language, pattern);
  if ("wrong" in compiled) return compiled.wrong;
  const found = findMatches(grammars, compiled, text);
  return "unknown" in found ? found.unknown : found.map(({ line }) => line);
}

const PYTHON = `print(1)
# print(2)
s = "print(3)"
print(a, b)
if a == a: pass
if a == b: pass
def f(x, y=1):
    "doc"
    return x
print(
    1,  # words
)
print()
s = f"a{print(4)}b"
print(g(1), 2, g(1))
class K(print): print = 1
`;

const SCRIPT = `console.log(1);
// console.log(2)
const s = "console.log(3)";
function f(a: number, b?: string): void { console.log(a, b) }
class K { m(x) { return x === x; } get y() { return 1 } }
const g = (q) => q;
if (a) { f(); g() }
const h = async () => { await f(1, 2) };
\`console.log(\${console.log(5)})\`;
$foo(1)
if (a) {}
`;

const GO = `package a

func F(a int, b string) (int, error) {
	fmt.Println(a)
	fmt.Println("x", b)
	// fmt.Println(a)
	x := "fmt.Println(a)"
	if err != nil { return 0, err }
	if err == nil {
		return 1, err
	}
	y, z := g()
	w := g()
}
func G() { }
`;

const RUST = `fn main() { let x = foo(1); }
fn b() -> i32 { foo(2, 3) }
// foo(1)
fn c() { println!("foo(1)"); foo() }
`;

test.each<[language: string, pattern: string, text: string, lines: number[]]>([
  ["python", "print($A)", PYTHON, [1, 10, 14]],
  ["python", "print($_, $_)", PYTHON, [4]],
  ["python", "print()", PYTHON, [13]],
  ["python", "print($$$)", PYTHON, [1, 4, 10, 13, 14, 15]],
  ["python", "print($A, $$$)", PYTHON, [1, 4, 10, 14, 15]],
  ["python", "print($$$, $A, $$$, $A)", PYTHON, [15]],
  ["python", "print($$$A, 2, $$$A)", PYTHON, [15]],
  ["python", "print($$$A, $$$A)", PYTHON, [13]],
  ["python", "$A == $A", PYTHON, [5]],
  ["python", "$_ == $_", PYTHON, [5, 6]],
  ["python", "$A == $B", PYTHON, [5, 6]],
  ["python", "def $F($$$): $$$", PYTHON, [7]],
  ["python", "def $F($A): $$$", PYTHON, []],
  ["python", "return $X", PYTHON, [9]],
  ["python", "print(1)", PYTHON, [1, 10]],
  ["python", '"doc"', PYTHON, [8]],
  ["python", '"$X"', PYTHON, [3, 8]],
  ["typescript", "console.log($A)", SCRIPT, [1, 9]],
  ["tsx", "console.log($$$)", SCRIPT, [1, 4, 9]],
  ["typescript", "function $F($$$): void { $$$ }", SCRIPT, [4]],
  ["typescript", "$A === $A", SCRIPT, [5]],
  ["typescript", "m($A) { $$$ }", SCRIPT, [5]],
  ["typescript", "if ($C) { $$$; }", SCRIPT, [7, 11]],
  ["typescript", "if ($C) { $A; $B }", SCRIPT, [7]],
  ["typescript", "await $F($$$A)", SCRIPT, [8]],
  ["typescript", "$foo($A)", SCRIPT, [10]],
  ["go", "fmt.Println($A)", GO, [4]],
  ["go", "fmt.Println($$$)", GO, [4, 5]],
  ["go", "if err != nil { $$$ }", GO, [8]],
  ["go", "return $A", GO, []],
  ["go", "return $A, err", GO, [8, 10]],
  ["go", "$A := g()", GO, [13]],
  ["go", "func $F($$$) { $$$ }", GO, [15]],
  ["rust", "foo($A)", RUST, [1]],
  ["rust", "foo($$$)", RUST, [1, 2, 4]],
  ["rust", "m!($A)", "fn a() {\n  m!(x);\n  m!(+);\n}\n", [2]],
  ["go", "for ; ; a() {}", "package p\nfunc F() {\n\tfor a(); ; {}\n\tfor ; ; a() {}\n}\n", [4]],
  ["toml", 'name = "a"', 'name = "b"\n[x]\nname = "a"\n', [3]],
  ["json", '"a": $A', '{"b": 2,\n"a": [1]}\n', [2]],
  ["toml", "name = $A", "[tool]\nname = 1\nother = 1\n", [2]],
  ["yaml", "a: $A", "x: 1\na:\n  - 1\n", [2]],
])("%s: %s", (language, pattern, text, lines) => {
  expect(linesLike(language, pattern, text)).toEqual(lines);
});

test.each<[language: string, pattern: string, says: string]>([
  ["python", "print(", "is not one piece of python; give one whole expression"],
  ["python", "a; b", "is not one piece of python"],
  ["python", "  ", "is not one piece of python"],
  ["typescript", "$A", "nothing but a hole"],
  ["go", "$$$", "nothing but a hole"],
  ["python", `f(${"x,".repeat(3_000)})`, "more than 2000 nodes"],
  ["python", `"${"x".repeat(20_000)}"`, "longer than 20000 characters"],
])("%s: %.20s… is refused", (language, pattern, says) => {
  expect(linesLike(language, pattern, "a = 1\n")).toContain(says);
});

test("holes that could be tried for ever are given up, and one after another is not", () => {
  const words = Array.from({ length: 2_000 }, (_, n) => `a${n}`).join(", ");
  expect(linesLike("python", "f($$$A, $$$B, $$$C, last)", `f(${words})\n`)).toContain("takes too long; use fewer $$$");
  expect(linesLike("python", "f($$$A, last)", `f(${words})\ng(last)\nf(last)\n`)).toEqual([3]);
});

test("a language is known by its name and by the endings of its files", () => {
  const names = ["python", "py", "ts", "tsx", "js", "go", "rust", "rs", "json", "yml", "Python"];
  const known = "python python typescript tsx javascript go rust rust json yaml python".split(" ");
  expect(names.map((name) => languageNamed(grammars, name))).toEqual(known);
  expect(languageNamed(grammars, "cobol")).toBeNull();
});
