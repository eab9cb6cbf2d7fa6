import { afterEach, describe, expect, test } from "bun:test";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DgovError } from "./error.ts";
import { addCheckEvidence, addCommitEvidence } from "./evidence.ts";
import { type Repository, repository } from "./git/testing/repository.ts";
import { checkStatements } from "./statements.ts";

const open: Repository[] = [];
afterEach(() => {
  for (const repo of open.splice(0)) repo.remove();
});

const PROJECT = '[verify.bad]\ndescription = ""\ncommand = "false"\n';

async function lay() {
  const files = {
    "src/a.txt": "1\n",
    "docs/b.txt": "1\n",
    ".dgov/.gitignore": "runtime/\n",
    ".dgov/project.toml": PROJECT,
  };
  const repo = await repository(files);
  open.push(repo);
  const env = { PATH: process.env.PATH, HOME: repo.folder };
  const from = { cwd: repo.root, env, now_ms: () => 5, signal: new AbortController().signal };
  const state = async (...lines: string[]) => {
    writeFileSync(join(repo.root, ".dgov/evidence.toml"), ["[[statement]]", ...lines, ""].join("\n"));
    try {
      return (await checkStatements(from)).statements.map(({ standing }) => standing);
    } catch (error) {
      if (!(error instanceof DgovError)) throw error;
      return error.places.map(({ code, file, line }) => `${code} ${file}:${line}`);
    }
  };
  return { repo, from, state };
}

const row = (evidence: string) => [
  ...[
    'id = "limits"',
    'text = "It is limited"',
    'scope = ["src/"]',
    'exclusions = ["bursts"]',
    `evidence = ["${evidence}"]`,
  ],
];

describe("G7 a statement, its scope, what it does not say, and its evidence", () => {
  test("it is held until a file of its scope changes, committed or not", async () => {
    const { repo, from, state } = await lay();
    const { id } = await addCommitEvidence(from, { commit: "HEAD", note: "" });
    expect(await state(...row(id))).toEqual(["held"]);
    await repo.commit({ "docs/b.txt": "2\n" });
    expect(await state(...row(id))).toEqual(["held"]);
    writeFileSync(join(repo.root, "src/a.txt"), "2\n");
    expect(await state(...row(id))).toEqual(["stale"]);
    await repo.commit({ "src/a.txt": "2\n" });
    expect(await state(...row(id))).toEqual(["stale"]);
  });

  test("evidence that fails shows the contrary", async () => {
    const { from, state } = await lay();
    const { id } = await addCheckEvidence(from, { recipe: "bad", note: "" });
    expect(await state(...row(id))).toEqual(["fails"]);
  });

  test("evidence of a tree that is not here shows nothing", async () => {
    const [{ repo, state }, other] = [await lay(), await lay()];
    await other.repo.commit({ "src/a.txt": "elsewhere\n" });
    const { id } = await addCommitEvidence(other.from, { commit: "HEAD", note: "" });
    cpSync(join(other.repo.root, ".dgov/evidence"), join(repo.root, ".dgov/evidence"), { recursive: true });
    expect(await state(...row(id))).toEqual(["unknown"]);
  });

  test("a row without exclusions, and evidence that is not there, are rejected with their place", async () => {
    const { from, state } = await lay();
    const { id } = await addCommitEvidence(from, { commit: "HEAD", note: "" });
    const file = ".dgov/evidence.toml";
    const without = row(id).filter((line) => !line.startsWith("exclusions"));
    expect(await state(...without)).toEqual([expect.stringContaining(`${file}:1`)]);
    expect(await state(...without, "exclusions = []")).toEqual([expect.stringContaining(`${file}:6`)]);
    expect(await state(...row("E-00000000"))).toEqual([`evidence_dangling ${file}:6`]);
    expect(await state(...row(id), "[[statement]]", ...row(id))).toEqual([`duplicate_id ${file}:8`]);
    const outside = row(id).map((line) => line.replace("src/", "../x"));
    expect(await state(...outside)).toEqual([`scope_invalid ${file}:4`]);
    expect(await state(...row(id), 'more = "x"')).toEqual([expect.stringContaining(`${file}:7`)]);
  });
});
