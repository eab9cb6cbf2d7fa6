import { chmodSync, existsSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { shellQuote } from "@dgov/sandbox/shell_quote";
import { DgovError } from "./error.ts";
import { hooksFolder } from "./git/git.ts";
import { withoutBlock } from "./hooks/block.ts";
import { type Edit, lefthookConfig, preCommitConfig, shellHook } from "./hooks/edits.ts";
import { findCommitPlace } from "./preflight/place.ts";
import type { World } from "./session.ts";
import { writeAtomic } from "./write.ts";

/** Who runs a repository's hooks. `hooks`: git itself, from its folder. */
export const HOOK_HOMES = ["husky", "lefthook", "pre-commit", "hooks"] as const;
export type HookHome = (typeof HOOK_HOMES)[number];

/** `home`: null for all. `files`: what is concerned, relative to the root where they are in it. `changed`: whether anything was. */
export type HookView = { home: HookHome | null; installed: boolean; changed: boolean; files: readonly string[] };

type Asking = Pick<World, "env" | "self"> & { cwd: string };
type HookFile = { path: string; edit: Edit; command: string; is_program: boolean };

/** `home` null: whoever is there; all of them, to take it out. `symbols`: the hook says which symbols a commit touches. */
type Wanted = { install: boolean; home: HookHome | null; symbols: boolean };

/**
 * Adds preflight to the hooks before a commit and before a merge's, or takes it out again. What is there stays as it is,
 * and a second time changes nothing.
 *
 * @throws DgovError `usage` for a file that cannot be added to, with what to write by hand
 */
export async function setHook({ cwd, env, self }: Asking, { install, home, symbols }: Wanted): Promise<HookView> {
  const { root, common_dir } = findCommitPlace({ cwd, env });
  const chosen = home ?? (install ? homeIn(root) : null);
  const asked = ["preflight", ...(symbols ? ["--symbols"] : [])];
  const places = { root, common_dir, folder: await hooksFolder(root, env), self, asked };
  const homes = chosen === null ? HOOK_HOMES : [chosen];
  const files = homes.flatMap((one) => filesOf(one, places));
  const planned = files.map((file) => ({ file, ...(install ? added(file, root) : removed(file)) }));
  const changes = planned.filter(({ before, after }) => before !== after); // all are known to go before one is written
  for (const { file, after } of changes) write(file, after);
  const shown = install ? planned : changes;
  const paths = shown.map(({ file }) => named(root, file.path));
  return { home: chosen, installed: install, changed: changes.length > 0, files: paths };
}

type Change = { before: string | null; after: string | null };

function added(file: HookFile, root: string): Change {
  const before = textOf(file.path);
  const bare = before === null ? "" : (withoutBlock(before) ?? before);
  const edited = file.edit(bare === EMPTY ? "" : bare, file.command);
  if ("text" in edited) return { before, after: edited.text };
  throw new DgovError("usage", `Cannot add preflight to "${named(root, file.path)}": ${edited.why}`, {
    hint: `Have it run "${file.command}" before a commit, by hand`,
  });
}

function removed({ path }: HookFile): Change {
  const before = textOf(path);
  const bare = before === null ? null : withoutBlock(before);
  if (bare === null) return { before, after: before };
  return { before, after: bare.trim() === "" || bare === EMPTY ? null : bare };
}

/** A hook of our own without its block. */
const EMPTY = "#!/bin/sh\n";

function write({ path, is_program }: HookFile, text: string | null): void {
  if (text === null) {
    rmSync(path);
    return;
  }
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0o644;
  writeAtomic(existsSync(path) ? realpathSync(path) : path, text);
  chmodSync(path, is_program ? mode | 0o111 : mode);
}

const textOf = (path: string): string | null => (existsSync(path) ? readFileSync(path, "utf8") : null);
const named = (root: string, path: string): string => {
  return isIn(root, path) ? relative(root, path) : path;
};

const LEFTHOOK = ["lefthook.yml", "lefthook.yaml", ".lefthook.yml", ".lefthook.yaml"];
const PRE_COMMIT = ".pre-commit-config.yaml";

function homeIn(root: string): HookHome {
  if (existsSync(join(root, ".husky"))) return "husky";
  if (lefthookIn(root)) return "lefthook";
  return existsSync(join(root, PRE_COMMIT)) ? "pre-commit" : "hooks";
}

const lefthookIn = (root: string): string | undefined =>
  LEFTHOOK.map((name) => join(root, name)).find((path) => existsSync(path));

/** `asked`: of the program, which is `self` here. */
type Places = { root: string; common_dir: string; folder: string; self: readonly string[]; asked: readonly string[] };

function filesOf(home: HookHome, { root, common_dir, folder, self, asked }: Places): HookFile[] {
  const by_name = ["dgov", ...asked].join(" "); // what is committed is run on other machines, where it is wherever PATH has it
  const shared = { command: by_name, is_program: false };
  const inFolder = (into: string, command: string): HookFile[] =>
    HOOKS.map((name) => ({ path: join(into, name), edit: shellHook, command, is_program: true }));
  if (home === "husky") return inFolder(join(root, ".husky"), by_name);
  if (home === "lefthook")
    return [{ ...shared, path: lefthookIn(root) ?? join(root, LEFTHOOK[0] ?? ""), edit: lefthookConfig }];
  if (home === "pre-commit") return [{ ...shared, path: join(root, PRE_COMMIT), edit: preCommitConfig }];
  if (isIn(common_dir, folder)) return inFolder(folder, [...self, ...asked].map(shellQuote).join(" "));
  if (isIn(root, folder)) return inFolder(folder, by_name);
  return inFolder(folder, by_name).map((file) => ({
    ...file,
    edit: () => ({ why: "other repositories use it, too" }),
  }));
}

const isIn = (folder: string, path: string): boolean => !relative(folder, path).startsWith("..");

const HOOKS = ["pre-commit", "pre-merge-commit"];
