import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { grantsIn } from "../packages/governor/src/dispatch/scope.ts";
import { answerGit } from "../packages/governor/src/git/answer_git.ts";
import { createGit } from "../packages/governor/src/git/git.ts";
import { createIsolationMaker, type Isolation, parseClaim, type ToolPolicy } from "../packages/sandbox/src/index.ts";
import { specOf } from "./jail.ts";
import { SCOPE } from "./lab.ts";
import { DGOV, git, makeRepository, type Place } from "./repo.ts";

setDefaultTimeout(120_000);

const MODULE = `import os


def first(a):
    return a + 1


def second(a):
    return a + 2


class Cart:
    def total(self, xs):
        return sum(xs)

    def size(self):
        return 1
`;
const PATH = "src/a.py";
const FILES = { [PATH]: MODULE, "src/b.py": "B = 1\n", "src/notes.txt": "first\n", "src/broken.py": "def f(:\n" };

const maker = createIsolationMaker({ self: DGOV, now_ms: () => performance.now() });
const levels = (await maker.probe()).flatMap((found) => (found.available ? [found.level] : []));
const NO_RULES: ToolPolicy = {
  restrict_run_bash: false,
  require_wrapped_verify_tools: false,
  require_uv_run: false,
  deny_shell_file_mutations: false,
  deny_shell_commands: [],
  rules: [],
};

const places: Place[] = [];
const open: Isolation[] = [];
afterAll(async () => {
  for (const isolation of open) await isolation.stop();
  for (const place of places) place.stop();
});

/** A task with these claims in the jail of its attempt. */
async function taskAt(level: (typeof levels)[number], claims: readonly string[], create: readonly string[] = []) {
  const place = makeRepository(FILES);
  places.push(place);
  const base = git(place, "rev-parse", "HEAD").trim();
  const { root } = place;
  const files = { create, edit: claims, delete: [], read: [], touch: [] };
  const spec = specOf(
    { base: place.folder, outside: root, main: root, root, commit: base },
    grantsIn(root, { files, role: "worker" }),
  );
  const scope = { ...SCOPE, write: [...claims, ...create].map(parseClaim), read: [], test_targets: [], base };
  const isolation = await maker.start(level, { ...spec, scope, git: answerGit(createGit(root, place.env), base) });
  open.push(isolation);
  return {
    text: (path = PATH) => readFileSync(join(root, path), "utf8"),
    put: (text: string) => writeFileSync(join(root, PATH), text),
    call: (tool: string, input: unknown) => isolation.call(tool, input, NO_RULES),
  };
}

const edit = (old_text: string, new_text: string) => ["edit_file", { path: PATH, old_text, new_text }] as const;
const may = (...symbols: string[]) => `of this file the task may change ${symbols.map((one) => `"${one}"`).join(", ")}`;

describe.each(levels)("%s", (level) => {
  test("D23 a file tool changes the claimed symbols of a file, and nothing else of it", async () => {
    const task = await taskAt(level, [`${PATH}::first`, `${PATH}::Cart.total`]);
    const own = may("first", "Cart.total");
    const refused = async (tool: string, input: unknown, touches: string) => {
      const before = task.text();
      const answer = await task.call(tool, input);
      expect(answer).toMatchObject({ ok: false, refused_by: "claim" });
      expect(answer.text).toContain(`it touches ${touches}, and ${own}`);
      expect(task.text()).toBe(before);
    };
    await refused(...edit("a + 2", "a + 9"), '"second" (line 8)');
    expect(await task.call(...edit("a + 1", "a + 9"))).toMatchObject({ ok: true, touched: [PATH] });
    await refused(...edit("import os", "import os, re"), '"<imports>" (line 1)');
    await refused(...edit("        return 1", "        return 2"), '"Cart.size" (line 16)');
    expect(await task.call(...edit("sum(xs)", "max(xs)"))).toMatchObject({ ok: true });
    await refused("delete_file", { path: PATH }, '"<imports>" (line 1), "second" (line 8), "Cart" (line 12)');
    await refused(...edit("\n\nclass Cart", "\n\ndef helper():\n    return 3\n\n\nclass Cart"), '"helper" (line 12)');
    const patch = `--- a/${PATH}\n+++ b/${PATH}\n@@ -8,2 +8,2 @@\n def second(a):\n-    return a + 2\n+    return a + 3\n`;
    await refused("apply_patch", { path: PATH, patch }, '"second" (line 8)');
    expect(task.text()).toBe(MODULE.replace("a + 1", "a + 9").replace("sum(xs)", "max(xs)"));
    expect(await task.call("revert_file", { path: PATH })).toMatchObject({ ok: true });
    expect(task.text()).toBe(MODULE);
  });

  test("what does not parse yet may be written, and is no way around the claims", async () => {
    const task = await taskAt(level, [`${PATH}::first`]);
    expect(await task.call(...edit("def first(a):", "def first(a"))).toMatchObject({ ok: true });
    expect(await task.call(...edit("a + 2", "a + 9"))).toMatchObject({ ok: true });
    const mended = await task.call(...edit("def first(a", "def first(a, b):"));
    expect(mended).toMatchObject({ ok: false, refused_by: "claim" });
    expect(mended.text).toContain('it touches "second" (line 8)');
    expect(await task.call("revert_file", { path: PATH })).toMatchObject({ ok: true });
  });

  test("what a command changed beside the claims is put back, and what it changed within them stays", async () => {
    const task = await taskAt(level, [`${PATH}::first`]);
    const sed = (words: string) => `sed '${words}' ${PATH} > $TMPDIR/made && cat $TMPDIR/made > ${PATH}`;
    const bash = (cmd: string) => task.call("run_bash", { cmd });
    expect(await bash(sed("s/a + 1/a + 9/"))).not.toHaveProperty("refused_by");
    const own = MODULE.replace("a + 1", "a + 9");
    expect(task.text()).toBe(own);
    const both = await bash(sed("s/a + 9/a + 8/; s/a + 2/a + 8/"));
    expect(both).toMatchObject({ refused_by: "claim", touched: [PATH] });
    expect(both.text).toContain(`PUT BACK: the command changed more of these files than is claimed`);
    expect(both.text).toContain(`${PATH}: it touches "second" (line 8), and ${may("first")}`);
    expect(task.text()).toBe(own);
    expect(await bash(`printf '\\377' >> ${PATH}`)).toMatchObject({ refused_by: "claim" });
    expect(task.text()).toBe(own);
    const code = `await tools.run_bash({ cmd: ${JSON.stringify(sed("s/2/3/"))} });
      await tools.edit_file({ path: "${PATH}", old_text: "a + 2", new_text: "a + 3" });`;
    const { calls = [] } = await task.call("run_script", { code, timeout_s: 20 });
    expect(calls.map(({ tool, refused_by }) => [tool, refused_by])).toEqual([
      ["run_bash", "claim"],
      ["edit_file", "claim"],
    ]);
    expect(task.text()).toBe(own);
  });

  test.skipIf(level === "wasm")("a file whose symbols are claimed stays the file that it is", async () => {
    const task = await taskAt(level, [`${PATH}::first`], ["src/new.py"]);
    for (const [cmd, back] of [
      [`rm ${PATH}`, true],
      [`mv ${PATH} src/new.py`, true],
      [`ln -sf b.py ${PATH}`, true],
      [`echo "X = 1" > src/new.py; ln -f src/new.py ${PATH}`, true],
      [`rm ${PATH}; mkdir -p ${PATH}/d`, false],
    ] as const) {
      const { refused_by, text } = await task.call("run_bash", { cmd });
      expect([cmd, refused_by]).toEqual([cmd, "claim"]);
      expect(text).toContain(
        back ? "\nPUT BACK: the command changed more" : "\nNOT PUT BACK: the command changed more",
      );
      if (back) expect(task.text()).toBe(MODULE);
    }
  });

  test("a claim on the file beside one on its symbols is a claim on all of it", async () => {
    const task = await taskAt(level, [`${PATH}::first`, PATH]);
    expect(await task.call(...edit("a + 2", "a + 9"))).toMatchObject({ ok: true });
    expect(await task.call("run_bash", { cmd: `echo 'X = 1' >> ${PATH}` })).not.toHaveProperty("refused_by");
  });

  test("of a file that has no symbols to tell apart nothing is let through", async () => {
    const task = await taskAt(level, ["src/notes.txt::first", "src/broken.py::f", "src/b.py::B"]);
    const change = (path: string, old_text: string, new_text: string) =>
      task.call("edit_file", { path, old_text, new_text });
    expect((await change("src/notes.txt", "first", "second")).text).toContain("there is no grammar for its language");
    expect((await change("src/broken.py", "f(:", "f():")).text).toContain("does not parse in the base commit");
    expect(await change("src/b.py", "1", "2")).toMatchObject({ ok: true });
    expect([task.text("src/notes.txt"), task.text("src/broken.py")]).toEqual(["first\n", "def f(:\n"]);
  });
});
