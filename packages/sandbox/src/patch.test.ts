import { expect, test } from "bun:test";
import { applyPatch, checkNames, PatchError, parsePatch } from "./patch.ts";

const FILE = "a\n\nb\nc\nd\ne\nf\n";
const patched = (text: string, patch: string) => applyPatch(text, parsePatch(patch)).text;

test.each([
  ["one line", FILE, "@@ -3,1 +3,1 @@\n-b\n+B\n", "a\n\nB\nc\nd\ne\nf\n"],
  ["context", FILE, "@@ -3,3 +3,3 @@\n b\n-c\n+C\n d\n", "a\n\nb\nC\nd\ne\nf\n"],
  ["a blank context line without its space", FILE, "@@ -1,3 +1,3 @@\n a\n\n-b\n+B\n", "a\n\nB\nc\nd\ne\nf\n"],
  ["a blank context line with it", FILE, "@@ -1,3 +1,3 @@\n a\n \n-b\n+B\n", "a\n\nB\nc\nd\ne\nf\n"],
  ["two hunks", FILE, "@@ -1 +1 @@\n-a\n+A\n@@ -7 +7 @@\n-f\n+F\n", "A\n\nb\nc\nd\ne\nF\n"],
  ["a hunk that moved", FILE, "@@ -1,2 +1,2 @@\n d\n-e\n+E\n", "a\n\nb\nc\nd\nE\nf\n"],
  [
    "hunks that moved alike",
    "x\nx\na\nb\na\nb\n",
    "@@ -1,2 +1,2 @@\n x\n-a\n+A\n@@ -3,2 +3,2 @@\n-b\n+B\n a\n",
    "x\nx\nA\nB\na\nb\n",
  ],
  ["no counts", FILE, "@@ -3 +3 @@\n b\n-c\n+C\n+D\n d\n", "a\n\nb\nC\nD\nd\ne\nf\n"],
  ["wrong counts", FILE, "@@ -3,9 +3,1 @@\n b\n-c\n+C\n d\n", "a\n\nb\nC\nd\ne\nf\n"],
  [
    "headers",
    FILE,
    "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -3,1 +3,1 @@ def f():\n-b\n+B\n",
    "a\n\nB\nc\nd\ne\nf\n",
  ],
  ["a code fence", FILE, "```diff\n@@ -3,1 +3,1 @@\n-b\n+B\n```\n", "a\n\nB\nc\nd\ne\nf\n"],
  ["an insertion", FILE, "@@ -3,0 +4,1 @@\n+new\n", "a\n\nb\nnew\nc\nd\ne\nf\n"],
  ["an insertion at the top", FILE, "@@ -0,0 +1,1 @@\n+new\n", "new\na\n\nb\nc\nd\ne\nf\n"],
  ["into an empty file", "", "@@ -0,0 +1,2 @@\n+a\n+b\n", "a\nb\n"],
  ["a removed line that begins --", "-- x\ny\n", "@@ -1,2 +1,1 @@\n--- x\n y\n", "y\n"],
  ["an added line that begins ++", "y\n", "@@ -1,1 +1,2 @@\n y\n+++ x\n", "y\n++ x\n"],
  ["the two together", "-- x\ny\n", "@@ -1,2 +1,2 @@\n--- x\n+++ x\n y\n", "++ x\ny\n"],
  ["the last line end removed", "a\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n+b\n\\ No newline at end of file\n", "a\nb"],
  ["the last line end added", "a\nb", "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n", "a\nb\n"],
  ["a last line without its end", "a\nb", "@@ -1,2 +1,2 @@\n-a\n+A\n b\n\\ No newline at end of file\n", "A\nb"],
  ["a last line whose missing end was forgotten", "a\nb", "@@ -1,2 +1,2 @@\n-a\n+A\n b\n", "A\nb"],
  ["lines after a last line without an end", "a", "@@ -1,1 +1,2 @@\n a\n+b\n", "a\nb\n"],
  ["CRLF kept", "a\r\nb\r\nc\r\n", "@@ -2,1 +2,2 @@\n-b\n+B\n+BB\n", "a\r\nB\r\nBB\r\nc\r\n"],
  ["CRLF in the patch", "a\r\nb\r\n", "@@ -2,1 +2,1 @@\r\n-b\r\n+B\r\n", "a\r\nB\r\n"],
  ["CRLF in the patch alone", "a\nb\n", "@@ -2,1 +2,1 @@\r\n-b\r\n+B\r\n", "a\nB\n"],
  ["CRLF in the patch's lines alone", "a\r\nb\r\n", "@@ -2,1 +2,1 @@\n-b\r\n+B\r\n", "a\r\nB\r\n"],
  ["a replacement with dollar signs", "a\n", "@@ -1 +1 @@\n-a\n+$& $1\n", "$& $1\n"],
  ["trailing blank lines after the last hunk", FILE, "@@ -7,1 +7,1 @@\n-f\n+F\n\n\n", "a\n\nb\nc\nd\ne\nF\n"],
])("applies %s", (_, text, patch, want) => {
  expect(patched(text, patch)).toBe(want);
});

test.each([
  ["wrong removed text", FILE, "@@ -1,2 +1,2 @@\n a\n-WRONG\n+x\n", 'line 2 is "", the patch wants "WRONG"'],
  ["wrong context", FILE, "@@ -1,2 +1,2 @@\n WRONG\n-b\n+x\n", 'line 1 is "a", the patch wants "WRONG"'],
  ["a place past the end", FILE, "@@ -900,1 +900,1 @@\n-x\n+y\n", "it is outside the file, which has 7 lines"],
  ["an insertion past the end", FILE, "@@ -900,0 +900,1 @@\n+y\n", "is outside the file"],
  ["hunks out of order", FILE, "@@ -4,1 +4,1 @@\n-c\n+C\n@@ -1,1 +1,1 @@\n-a\n+A\n", "out of order"],
  ["hunks that overlap", FILE, "@@ -3,2 +3,2 @@\n b\n-c\n+C\n@@ -4,1 +4,1 @@\n-c\n+D\n", "out of order or overlaps"],
  ["no hunk", FILE, "no hunks at all", "there is no hunk in the patch"],
  ["an empty patch", FILE, "", "there is no hunk in the patch"],
  ["a bad hunk header", FILE, "@@ nonsense\n-a\n+b\n", "is not a hunk header"],
  ["a hunk without change", FILE, "@@ -1,1 +1,1 @@\n a\n", "changes nothing"],
  ["a line of no kind", FILE, "@@ -1,1 +1,1 @@\n-a\nb\n+c\n", 'must begin with a space, "-" or "+"'],
  ["several places that fit", "x\na\nx\na\n", "@@ -9,1 +9,1 @@\n-a\n+A\n", "matches 2 locations"],
  ["an end that is not the end", "a\nb\n", "@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+A\n", "does not fit"],
])("refuses %s", (_, text, patch, why) => {
  expect(() => patched(text, patch)).toThrow(why);
  expect(() => patched(text, patch)).toThrow(PatchError);
});

test.each([
  ["--- a/src/app.py\n+++ b/src/app.py\n", null],
  ["--- src/app.py\t2024-01-01\n+++ src/app.py\n", null],
  ["--- ./src/app.py\n+++ src/app.py\n", null],
  ["--- a/src/other.py\n+++ b/src/other.py\n", "another file"],
  ["--- a/app.py\n+++ b/app.py\n", "another file"],
  ["--- /dev/null\n+++ b/src/app.py\n", "creates or deletes"],
  ["--- a/src/app.py\n+++ b/src/app.py\n@@ -1 +1 @@\n-a\n+b\n--- a/src/other.py\n+++ b/src/other.py\n", "another file"],
])("the headers %j name src/app.py, or the refusal says %p", (headers, why) => {
  const check = () => checkNames(parsePatch(`${headers}@@ -1 +1 @@\n-a\n+b\n`), "src/app.py");
  if (why === null) expect(check).not.toThrow();
  else expect(check).toThrow(why);
});
