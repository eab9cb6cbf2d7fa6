import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync, realpathSync } from "node:fs";
import { join, posix } from "node:path";
import { DgovError } from "../error.ts";
import { HOOK_NAMES, type HookName, type LifecycleTable } from "../lifecycle_file.ts";

/** A file of the repository that a hook names, as it was read: what is approved and what is run are these bytes. */
export type PinnedFile = { path: string; executable: boolean; bytes: Uint8Array; sha256: string };

/** The hooks of a project with the files that they name. `sha256`: of both, in hex. */
export type PinnedHooks = {
  root: string; // absolute, of the repository
  commands: readonly { hook: HookName; command: string }[]; // in the order of a run
  timeout_ms: number;
  files: readonly PinnedFile[]; // sorted by path
  sha256: string;
};

const FILE_MAX_BYTES = 4 * 1024 * 1024;

/** @returns null when the project has no hooks. @throws DgovError `config_invalid` for a file that is too large */
export function pinHooks(root: string, table: LifecycleTable): PinnedHooks | null {
  const commands = HOOK_NAMES.flatMap((hook) => {
    const command = table[hook];
    return command === undefined ? [] : [{ hook, command }];
  });
  if (commands.length === 0) return null;
  const named = new Set(commands.flatMap(({ command }) => pathsIn(command)));
  const files = [...named].toSorted().flatMap((path) => readNamed(root, path) ?? []);
  const told = [commands, table.timeout_s, files.map(({ path, executable, sha256 }) => [path, executable, sha256])];
  return { root, commands, timeout_ms: table.timeout_s * 1000, files, sha256: hashOf(JSON.stringify(told)) };
}

/** Every word of a command that could be a path in the repository, as the shell would read it or more: more is only read. */
function pathsIn(command: string): string[] {
  const words = command.split(/[\s;|&()<>"'`=]+/).filter((word) => word !== "" && !word.startsWith("/"));
  return words.map((word) => posix.normalize(word)).filter((path) => path !== "." && !/^\.\.(\/|$)/.test(path));
}

/** A regular file that stands in the repository itself, and is reached through no link; null: there is none. */
function readNamed(root: string, path: string): PinnedFile | null {
  const full = join(root, path);
  if (!existsSync(full)) return null; // a word may be anything, also what no file can be called
  const at = lstatSync(full);
  if (!at.isFile() || realpathSync(full) !== join(realpathSync(root), path)) return null;
  if (at.size > FILE_MAX_BYTES)
    throw new DgovError("config_invalid", `Cannot pin "${path}", which a hook names: it is larger than 4 MiB`);
  const bytes = readFileSync(full);
  return { path, executable: (at.mode & 0o111) !== 0, bytes, sha256: hashOf(bytes) };
}

const hashOf = (of: string | Uint8Array): string => createHash("sha256").update(of).digest("hex");
