import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Place } from "../error.ts";

/**
 * Why a plan that reads well has no task, most likely cause first.
 *
 * @param folder   absolute path of the plan
 * @param file     how the finding names `_root.toml`
 * @param sections the declared ones; all exist
 */
export function emptyPlan(folder: string, file: string, sections: readonly string[]): Place {
  const { code, why } = diagnose(folder, sections);
  const message = `Cannot compile the plan: it has no tasks, because ${why}`;
  return { severity: "error", code, message, file, line: 1, column: 1, unit: null };
}

function diagnose(folder: string, sections: readonly string[]): { code: string; why: string } {
  const others = folders(folder).filter((name) => name !== "archive" && !sections.includes(name));
  const undeclared = others.filter((name) => tomlFiles(join(folder, name)).some(counts));
  const quoted = undeclared.map((name) => `"${name}"`).join(", ");
  if (undeclared.length > 0)
    return { code: "sections_undeclared", why: `[plan] sections does not name ${quoted}, where there are task files` };
  if (sections.length === 0) return { code: "sections_empty", why: "[plan] sections names none" };
  const files = sections.flatMap((section) => tomlFiles(join(folder, section)));
  if (files.some(counts)) return { code: "tasks_missing", why: "its task files have no [tasks.NAME] table" };
  if (files.length > 0)
    return { code: "files_ignored", why: 'its only task files begin with "_" or ".", and those are left out' };
  const deep = sections.some((section) =>
    folders(join(folder, section)).some((name) => tomlFiles(join(folder, section, name)).length > 0),
  );
  if (deep)
    return { code: "files_nested", why: "its task files stand in folders below a section, and must stand in it" };
  return { code: "plan_empty", why: "its sections have no .toml file" };
}

const counts = (name: string): boolean => !/^[_.]/.test(name);
const entries = (folder: string): Dirent[] =>
  readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
const folders = (folder: string): string[] =>
  entries(folder)
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
const tomlFiles = (folder: string): string[] =>
  entries(folder)
    .filter((entry) => entry.isFile() && entry.name.endsWith(".toml"))
    .map(({ name }) => name);
