import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { DgovError } from "./error.ts";

/**
 * The project's root, looked for upward from a folder or file: the folder that holds `.dgov` or `.git`.
 * Where there is neither it is the start itself, and what needs a repository will say so.
 *
 * @returns an absolute path without symbolic links
 */
export function findRoot(start: string): string {
  const real = realpathSync(start);
  const first = statSync(real).isDirectory() ? real : dirname(real);
  for (let folder = first; ; folder = dirname(folder)) {
    if (basename(folder) === ".dgov") return dirname(folder);
    if (isFolder(join(folder, ".dgov")) || existsSync(join(folder, ".git"))) return folder;
    if (dirname(folder) === folder) return first;
  }
}

/**
 * The plan that the user means: a path (from where they stand), or the bare name of a plan under `.dgov/plans`.
 * A path to `_root.toml` or `_compiled.toml` is taken as the folder that holds it.
 *
 * @returns the plan's folder relative to the root, with slashes
 * @throws DgovError `plan_not_found` when there is nothing, `not_a_plan` when it is no plan of this project
 */
export function findPlan(root: string, cwd: string, text: string): string {
  const named = /^[A-Za-z0-9_-]+$/.test(text) ? [join(root, ".dgov/plans", text)] : [];
  const found = [resolve(cwd, text), ...named].find((path) => existsSync(join(path, "_root.toml")));
  const path = found ?? resolve(cwd, text);
  if (!existsSync(path)) throw notFound(root, text);
  const real = realpathSync(path);
  const folder = /^_(root|compiled)\.toml$/.test(basename(real)) ? dirname(real) : real;
  if (!isFolder(folder)) throw new DgovError("not_a_plan", `Cannot use "${text}" as a plan: it is a file`);
  const dir = relative(realpathSync(root), folder);
  if (dir === "" || dir === ".." || dir.startsWith(`..${sep}`))
    throw new DgovError("not_a_plan", `Cannot use "${text}" as a plan: it must stay under the project root "${root}"`);
  if (!existsSync(join(folder, "_root.toml")))
    throw new DgovError("not_a_plan", `Cannot use "${text}" as a plan: it has no "_root.toml"`);
  return dir.split(sep).join("/");
}

function notFound(root: string, text: string): DgovError {
  const archived = `.dgov/plans/archive/${basename(text)}`;
  const hint = existsSync(join(root, archived, "_root.toml")) ? { hint: `It is archived: ${archived}` } : {};
  return new DgovError("plan_not_found", `Cannot find the plan "${text}"`, hint);
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** The folder for the whole outputs of one attempt, relative to that of its run, `.dgov/out/RUN`. */
export const outOf = ({ task, attempt }: { task: string; attempt: number }): string =>
  `${task.replaceAll("/", ".")}/${attempt}`;
