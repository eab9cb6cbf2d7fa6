import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { carryOver, integrate, type Mend } from "./integrate.ts";
import { landingCommit } from "./landing_commit.ts";
import { type Content, type Repository, repository } from "./testing/repository.ts";

setDefaultTimeout(60_000); // many processes each, and the machine may be busy

const made: Repository[] = [];
afterEach(() => {
  for (const one of made.splice(0)) one.remove();
});

type Files = Record<string, Content | null>;
/** A base, and two commits on it: what the target did and what the candidate did. */
const fork = async (base: Files, target: Files | null, work: Files) => {
  const repo = await repository(base);
  made.push(repo);
  const at = await repo.user("rev-parse", "HEAD");
  await repo.user("switch", "-q", "-c", "work");
  const candidate = await repo.commit(work, "work");
  await repo.user("switch", "-q", "main");
  const head = target === null ? at : await repo.commit(target, "target");
  const more = {
    message: "Add it\n\nBecause\n",
    trailers: { "Dgov-Run": "r1", "Dgov-Attempt": 2 },
    at_ms: 1_700_000_000_000,
  };
  return {
    repo,
    base: at,
    head,
    candidate,
    more,
    result: (mend?: Mend) => integrate(repo.git, { base: at, head, candidate, ...(mend ? { mend } : {}) }),
  };
};
/** The conflicts by path and kind, whatever stands there. */
const told = async (result: ReturnType<typeof integrate>) => {
  const integrated = await result;
  if (integrated.kind !== "conflict") throw new Error(integrated.kind);
  return integrated.conflicts.map(({ path, kind }) => ({ path, kind }));
};
const LINES = Array.from({ length: 20 }, (_, at) => `line ${at}\n`).join("");

test("on an unmoved head the tree is the candidate's own", async () => {
  const { repo, head, candidate, result, more } = await fork({ a: "1\n" }, null, { a: "2\n" });
  const integrated = await result();
  if (integrated.kind !== "clean") throw new Error(integrated.kind);
  expect(integrated.tree).toBe(await repo.user("rev-parse", `${candidate}^{tree}`));
  const commit = await landingCommit(repo.git, { head, tree: integrated.tree }, more);
  expect(await repo.user("log", "-1", "--format=%P|%an <%ae>|%ct|%B", commit)).toBe(
    `${head}|dgov <dgov@localhost>|1700000000|Add it\n\nBecause\n\nDgov-Run: r1\nDgov-Attempt: 2\n`,
  );
  expect(await repo.user("interpret-trailers", "--parse", "--no-divider", "/dev/null")).toBe("");
  expect(await repo.user("log", "-1", "--format=%(trailers:key=Dgov-Run,valueonly)", commit)).toBe("r1\n");
  expect(await result()).toEqual(integrated);
  expect(await landingCommit(repo.git, { head, tree: integrated.tree }, more)).toBe(commit);
});

test("both sides' changes are in the result, also in one file", async () => {
  const ours = LINES.replace("line 1\n", "ours 1\n");
  const theirs = LINES.replace("line 18\n", "theirs 18\n");
  const { repo, result } = await fork({ a: LINES }, { a: ours, b: "b\n" }, { a: theirs, c: "c\n" });
  const integrated = await result();
  if (integrated.kind !== "clean") throw new Error(integrated.kind);
  expect(await repo.user("cat-file", "blob", `${integrated.tree}:a`)).toBe(
    ours.replace("line 18\n", "theirs 18\n").trimEnd(),
  );
  expect(await repo.user("ls-tree", "--name-only", integrated.tree)).toBe("a\nb\nc");
});

test.each<[string, Files, Files, Files, { path: string; kind: string }[]]>([
  ["one line edited by both", { a: "1\n" }, { a: "2\n" }, { a: "3\n" }, [{ path: "a", kind: "content" }]],
  ["one file added by both", { x: "" }, { a: "2\n" }, { a: "3\n" }, [{ path: "a", kind: "add_add" }]],
  ["edited here and deleted there", { a: "1\n" }, { a: null }, { a: "3\n" }, [{ path: "a", kind: "modify_delete" }]],
  ["deleted here and edited there", { a: "1\n" }, { a: "3\n" }, { a: null }, [{ path: "a", kind: "modify_delete" }]],
  ["a name in other letters", { "é b": "1\n" }, { "é b": "2\n" }, { "é b": "3\n" }, [{ path: "é b", kind: "content" }]],
  ["a binary file", { a: "\0x1" }, { a: "\0x2" }, { a: "\0x3" }, [{ path: "a", kind: "content" }]],
])("conflict: %s", async (_, base, target, work, conflicts) => {
  const { result, repo } = await fork(base, target, work);
  expect(await told(result())).toEqual(conflicts as never);
  expect(await repo.user("status", "--porcelain")).toBe("");
});

test("a file renamed by the target is not followed: the edit is a conflict", async () => {
  const { result } = await fork({ a: LINES }, { a: null, b: LINES }, { a: `${LINES}more\n` });
  expect(await told(result())).toEqual([{ path: "b", kind: "renamed" }]);
});

test("a folder renamed by the target does not drag a new file along", async () => {
  const { repo, result } = await fork(
    { "d/a": LINES, "d/b": `${LINES}b` },
    { "d/a": null, "d/b": null, "e/a": LINES, "e/b": `${LINES}b` },
    { "d/new": "n" },
  );
  const integrated = await result();
  if (integrated.kind !== "clean") throw new Error(integrated.kind);
  expect(await repo.user("ls-tree", "-r", "--name-only", integrated.tree)).toBe("d/new\ne/a\ne/b");
});

test("the same change on both sides has landed already", async () => {
  const { repo, head, result } = await fork({ a: "1\n" }, { a: "2\n", n: "n\n" }, { a: "2\n", n: "n\n" });
  const tree = await repo.user("rev-parse", `${head}^{tree}`);
  expect(await result()).toEqual({ kind: "already", tree });
});

test("the base stays the base when the target was rewritten and has another history", async () => {
  const { repo, base, candidate } = await fork({ a: LINES, gone: "x" }, null, {
    a: LINES.replace("line 18\n", "work\n"),
  });
  await repo.user("switch", "-q", "--orphan", "other");
  const head = await repo.commit({ a: LINES.replace("line 1\n", "other\n") }, "other root");
  const integrated = await integrate(repo.git, { base, head, candidate });
  if (integrated.kind !== "clean") throw new Error(integrated.kind);
  expect(await repo.user("cat-file", "blob", `${integrated.tree}:a`)).toContain("other\n");
  expect(await repo.user("ls-tree", "--name-only", integrated.tree)).toBe("a");
});

test("a merge driver that the repository names is not run", async () => {
  const { repo, result } = await fork({ a: "1\n", ".gitattributes": "* merge=evil\n" }, { a: "2\n" }, { a: "3\n" });
  const evil = join(repo.folder, "ran");
  await repo.user("config", "merge.evil.driver", `touch ${evil}`);
  expect((await result()).kind).toBe("conflict");
  expect(existsSync(evil)).toBe(false);
});

const all = () => true;

test("what of the kept work is not claimed is not gone on from", async () => {
  const {
    candidate: kept,
    head,
    repo,
  } = await fork({ a: "1\n", b: "1\n" }, { c: "c\n" }, { a: "2\n", b: "2\n", n: "n\n" });
  const tree = await carryOver(repo.git, { kept, head, only: (path) => path === "a" });
  expect(await repo.user("ls-tree", "--name-only", tree ?? "")).toBe("a\nb\nc");
  expect(await repo.user("show", `${tree}:a`)).toBe("2");
  expect(await repo.user("show", `${tree}:b`)).toBe("1");
});

test("kept work goes over to a new head, or does not", async () => {
  const clean = await fork({ a: LINES }, { b: "b\n" }, { a: `more\n${LINES}` });
  const { candidate: kept, head, repo } = clean;
  const tree = await carryOver(repo.git, { kept, head, only: all });
  expect(await repo.user("ls-tree", "--name-only", tree ?? "")).toBe("a\nb");
  const torn = await fork({ a: "1\n" }, { a: "2\n" }, { a: "3\n" });
  expect(await carryOver(torn.repo.git, { kept: torn.candidate, head: torn.head, only: all })).toBeNull();
});

test("where only texts conflict, another content takes their place and all else is as git merged it", async () => {
  const { repo, result } = await fork(
    { a: "1\n", b: LINES, "d/e": "1\n" },
    { a: "ours\n", b: LINES.replace("line 1\n", "ours 1\n"), "d/e": "ours\n" },
    { a: "theirs\n", b: LINES.replace("line 18\n", "theirs 18\n"), "d/e": "theirs\n", c: "c\n" },
  );
  const seen: string[] = [];
  const integrated = await result(async (conflicts) => {
    const { objects } = repo.git;
    for (const { path, blobs } of conflicts) {
      const texts = [blobs.base, blobs.ours, blobs.theirs].map((blob) => objects.content(blob?.oid ?? ""));
      seen.push(`${path}: ${(await Promise.all(texts)).map((one) => new TextDecoder().decode(one).trim())}`);
    }
    return new Map(conflicts.map(({ path }) => [path, new TextEncoder().encode(`both in ${path}\n`)]));
  });
  expect(seen).toEqual(["a: 1,ours,theirs", "d/e: 1,ours,theirs"]);
  if (integrated.kind !== "clean") throw new Error(integrated.kind);
  expect(integrated.mended).toEqual(["a", "d/e"]);
  const shown = (path: string) => repo.user("cat-file", "blob", `${integrated.tree}:${path}`);
  expect(await shown("a")).toBe("both in a");
  expect(await shown("d/e")).toBe("both in d/e");
  expect(await shown("b")).toContain("theirs 18");
  expect(await shown("b")).toContain("ours 1");
  expect(await shown("c")).toBe("c");
});

test("what is not a text on both sides is not asked about, and a conflict that is left is one", async () => {
  const never: Mend = async () => {
    throw new Error("It was asked");
  };
  const removed = await fork({ a: "1\n", b: "1\n" }, { a: null, b: "ours\n" }, { a: "theirs\n", b: "theirs\n" });
  expect(await told(removed.result(never))).toEqual([
    { path: "a", kind: "modify_delete" },
    { path: "b", kind: "content" },
  ]);
  const text = await fork({ a: "1\n" }, { a: "ours\n" }, { a: "theirs\n" });
  expect(await told(text.result(async () => null))).toEqual([{ path: "a", kind: "content" }]);
});
