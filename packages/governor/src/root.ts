import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { DgovError } from "./error.ts";
import { machineWords } from "./machine_words.ts";

/** The folder beside plans that holds those that are done with. */
export const ARCHIVE = "archive";

/** Where plans are: those that people keep, and those that were made for them, which are not committed. */
export const PLANS = ".dgov/plans";
export const MADE_PLANS = ".dgov/runtime/auto-plans";
export const FIX_PLANS = ".dgov/runtime/fix-plans";
export const HOMES = [PLANS, MADE_PLANS, FIX_PLANS] as const;

const PLAN_FILE = /^_(root|compiled)\.toml$/;

/**
 * The project's root, looked for upward from a folder or file: the folder that holds `.dgov` or `.git`.
 * Where there is neither it is the start itself, and what needs a repository will say so.
 *
 * @returns an absolute path without symbolic links
 * @throws DgovError `usage` where the start is not there
 */
export function findRoot(start: string): string {
  const real = realOf(start);
  const first = statSync(real).isDirectory() ? real : dirname(real);
  for (let folder = first; ; folder = dirname(folder)) {
    if (basename(folder) === ".dgov") return dirname(folder);
    if (isFolder(join(folder, ".dgov")) || existsSync(join(folder, ".git"))) return folder;
    if (dirname(folder) === folder) return first;
  }
}

function realOf(start: string): string {
  try {
    return realpathSync(start);
  } catch (cause) {
    const hint = "Name a folder that is there, or go into one";
    throw new DgovError("usage", `Cannot look for a project in "${start}": ${machineWords(cause)}`, { cause, hint });
  }
}

/**
 * The plan that the user means: a path (from where they stand), or the bare name of a plan in one of `HOMES`.
 * A path to `_root.toml` or `_compiled.toml` is taken as the folder that holds it.
 *
 * @returns the plan's folder relative to the root, with slashes
 * @throws DgovError `plan_not_found` when there is nothing, `not_a_plan` when it is no plan of this project, `usage` for a name of
 * two plans
 */
export function findPlan(root: string, cwd: string, text: string): string {
  const meant = placesOf(root, cwd, text);
  const [path = resolve(cwd, text), ...others] = isPlan(resolve(cwd, text)) ? [] : meant.filter(isPlan);
  if (others.length > 0) throw ambiguous(root, text, [path, ...others]);
  if (!existsSync(path)) throw notFound(root, meant, text);
  const real = realpathSync(path);
  const folder = PLAN_FILE.test(basename(real)) ? dirname(real) : real;
  if (!isFolder(folder)) throw new DgovError("not_a_plan", `Cannot use "${text}" as a plan: it is a file`);
  const dir = relative(realpathSync(root), folder);
  if (dir === "" || dir === ".." || dir.startsWith(`..${sep}`))
    throw new DgovError("not_a_plan", `Cannot use "${text}" as a plan: it must stay under the project root "${root}"`);
  if (!existsSync(join(folder, "_root.toml")))
    throw new DgovError("not_a_plan", `Cannot use "${text}" as a plan: it has no "_root.toml"`);
  return dir.split(sep).join("/");
}

/**
 * The same for who only looks: a plan that is not there any more is looked for in the archive beside where it was.
 *
 * @throws DgovError as `findPlan`
 */
export function findPlanOrArchived(root: string, cwd: string, text: string): string {
  const meant = placesOf(root, cwd, text);
  const archived = existsSync(resolve(cwd, text)) || meant.some(isPlan) ? undefined : archivedOf(meant);
  return findPlan(root, cwd, archived ?? text);
}

/** Where a plan may be that is meant by a text: absolute paths of folders, or of what is no plan. */
function placesOf(root: string, cwd: string, text: string): string[] {
  const named = /^[A-Za-z0-9_-]+$/.test(text) ? HOMES.map((home) => join(root, home, text)) : [];
  return [resolve(cwd, text), ...named];
}

const isPlan = (path: string): boolean => existsSync(join(path, "_root.toml"));

function archivedOf(meant: readonly string[]): string | undefined {
  const folders = meant.map((path) => (PLAN_FILE.test(basename(path)) ? dirname(path) : path));
  return folders.map((path) => join(dirname(path), ARCHIVE, basename(path))).find(isPlan);
}

function ambiguous(root: string, text: string, plans: readonly string[]): DgovError {
  const paths = plans.map((path) => `"${relative(root, path)}"`).join(" or ");
  return new DgovError("usage", `Cannot tell which plan "${text}" is: ${paths}`, { hint: "Name its folder" });
}

function notFound(root: string, meant: readonly string[], text: string): DgovError {
  const archived = archivedOf(meant);
  const hint = archived === undefined ? {} : { hint: `It is archived: ${relative(root, archived)}` };
  return new DgovError("plan_not_found", `Cannot find the plan "${text}"`, hint);
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** The folder for the whole outputs of one attempt, relative to that of its run, `.dgov/out/RUN`. */
export const outOf = ({ task, attempt }: { task: string; attempt: number }): string =>
  `${task.replaceAll("/", ".")}/${attempt}`;
