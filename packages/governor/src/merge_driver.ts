import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { DgovError } from "./error.ts";
import { createGit, type Git } from "./git/git.ts";
import { machineWords } from "./machine_words.ts";
import { createAnalyst } from "./semantic/analyst.ts";
import { textOf } from "./semantic/texts.ts";
import type { World } from "./session.ts";

/**
 * Three files as git hands them to a driver, and the path in the tree that they are of. The merge is written to `ours`.
 * `marker_size`, `labels`: as git gives them; null: git's own.
 */
export type DriverQuestion = {
  base: string;
  ours: string;
  theirs: string;
  path: string;
  marker_size: number | null;
  labels: { base: string | null; ours: string | null; theirs: string | null };
};

/**
 * What became of the file. `lines`: git's own merge had no conflict. `symbols`: git's had, and the merge by symbols has
 * none. `conflict`: git's markers are in it; `why` says in sentences what the merge by symbols has against it.
 */
export type DriverView = { path: string; did: "lines" | "symbols" | "conflict"; why: readonly string[] };

type Asking = Pick<World, "self" | "env"> & { cwd: string };

/**
 * Merges one file as git's own driver does; where that leaves a conflict, by symbols. Git's merge with its markers is
 * in the file before anything else is tried, so that nothing is lost whatever happens then.
 *
 * @throws DgovError `usage` when one of the files cannot be read
 */
export async function driveMerge({ cwd, self, env }: Asking, question: DriverQuestion): Promise<DriverView> {
  const { path } = question;
  const files: Files = {
    base: resolve(cwd, question.base),
    ours: resolve(cwd, question.ours),
    theirs: resolve(cwd, question.theirs),
  };
  const texts = { base: textIn(files.base), left: textIn(files.ours), right: textIn(files.theirs) };
  const git = createGit(cwd, env);
  const byLines = await mergeLines(git, files, question);
  if (byLines === null) return { path, did: "conflict", why: ["git takes it for binary, and our side is kept"] };
  writeFileSync(files.ours, byLines.bytes);
  if (byLines.conflicts === 0) return { path, did: "lines", why: [] };
  const { base, left, right } = texts;
  if (base === null || left === null || right === null)
    return { path, did: "conflict", why: ["it is not text in UTF-8 on all sides, or too long to be looked at"] };
  const analyst = createAnalyst(self, 1);
  try {
    const names = { left: question.labels.ours || "ours", right: question.labels.theirs || "theirs" };
    const merged = await analyst.merge({ path, texts: { base, left, right }, names });
    if (merged.did === "refused") return { path, did: "conflict", why: [merged.reason] };
    if (merged.did === "conflict")
      return { path, did: "conflict", why: merged.conflicts.map(({ sentence }) => sentence) };
    writeFileSync(files.ours, merged.text);
    return { path, did: "symbols", why: [] };
  } finally {
    analyst.close();
  }
}

const TEXT_MAX_BYTES = 2 * 1024 * 1024;

type Files = { base: string; ours: string; theirs: string };

/** Git's merge of three files by lines; null: it takes one of them for binary. Git counts up to 127 conflicts. */
async function mergeLines(
  git: Git,
  { base, ours, theirs }: Files,
  { path, marker_size, labels }: DriverQuestion,
): Promise<{ bytes: Uint8Array; conflicts: number } | null> {
  const size = marker_size === null ? [] : [`--marker-size=${marker_size}`];
  const named = [labels.ours || "ours", labels.base || "base", labels.theirs || "theirs"].flatMap((one) => ["-L", one]);
  const asked = ["merge-file", "-p", ...size, ...named, "--", ours, base, theirs];
  const ok = [...Array(128).keys(), 255];
  const { exit, bytes, stderr } = await git.ask(asked, { user: true, ok });
  if (exit !== 255) return { bytes, conflicts: exit };
  if (/binary/i.test(stderr)) return null;
  throw new DgovError("git_failed", `Cannot merge "${path}": git says "${stderr.trim()}"`);
}

/** null: it is none in UTF-8, or too long. */
function textIn(file: string): string | null {
  try {
    const bytes = readFileSync(file);
    return bytes.length > TEXT_MAX_BYTES ? null : textOf(bytes).text;
  } catch (error) {
    throw new DgovError("usage", `Cannot merge "${file}": ${machineWords(error)}`, { cause: error });
  }
}
