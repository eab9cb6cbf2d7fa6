import { createHash } from "node:crypto";
import type { Git } from "../git/git.ts";
import { readRows, treeOf } from "../git/tree_object.ts";
import type { Layout } from "../project.ts";
import { isTestPath } from "../sops.ts";
import { isTestFile } from "../test_files.ts";

/** A test file and the sha-256 (hex) of its bytes. */
export type TestFile = { path: string; sha256: string };

/** The tests of a commit, by path: what lies in the project's folder of tests, and what is one by its name. */
export async function testFiles(git: Git, commit: string, { test_dir }: Pick<Layout, "test_dir">): Promise<TestFile[]> {
  const isTest = (path: string) =>
    (test_dir !== "." && path.startsWith(`${test_dir}/`)) || isTestFile(path) || isTestPath(path);
  const found = await filesIn(git, await treeOf(git, commit), "");
  const tests = found.filter(({ path }) => isTest(path) && !path.startsWith(".dgov/"));
  const hashed = tests.map(async ({ path, oid }) => ({ path, sha256: sha256(await git.objects.content(oid)) }));
  return (await Promise.all(hashed)).sort((one, other) => (one.path < other.path ? -1 : 1));
}

async function filesIn(git: Git, tree: string, at: string): Promise<{ path: string; oid: string }[]> {
  const rows = await readRows(git, tree);
  const parts = rows.map(({ kind, name, oid }) => {
    if (kind === "folder") return filesIn(git, oid, `${at}${name}/`);
    return kind === "gitlink" ? [] : [{ path: `${at}${name}`, oid }];
  });
  return (await Promise.all(parts)).flat();
}

/** One digest (sha-256, hex) for all of them: equal where every path and every byte is. */
export const digestOf = (files: readonly TestFile[]): string => sha256(JSON.stringify(files));

/** Which of the tests that were there before are other ones now, or gone. */
export function changedTests(before: readonly TestFile[], after: readonly TestFile[]): string[] {
  const now = new Map(after.map(({ path, sha256 }) => [path, sha256]));
  return before.filter(({ path, sha256 }) => now.get(path) !== sha256).map(({ path }) => path);
}

const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");
