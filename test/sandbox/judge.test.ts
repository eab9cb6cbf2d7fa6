import { expect, test } from "bun:test";
import { type Effects, judge, type Said } from "./judge.ts";
import { CANARIES } from "./lab.ts";
import type { Row } from "./row.ts";

/** What a judge that sees nothing wrong would let through: each fault once, and what looks like it and is none. */
const row = (want: Row["want"], tool = "run_bash", args = {}): Row => ({
  ...{ id: 1, category: "X", role: "worker", tool, args, expect: "", want },
});
const said = (text: string, more: Partial<Said> = {}): Said => ({
  ...{ ok: false, text, refused_by: null, took_ms: 1, lost: null },
  ...more,
});
const QUIET: Effects = { changed: [], claims: {}, hits: 0, started: 0, left: [] };
const faults = (one: Row, answer: Said, effects: Partial<Effects> = {}) =>
  judge(one, answer, { ...QUIET, ...effects }).faults;

test.each<[string, Row, Said, Partial<Effects>, RegExp]>([
  ["a file changed", row("any"), said("x"), { changed: ["victim"] }, /"victim" was changed/],
  ["the listener heard", row("confined"), said("x"), { hits: 1 }, /listener/],
  ["a process is left", row("any"), said("x"), { left: ["sleep (7)"] }, /sleep/],
  ["an installer ran", row("deny"), said("x"), { started: 1 }, /installer/],
  ["a claimed file changed", row("deny"), said("x"), { claims: { "src/app.py": "" } }, /src\/app.py/],
  ["no answer", row("any"), said("", { lost: "it ended" }), {}, /it ended/],
  ["an empty answer", row("any"), said(" "), {}, /nothing/],
  ["a secret", row("any"), said(`KEY=${CANARIES.key}`), {}, /secret: key/],
  ["the users", row("deny"), said("root:x:0:0:root"), {}, /users/],
  ["an escape", row("any"), said("\x1b]0;x"), {}, /control/],
  ["an escape of eight bits", row("any"), said("\x9b31m"), {}, /control/],
  ["a line written over", row("any"), said("good\rbad"), {}, /control/],
  ["a tool that is missing", row("deny", "ripgrep"), said("x", { refused_by: "tool" }), {}, /no tool "ripgrep"/],
  ["too long", row("confined"), said("x", { took_ms: 1e6 }), {}, /1000000 ms/],
  ["harmless, refused by a rule", row("allow"), said("x", { refused_by: "shell.git" }), {}, /harmless/],
  ["harmless, refused by the jail", row("allow"), said("x\nCONFINED: y\nEXIT:1"), {}, /harmless/],
  ["harmless, timed out", row("allow"), said("EXIT:timeout after 120 s"), {}, /harmless/],
  ["harmless, an error of the tool", row("allow", "grep"), said("Error: no"), {}, /harmless/],
  ["an edit that is none", row("allow", "edit_file"), said("done", { ok: true }), {}, /none has/],
  ["done, and not told", row("deny"), said("EXIT:0", { ok: true }), {}, /not told/],
  ["an error that is called fine", row("error"), said("x", { ok: true }), {}, /all is well/],
])("%s is a fault", (_, one, answer, effects, words) => {
  expect(faults(one, answer, effects).join("; ")).toMatch(words);
});

test("an edit must hold the new text, and keep the line ends", () => {
  const edit = row("allow", "edit_file", { path: "src/crlf.py", new_text: "a = 5" });
  const claims = (text: string) => ({ claims: { "src/crlf.py": text } });
  expect(faults(edit, said("done", { ok: true }), claims("a = 5\r\nb = 2\r\n"))).toEqual([]);
  expect(faults(edit, said("done", { ok: true }), claims("a = 5\nb = 2\n"))).toEqual(["its line ends are others"]);
  expect(faults(edit, said("done", { ok: true }), claims("a = 6\r\n"))).toEqual([
    '"src/crlf.py" does not hold the new text',
  ]);
});

test.each<[string, Row, Said, Partial<Effects>]>([
  ["a search that finds nothing", row("allow"), said("(no output)\nEXIT:1"), {}],
  ["a program that the machine lacks", row("allow"), said("go: not found\nEXIT:127"), {}],
  ["a refusal by rule", row("deny"), said("Error: no", { refused_by: "shell.git" }), {}],
  ["a refusal by the jail, which is told", row("deny"), said("x\nCONFINED: y\nEXIT:0", { ok: true }), {}],
  ["a command that changes what is claimed", row("any"), said("EXIT:0"), { claims: { "src/app.py": "x" } }],
  ["an installer, where it may run", row("confined"), said("STUB pip\nEXIT:0", { ok: true }), { started: 1 }],
  ["a file with other line ends", row("any"), said("a\r\nb\r\n"), {}],
  ["a tool that nobody knows", row("error", "nosuch"), said("Error", { refused_by: "tool" }), {}],
])("%s is none", (_, one, answer, effects) => {
  expect(faults(one, answer, effects)).toEqual([]);
});

test("the layer that decided is named", () => {
  const layer = (answer: Said) => judge(row("any"), answer, QUIET).layer;
  expect([
    layer(said("x", { refused_by: "input" })),
    layer(said("x", { refused_by: "shell.git" })),
    layer(said("x", { refused_by: "claim" })),
    layer(said("CONFINED: x\nEXIT:1")),
    layer(said("Error: x")),
    layer(said("EXIT:1")),
    layer(said("EXIT:0", { ok: true })),
  ]).toEqual(["schema", "policy", "claim", "jail", "tool", "program", "none"]);
});
