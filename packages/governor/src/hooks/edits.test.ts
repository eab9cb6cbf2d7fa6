import { expect, test } from "bun:test";
import { withoutBlock } from "./block.ts";
import { type Edit, lefthookConfig, preCommitConfig, shellHook } from "./edits.ts";

const HOOK = "#!/usr/bin/env bash\nset -eu\nnpm test\n";
const REPOS = "# ours\nrepos:\n- repo: https://example.org/hooks\n  rev: v1\n  hooks:\n  - id: black\n";
const DEEP = "default_stages: [pre-commit]\nrepos:   # all\n    - repo: local\n      hooks: []\nfail_fast: true\n";
const LEFTHOOK = "pre-push:\n  commands:\n    test:\n      run: go test\n";
const COMMANDS =
  "pre-commit:\n  parallel: true\n  commands:\n    # first\n    lint:\n      run: ruff check\ncommit-msg:\n  jobs: []\n";
const JOBS = "pre-commit:\n  jobs:\n    - name: lint\n      run: ruff check\n";

test.each<[name: string, edit: Edit, text: string]>([
  ["a script of a shell", shellHook, HOOK],
  ["a husky hook, which names no shell", shellHook, "npx lint-staged\n"],
  ["a list of repositories", preCommitConfig, REPOS],
  ["a list that is set in", preCommitConfig, DEEP],
  ["a lefthook without pre-commit", lefthookConfig, LEFTHOOK],
  ["commands of lefthook", lefthookConfig, COMMANDS],
  ["jobs of lefthook", lefthookConfig, JOBS],
])("%s: what is there stays, and taking it out gives what was there", (_name, edit, text) => {
  const edited = edit(text, "dgov preflight");
  if (!("text" in edited)) throw new Error(edited.why);
  expect(withoutBlock(edited.text)).toBe(text);
  expect(edited.text).toContain("dgov preflight");
  for (const line of text.split("\n")) expect(edited.text.split("\n")).toContain(line);
});

test("each runner reads it as its own", () => {
  const read = (edit: Edit, text: string) => {
    const edited = edit(text, "dgov preflight");
    return "text" in edited ? JSON.parse(JSON.stringify(Bun.YAML.parse(edited.text))) : edited;
  };
  expect(read(preCommitConfig, REPOS).repos[0].hooks[0]).toMatchObject({ entry: "dgov preflight", language: "system" });
  expect(read(preCommitConfig, DEEP).repos).toHaveLength(2);
  expect(read(lefthookConfig, LEFTHOOK)["pre-commit"].commands["dgov-preflight"]).toEqual({ run: "dgov preflight" });
  expect(Object.keys(read(lefthookConfig, COMMANDS)["pre-commit"].commands)).toEqual(["dgov-preflight", "lint"]);
  expect(read(lefthookConfig, JOBS)["pre-commit"].jobs[0]).toEqual({ name: "dgov preflight", run: "dgov preflight" });
});

test("a shell's script runs it first, and is ended where it does not pass", () => {
  const run = (command: string) => {
    const edited = shellHook("#!/bin/sh\necho mine\n", command);
    if (!("text" in edited)) throw new Error(edited.why);
    const { exitCode, stdout } = Bun.spawnSync(["sh", "-c", edited.text]);
    return [exitCode, stdout.toString()];
  };
  expect(run("true")).toEqual([0, "mine\n"]);
  expect(run("exit 5")).toEqual([5, ""]);
});

test.each<[why: string, edit: Edit, text: string]>([
  ["no script of a shell", shellHook, "#!/usr/bin/env python3\nprint()\n"],
  ['no line "repos:"', preCommitConfig, "repos: []\n"],
  ["no YAML", preCommitConfig, "repos:\n- a: [\n"],
  ["a list below it", lefthookConfig, "pre-commit:\n  parallel: true\n"],
  ["not known here", lefthookConfig, "pre-commit:\n  commands:\n    lint: {run: x}\npre-commit:\n  commands: {}\n"],
])("what cannot be added to is left, and says why: %s", (why, edit, text) => {
  expect(edit(text, "dgov preflight")).toEqual({ why: expect.stringContaining(why) });
});
