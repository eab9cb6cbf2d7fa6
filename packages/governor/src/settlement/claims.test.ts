import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freeze } from "../git/candidate.ts";
import { type Content, type Repository, repository, writeFiles } from "../git/testing/repository.ts";
import { openPool, poolFolder } from "../git/worktrees.ts";
import { ignoreRule } from "../ignore.ts";
import type { Files } from "../plan/compiled.ts";
import { claimsGate } from "./claims.ts";
import { SECRETS_SAMPLES } from "./content.ts";
import { projectWith, unitWith } from "./testing/parts.ts";

setDefaultTimeout(60_000); // many processes each, and the machine may be busy

const made: Repository[] = [];
afterEach(() => {
  for (const one of made.splice(0)) one.remove();
});

type Work = Record<string, Content | null> | ((root: string) => void);
type Rules = {
  ignore?: string[];
  allow?: string[];
  deny?: string[];
  diff_max_files?: number;
  allow_binary?: boolean;
  touched?: string[];
};
const BASE = {
  "src/a.py": "a = 1\n",
  "src/b.py": "b = 1\n",
  "uv.lock": "1\n",
  ".gitignore": "*.log\n",
  key: "-----BEGIN RSA PRIVATE KEY-----\n",
};
const DEFAULT_IGNORE = [".venv", "uv.lock", "__pycache__", "*.pyc"];

/** Freezes the work as an attempt does and asks the gate. @returns "pass", or the cause and the codes with their paths */
async function ask(files: Partial<Files>, work: Work, rules: Rules = {}): Promise<string> {
  const repo = await repository(BASE);
  made.push(repo);
  const {
    ignore = DEFAULT_IGNORE,
    allow = [],
    deny = [],
    diff_max_files = 100,
    allow_binary = true,
    touched = [],
  } = rules;
  const project = projectWith(repo.root, {
    rules: {
      scope: { ignore, allow, deny, diff_max_files, allow_binary, mirrors: [], policy: { mode: "enforce", rules: [] } },
    },
  });
  const base = await repo.user("rev-parse", "HEAD");
  const pool = openPool(repo.git, { folder: poolFolder(repo.root, {}), now_ms: () => 0 });
  const slot = await pool.acquire(base);
  if (typeof work === "function") work(slot.path);
  else writeFiles(slot.path, work);
  const { tree, changes, ignored } = await freeze(slot, { base, ignores: ignoreRule(ignore) });
  slot.release();
  await pool.close();
  const unit = unitWith(files);
  const symbols = async () => ({ touches: [], unknown: [] });
  const shown = { stated: [], watched: null };
  const candidate = { git: repo.git, project, unit, base, tree, changes, ignored, touched, symbols, shown };
  const judged = await claimsGate.check(candidate);
  if (judged.verdict === "pass") return "pass";
  return [judged.cause, ...judged.findings.map(({ code, path }) => (path ? `${code} ${path}` : code))].join(", ");
}

type Row = [string, Partial<Files>, Work, Rules, string];

test.each<Row>([
  ["a claimed edit", { edit: ["src/a.py"] }, { "src/a.py": "2" }, {}, "pass"],
  ["a claimed new file", { create: ["src/n.py"] }, { "src/n.py": "2" }, {}, "pass"],
  ["a claimed deletion", { delete: ["src/a.py"] }, { "src/a.py": null }, {}, "pass"],
  ["a touch claim", { touch: ["src/a.py"] }, { "src/a.py": "2" }, {}, "pass"],
  ["the executable bit", { edit: ["src/a.py"] }, (root) => chmodSync(join(root, "src/a.py"), 0o755), {}, "pass"],
  [
    "an edit beside the claim",
    { edit: ["src/a.py"] },
    { "src/a.py": "2", "src/b.py": "2" },
    {},
    "scope, unclaimed_change src/b.py",
  ],
  ["no claims at all", {}, { "src/a.py": "2" }, {}, "scope, unclaimed_change src/a.py"],
  [
    "D2 a file it may only read",
    { edit: ["src/a.py"], read: ["src/b.py"] },
    { "src/a.py": "2", "src/b.py": "2" },
    {},
    "read_scope, read_only_change src/b.py",
  ],
  [
    "D2 one to read and one of nobody",
    { read: ["src/b.py"] },
    { "src/b.py": "2", "src/c.py": "2" },
    {},
    "scope, unclaimed_change src/c.py",
  ],
  [
    "D1 both sides of a rename",
    { create: ["src/z.py"] },
    { "src/a.py": null, "src/z.py": "a = 1\n" },
    {},
    "scope, unclaimed_change src/a.py",
  ],
  ["a case variant of a claim", { edit: ["src/a.py"] }, { "src/A.py": "2" }, {}, "scope, unclaimed_change src/A.py"],
  ["a folder claim", { edit: ["src/"] }, { "src/deep/n.py": "2" }, {}, "pass"],
  ["a claim written with ./", { edit: ["./src/a.py"] }, { "src/a.py": "2" }, {}, "pass"],
  ["a symbol claim covers its file here", { edit: ["src/a.py::f"] }, { "src/a.py": "2" }, {}, "pass"],
  ["D5 nothing", { edit: ["src/a.py"] }, {}, {}, "empty_diff, empty_diff"],
  ["D5 only what git ignores", { create: ["x.log"] }, { "x.log": "2" }, {}, "empty_diff, ignored_by_git x.log"],
  ["only what the project ignores", { edit: ["src/a.py"] }, { "uv.lock": "2" }, {}, "empty_diff, empty_diff"],
  [
    "RV-10 a denied file, though claimed",
    { create: ["registry/snapshots/x"] },
    { "registry/snapshots/x": "2" },
    { deny: ["registry/snapshots/**"] },
    "path_policy, path_denied registry/snapshots/x",
  ],
  [
    "RV-11 a file that is not allowed, though claimed",
    { create: ["README"] },
    { README: "2" },
    { allow: ["corpus/feed/**"] },
    "path_policy, path_not_allowed README",
  ],
  [
    "RV-12 an ignored file beside the allowed",
    { edit: ["src/a.py"] },
    { "src/a.py": "2", "uv.lock": "2" },
    { allow: ["src/**"] },
    "pass",
  ],
  [
    "RV-13 a denied folder",
    { create: ["secrets/x"] },
    { "secrets/x": "2" },
    { deny: ["secrets/"] },
    "path_policy, path_denied secrets/x",
  ],
  ["RV-14 an ignored file", { edit: ["src/a.py"] }, { "src/a.py": "2", "uv.lock": "2" }, {}, "pass"],
  [
    "RV-15 an ignored file and another",
    { edit: ["src/a.py"] },
    { "src/a.py": "2", "uv.lock": "2", "other.py": "2" },
    {},
    "scope, unclaimed_change other.py",
  ],
  ["RV-18 a virtual environment", { edit: ["src/a.py"] }, { "src/a.py": "2", ".venv/bin/python": "2" }, {}, "pass"],
  [
    "RV-19 many cache files",
    { edit: ["src/a.py"] },
    { "src/a.py": "2", ...Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`__pycache__/${at}.pyc`, "x"])) },
    {},
    "pass",
  ],
  [
    "RV-20 more files than may be",
    { edit: ["n/"] },
    Object.fromEntries(Array.from({ length: 6 }, (_, at) => [`n/${at}`, "x"])),
    { diff_max_files: 5 },
    "diff_size, diff_too_large",
  ],
  [
    "as many files as may be",
    { edit: ["n/"] },
    Object.fromEntries(Array.from({ length: 5 }, (_, at) => [`n/${at}`, "x"])),
    { diff_max_files: 5 },
    "pass",
  ],
  [
    "D3 RV-21 the governor's configuration",
    { edit: ["src/a.py"] },
    { ".dgov/project.toml": "x" },
    {},
    "reserved_path, reserved_path .dgov/project.toml",
  ],
  [
    "D3 RV-22 a baseline, ignored or not",
    { edit: ["src/"] },
    { ".sentrux/baseline.json": "x" },
    {},
    "reserved_path, reserved_path .sentrux/baseline.json",
  ],
  [
    "D4 RV-24 a write that was undone",
    { edit: ["src/a.py"] },
    { "src/a.py": "2" },
    { touched: ["src/a.py", "scratch.py"] },
    "scope, transient_write scratch.py",
  ],
  [
    "D4 RV-25 a reserved file that was written and undone",
    { edit: ["src/a.py"] },
    { "src/a.py": "2" },
    { touched: [".sentrux/baseline.json"], ignore: [".sentrux/"] },
    "reserved_path, transient_write .sentrux/baseline.json",
  ],
  [
    "an ignored file that was written and undone",
    { edit: ["src/a.py"] },
    { "src/a.py": "2" },
    { touched: ["__pycache__/x.pyc"] },
    "pass",
  ],
  ["a link inside the repository", { create: ["src/l"] }, { "src/l": { link: "a.py" } }, {}, "pass"],
  [
    "a link to an absolute path",
    { create: ["src/l"] },
    { "src/l": { link: "/etc/passwd" } },
    {},
    "path_policy, symlink_escape src/l",
  ],
  [
    "D1 a link out of the repository",
    { create: ["src/l"] },
    { "src/l": { link: "../../x" } },
    {},
    "path_policy, symlink_escape src/l",
  ],
  [
    "a link in a file's place",
    { edit: ["src/a.py"] },
    { "src/a.py": { link: "../.git/config" } },
    {},
    "path_policy, symlink_escape src/a.py",
  ],
  [
    "a file over 5 MiB",
    { create: ["big"] },
    { big: "x".repeat(5 * 1024 * 1024 + 1) },
    {},
    "path_policy, large_file big",
  ],
  ["a file of 5 MiB", { create: ["big"] }, { big: "x".repeat(5 * 1024 * 1024) }, {}, "pass"],
  ["a private key", { create: ["k"] }, { k: "\n-----BEGIN OPENSSH PRIVATE KEY-----\n" }, {}, "path_policy, secret k"],
  ["an AWS key", { create: ["k"] }, { k: `id = "AKIA${"A1".repeat(8)}"` }, {}, "path_policy, secret k"],
  [
    "a key behind much else",
    { create: ["k"] },
    { k: `${"x\n".repeat(2 * 1024 * 1024)}AKIA${"A1".repeat(8)}\n` },
    {},
    "path_policy, secret k",
  ],
  ["a GitHub token", { create: ["k"] }, { k: `ghp_${"a1".repeat(18)}` }, {}, "path_policy, secret k"],
  ...SECRETS_SAMPLES.map(
    ([name, text]): Row => [`D11 ${name}`, { create: ["k"] }, { k: `x = "${text}"\n` }, {}, "path_policy, secret k"],
  ),
  ["D11 a binary file", { create: ["k"] }, { k: "GIF\0\x01" }, {}, "pass"],
  [
    "D11 a binary file where none may come in",
    { create: ["k"] },
    { k: "GIF\0\x01" },
    { allow_binary: false },
    "path_policy, binary_file k",
  ],
  [
    "D11 a text where no binary file may come in",
    { create: ["k"] },
    { k: "GIF\x01\n" },
    { allow_binary: false },
    "pass",
  ],
  [
    "a key that the base already had",
    { edit: ["key"] },
    { key: "more\n-----BEGIN RSA PRIVATE KEY-----\n" },
    {},
    "pass",
  ],
  [
    "words about keys",
    { create: ["k"] },
    { k: "sk-learn AKIA PRIVATE KEY ghp_x task-force-one-hundred-and-twenty-three-times" },
    {},
    "pass",
  ],
  [
    "D1 a repository inside",
    { create: ["in/"] },
    (root) => {
      mkdirSync(join(root, "in"));
      writeFiles(root, {
        "in/.git/HEAD": "ref: refs/heads/main\n",
        "in/.git/objects/x": "",
        "in/.git/refs/x": "",
        "in/f": "x",
      });
    },
    {},
    "path_policy, gitlink in",
  ],
])("%s", async (_, files, work, rules, expected) => {
  expect(await ask(files, work, rules)).toBe(expected);
});

test("a name that is not UTF-8 cannot be claimed, so it cannot land", async () => {
  const odd = (root: string) => {
    writeFiles(root, { "src/a.py": "2" });
    writeFileSync(Buffer.concat([Buffer.from(`${root}/src/n`), Buffer.from([0xff])]), "x");
  };
  expect(await ask({ edit: ["src/"] }, odd)).toBe("path_policy, unstorable_name src/n\uFFFD");
});
