import { expect, test } from "bun:test";
import { execAnswer } from "./exec_answer.ts";
import type { ExecResult } from "./isolate/isolation.ts";
import { unreadableWords } from "./isolate/unreadable.ts";

const RESULT: ExecResult = {
  exit: 0,
  ended: "exit",
  signal: null,
  took_ms: 1,
  head: "hello\n",
  tail: "",
  omitted_bytes: 0,
  log: null,
  put_back: [],
};

test("files that were changed beside the claimed symbols are told with the reason, whether they are put back or not", () => {
  const why = 'it touches "f" (line 3), and of this file the task may change "g"';
  const breaches = [
    { path: "a.py", why, restored: true },
    { path: "b.py", why, restored: false },
  ];
  const answer = execAnswer({ ...RESULT, breaches }, 3_000);
  expect(answer).toMatchObject({ ok: true, touched: ["a.py", "b.py"], refused_by: "claim" });
  expect(answer.text).toBe(
    [
      "hello",
      "PUT BACK: the command changed more of these files than is claimed; each is as before it:",
      `  a.py: ${why}`,
      "NOT PUT BACK: the command changed more of these files than is claimed, and they cannot be restored:",
      `  b.py: ${why}`,
      "Change them again within the claims, by edit_file or apply_patch.",
      "EXIT:0",
    ].join("\n"),
  );
});

test.each<[string, Partial<ExecResult>, boolean, string]>([
  ["an exit", {}, true, "hello\nEXIT:0"],
  ["no output", { head: "" }, true, "(no output)\nEXIT:0"],
  ["a failure", { exit: 2 }, false, "hello\nEXIT:2"],
  ["the time limit", { exit: null, ended: "timeout", signal: "SIGKILL" }, false, "hello\nEXIT:timeout after 3 s"],
  [
    "the time of its script",
    { exit: null, ended: "cut", signal: "SIGKILL", took_ms: 1_240 },
    false,
    "hello\nEXIT:timeout after 1.2 s, when the time of its script was over",
  ],
  ["a signal", { exit: null, ended: "signal", signal: "SIGSEGV" }, false, "hello\nEXIT:signal SIGSEGV"],
  ["too much output", { exit: null, ended: "output_limit" }, false, "hello\nEXIT:stopped, too much output"],
  ["no start", { exit: null, ended: "not_started", head: "" }, false, "(no output)\nEXIT:not started"],
  [
    "a long output",
    { tail: "end\n", omitted_bytes: 7 },
    true,
    "hello\n\n[7 bytes omitted; narrow the command to see them]\nend\nEXIT:0",
  ],
])("%s is told in the last line", (_, change, ok, text) => {
  const { ended = "exit", exit = 0 } = change;
  expect(execAnswer({ ...RESULT, ...change }, 3_000)).toEqual({ ok, text, exit: ended === "exit" ? exit : null });
});

test.each<[ExecResult["ended"], string]>([
  ["memory_limit", "[sandbox] memory_mb"],
  ["process_limit", "[sandbox] processes"],
  ["disk_limit", "[sandbox] tmp_mb"],
])("%s is told with the key that moves it", (ended, key) => {
  const { ok, text } = execAnswer({ ...RESULT, exit: null, ended }, 3_000);
  expect({ ok, last: text.split("\n").at(-1) }).toEqual({ ok: false, last: expect.stringContaining(key) });
});

test("a path that may not be read is told, with what a person can do", () => {
  const { text } = execAnswer({ ...RESULT, exit: 1, unreadable: [unreadableWords("/srv/x")] }, 3_000);
  expect(text).toContain("CONFINED: /srv/x is outside what this task may read");
  expect(text).toContain("[sandbox] read");
  expect(execAnswer(RESULT, 3_000).text).not.toContain("CONFINED");
});

test("what was put back is named, with the reason and the way to ask for it", () => {
  const put_back = Array.from({ length: 25 }, (_, i) => `src/f${i}.py`);
  const answer = execAnswer({ ...RESULT, put_back }, 3_000);
  expect(answer).toMatchObject({ ok: true, touched: put_back, refused_by: "claim" });
  expect(answer.text).toContain("PUT BACK");
  expect(answer.text).toContain("  src/f19.py\n… and 5 more\n");
  expect(answer.text).toContain("files.edit");
  expect(answer.text).toEndWith("\nEXIT:0");
});

test("what could not be put back is named apart, and what was is not blamed for it", () => {
  const answer = execAnswer({ ...RESULT, put_back: ["a.py"], lost: ["big.bin"] }, 3_000);
  expect(answer).toMatchObject({ touched: ["a.py", "big.bin"], refused_by: "claim" });
  const [before, after] = answer.text.split("NOT PUT BACK");
  expect(before).toContain("  a.py");
  expect(after).toContain("  big.bin");
  expect(after).not.toContain("a.py");
  expect(execAnswer({ ...RESULT, put_back: ["a.py"], lost: [] }, 3_000).text).not.toContain("NOT PUT BACK");
});

test.each([
  ["rm: cannot remove 'src/other.py': Read-only file system", true],
  ["PermissionError: [Errno 13] Permission denied: 'x'", true],
  ["Error: EACCES: permission denied, open 'x'", true],
  ["curl: (6) Could not resolve host: x", true],
  ["connect: Network is unreachable", true],
  ["AssertionError: 1 != 2", false],
  ["SPACES = 4", false],
])("a refusal of the jail is explained: %s %p", (head, explained) => {
  const { ok, text } = execAnswer({ ...RESULT, exit: 1, head }, 3_000);
  expect(ok).toBe(false);
  expect(text.includes("CONFINED: ")).toBe(explained);
  expect(text).toEndWith("\nEXIT:1");
});
