import { expect, test } from "bun:test";
import {
  ClaimError,
  claimPattern,
  covers,
  formatClaim,
  isReserved,
  normalisePath,
  overlap,
  parseClaim,
} from "./claim.ts";
import { fnmatch } from "./fnmatch.ts";

test.each([
  ["src/a.py", "src/a.py"],
  ["./src//a.py", "src/a.py"],
  ["  src/a.py ", "src/a.py"],
  ["src/./pkg/", "src/pkg"],
  [".github/workflows/ci.yml", ".github/workflows/ci.yml"],
  [".gitignore", ".gitignore"],
  ["src/e\u0301.py", "src/\u00e9.py"],
  ["-p evil", "-p evil"],
])("the path %j is spelled %j", (text, path) => {
  expect(normalisePath(text)).toBe(path);
  expect(normalisePath(path)).toBe(path);
});

test.each([
  ["", "it is empty"],
  ["   ", "it is empty"],
  ["/etc/passwd", "it is absolute, and claims are relative to the repository's root"],
  ["~/x", "it is absolute, and claims are relative to the repository's root"],
  ["C:/x", "it is absolute, and claims are relative to the repository's root"],
  ["../x", 'it has "..", which could leave the repository'],
  ["src/../../x", 'it has "..", which could leave the repository'],
  ["src\\a.py", "it has a backslash, and paths are written with slashes"],
  ["src/a.py\0x", "it has a control character"],
  ["src/a\nb", "it has a control character"],
  [".", "it is the repository itself; name a file or a directory in it"],
  ["./", "it is the repository itself; name a file or a directory in it"],
  [".git", "git's own folder belongs to nobody"],
  [".git/config", "git's own folder belongs to nobody"],
  ["sub/.GIT/hooks", "git's own folder belongs to nobody"],
  [".git. /x", "git's own folder belongs to nobody"],
  [".g\u200cit/x", "git's own folder belongs to nobody"],
])("the path %j is refused: %s", (text, why) => {
  expect(() => normalisePath(text)).toThrow(new ClaimError(text, why));
});

test.each([
  ["src/a.py", { kind: "path", path: "src/a.py", symbol: null }],
  ["src/api/", { kind: "directory", path: "src/api", symbol: null }],
  ["src/**", { kind: "glob", path: "src/**", symbol: null }],
  ["src/*/", { kind: "glob", path: "src/*/**", symbol: null }],
  ["src/a.py::Cart", { kind: "path", path: "src/a.py", symbol: "Cart" }],
  ["src/a.py::Cart.total", { kind: "path", path: "src/a.py", symbol: "Cart.total" }],
  ["src/a.py::Cart::total", { kind: "path", path: "src/a.py", symbol: "Cart.total" }],
  ["src/a.py::<imports>", { kind: "path", path: "src/a.py", symbol: "<imports>" }],
  ["src/a.py::<module>", { kind: "path", path: "src/a.py", symbol: "<module>" }],
  ["package.json::scripts.lint-fix", { kind: "path", path: "package.json", symbol: "scripts.lint-fix" }],
  ["src/a.ts::Cart.#rows", { kind: "path", path: "src/a.ts", symbol: "Cart.#rows" }],
  ["app/[id]/page.tsx::Page", { kind: "path", path: "app/[id]/page.tsx", symbol: "Page" }],
] as const)("the claim %j parses, and its own spelling parses to the same", (text, claim) => {
  expect(parseClaim(text)).toEqual(claim);
  expect(parseClaim(formatClaim(claim))).toEqual(claim);
});

test.each([
  ["src/::Cart", "a symbol needs one file before its `::`"],
  ["src/*.py::Cart", "a symbol needs one file before its `::`"],
  ["::Cart", "it is empty"],
  ["src/a.py::", '"" is not the name of a symbol'],
  ["src/a.py::a b", '"a b" is not the name of a symbol'],
  ["src/a.py::1a", '"1a" is not the name of a symbol'],
  [
    "src/a.py::<import>",
    '"<import>" is not the name of a symbol; write src/a.py::name, ::Class.method, ::<imports> or ::<module>',
  ],
  ["src/a.py::Cart.<module>", '"Cart.<module>" is not the name of a symbol'],
])("the claim %j is refused: %s", (text, why) => {
  expect(() => parseClaim(text)).toThrow(why);
});

test.each([
  ["src/a.py", "src/a.py", true],
  ["src/a.py", "src/a.pyc", false],
  ["src/a", "src/ab", false],
  ["src/a", "src/a/b.py", true],
  ["src/a.py::Cart", "src/a.py", true],
  ["src/a.py", "src/a.py/b", false],
  ["src/v1.2", "src/v1.2/b.py", true],
  ["src/.config", "src/.config/b", true],
  ["src/pkg.app/", "src/pkg.app/b", true],
  ["src/api/", "src/api/v1/x.py", true],
  ["src/api/", "src/api", true],
  ["src/api/", "src/apix/y.py", false],
  ["src/*", "src/a.py", true],
  ["src/*", "src/pkg/a.py", false],
  ["src/*.py", "src/.py", true],
  ["src/**", "src/a/b/c.py", true],
  ["src/**", "src", false],
  ["src/**", "srcx/a", false],
  ["**", "a/b", true],
  ["**/test.py", "test.py", true],
  ["**/test.py", "a/b/test.py", true],
  ["src/**/test.py", "src/test.py", true],
  ["src/**/test.py", "src/a/b/test.py", true],
  ["src/**/test.py", "src/mytest.py", false],
  ["src/**/test.py", "src/a/mytest.py", false],
  ["src/a**b", "src/a/x/b", true],
  ["src/?.py", "src/a.py", true],
  ["src/?.py", "src/ab.py", false],
  ["src?a.py", "src/a.py", false],
  ["src/[ab].py", "src/a.py", true],
  ["src/[!ab].py", "src/a.py", false],
  ["src/[!ab].py", "src/c.py", true],
  ["src/[a-c]x", "src/bx", true],
  ["src/[z-a]x", "src/bx", false],
  ["src/[]]x", "src/]x", true],
  ["src[!x]a.py", "src/a.py", false],
  ["src/[a.py", "src/[a.py", true],
  ["app/[id]/page.tsx", "app/[id]/page.tsx", true],
  ["src/*.+(x)", "src/a.+(x)", true],
  ["src/*.+(x)", "src/a.xx", false],
  ["src/A.py", "src/a.py", false],
])("the claim %j covers %j: %p", (claim, path, want) => {
  expect(covers(parseClaim(claim), path)).toBe(want);
  expect(new RegExp(claimPattern(parseClaim(claim)), "u").test(path)).toBe(want);
});

test.each([
  ["src/a.py", "src/a.py", true],
  ["src/a.py", "src/A.py", true],
  ["src/a.py", "src/b.py", false],
  ["src/a", "src/ab", false],
  ["src/a", "src/a/b.py", true],
  ["src/", "src/a.py", true],
  ["src/", "SRC/a.py", true],
  ["src/", "source/a.py", false],
  ["src/a/", "src/b/", false],
  ["src/**", "src/a.py", true],
  ["src/**", "src/", true],
  ["src/**", "src", true],
  ["src/**", "tests/a.py", false],
  ["src/*.py", "src/a.py", true],
  ["src/*.py", "src/A.PY", true],
  ["src/*.py", "src/a.ts", false],
  ["src/*.py", "src/pkg/a.py", false],
  ["src/*.py", "src/pkg/", false],
  ["src/*/a.py", "src/pkg/", true],
  ["src/ab*", "src/a", false],
  ["src/a*", "src/*b", true],
  ["src/a*.py", "src/b*.py", false],
  ["src/*.py", "src/*.ts", false],
  ["**/test.py", "src/test.py", true],
  ["**/test.py", "src/mytest.py", false],
  ["**/*.md", "src/a.py", false],
  ["**/*.md", "src/a.py::Cart", false],
  ["**/*.md", "docs", true],
  ["**/*.md", "README.md", true],
  ["src/**/x", "src/a/**", true],
  ["src/[a-c].py", "src/B.py", true],
  ["src/[a-c].py", "src/d.py", false],
  ["app/[id]/x", "app/[id]/x", true],
  ["app/[id]/x", "app/[id]/", true],
  ["app/[id]/*", "app/[id]/x", true],
  ["src/a.py::Cart", "src/a.py::Order", false],
  ["src/a.py::Cart", "src/a.py::Cart", true],
  ["src/a.py::Cart", "src/a.py::Cart.total", true],
  ["src/a.py::Cart.total", "src/a.py::Cart.add", false],
  ["src/a.py::Cart", "src/a.py::Cartridge", false],
  ["src/a.py::Cart", "src/b.py::Cart", false],
  ["src/a.py::Cart", "src/a.py", true],
  ["src/a.py::Cart", "src/", true],
  ["src/a.py::Cart", "src/**", true],
  ["src/A.py::Cart", "src/a.py::Cart", true],
])("%j and %j overlap: %p, in either order", (a, b, want) => {
  expect(overlap(parseClaim(a), parseClaim(b))).toBe(want);
  expect(overlap(parseClaim(b), parseClaim(a))).toBe(want);
});

test("two claims that cover one path always overlap", () => {
  const claims = ["src/", "src/a", "src/*", "src/**", "**/a", "src/**/a", "s*/a", "src/[ab]", "src/?/a", "**", "*/*"];
  const paths = ["src/a", "src/b", "src/a/a", "src/x/y/a", "a", "sx/a", "src"];
  const pairs = claims.flatMap((a) => claims.map((b) => [parseClaim(a), parseClaim(b)] as const));
  for (const path of paths)
    for (const [a, b] of pairs.filter((pair) => pair.every((claim) => covers(claim, path))))
      expect({ a, b, meet: overlap(a, b) }).toEqual({ a, b, meet: true });
});

test("a pattern made to be slow is not", () => {
  expect(covers(parseClaim(`src/${"**a".repeat(60)}b`), `src/${"a".repeat(2000)}`)).toBe(false);
  expect(overlap(parseClaim(`${"**a".repeat(40)}b`), parseClaim(`${"**a".repeat(40)}c`))).toBe(false);
});

test.each([
  [".dgov/project.toml", true],
  [".DGOV/project.toml", true],
  [".dgovx", false],
  [".sentrux/baseline.json", true],
  [".sentrux/rules.toml", false],
  [".coverage-baseline", true],
  ["src/.dgov/x", false],
])("%j is the governor's: %p", (path, want) => {
  expect(isReserved(path)).toBe(want);
});

test.each([
  ["src/*", "src/a/b.py", true],
  ["registry/**", "registry/a/b", true],
  ["*.py", "src/a.py", true],
  ["*.py", "src/a.pyc", false],
  ["secrets/", "secrets/a/b", true],
  ["secrets/", "secrets", false],
  ["secrets/", "my/secrets/a", false],
  ["secrets", "secrets/a", false],
  ["./src/*", "src/a", true],
  ["src/?.py", "src//.py", true],
  ["[!a]*", "b/c", true],
  ["[!a]*", "a/c", false],
  ["src/A*", "src/a", false],
  ["src/[x", "src/[x", true],
])("fnmatch %j on %j: %p", (pattern, path, want) => {
  expect(fnmatch(pattern, path)).toBe(want);
});
