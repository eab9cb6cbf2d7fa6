import { lstatSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { changesFiles } from "@dgov/kernel/role";
import { type Claim, covers, type Grant, parseClaim, type Scope } from "@dgov/sandbox";
import type { CompiledTask } from "../plan/compiled.ts";
import type { Project } from "../project.ts";
import { folderPath, isAmongTests, isTestFile } from "../test_files.ts";
import { grantsOf } from "./grants.ts";

/** What of a task its rights come from. */
export type Claimant = Pick<CompiledTask, "files" | "test_cmd"> & { id: string; role: Scope["role"] };

/** What a task may do, as the sandbox takes it. Everything in it comes from the plan and the base commit. */
export function scopeOf(project: Project, unit: Claimant, base: string): Scope {
  const { create, edit, delete: remove, touch, read } = unit.files;
  const write = changesFiles(unit.role) ? [...create, ...edit, ...remove, ...touch].map(parseClaim) : [];
  const reading = read.map(parseClaim);
  const { commands, layout, rules } = project;
  const { test, lint, lint_fix, format, type_check } = commands;
  return {
    task: unit.id,
    role: unit.role,
    write,
    read: reading,
    deny: rules.scope.deny,
    allow: rules.scope.allow,
    recipes: { test: unit.test_cmd ?? test, lint, lint_fix, format, type_check },
    test_targets: [
      ...new Set([
        ...(unit.files.tests ?? []), // not claimed, and what the work is for
        ...[...write, ...reading].filter((claim) => isTest(claim, layout.test_dir)).map(({ path }) => path),
      ]),
    ],
    src_dir: layout.src_dir,
    base,
  };
}

/**
 * A claim in the folder of the tests names something that `run_tests` may run; where tests lie beside what they test, one of a
 * test by its name. A glob names nothing.
 */
function isTest({ kind, path }: Claim, test_dir: string): boolean {
  if (kind === "glob") return false;
  const folder = folderPath(test_dir);
  if (folder !== ".") return covers({ kind: "directory", path: folder, symbol: null }, path);
  return kind === "directory" ? isAmongTests(`${path}/`) : isTestFile(path);
}

/**
 * The grants for a worktree that stands at `root`; folders that must be there are made, but never through a link: work
 * that is gone on from may have put one there, and what is behind it is not the task's.
 */
export function grantsIn(root: string, unit: Pick<Claimant, "files" | "role">): Grant[] {
  if (!changesFiles(unit.role)) return [];
  const { create, edit, delete: remove, touch } = unit.files;
  const others = [...create, ...remove, ...touch].map(parseClaim);
  const inFiles = others.filter(({ symbol }) => symbol !== null); // a symbol comes and goes, its file stays
  const claims = {
    edit: [...edit.map(parseClaim), ...inFiles],
    remake: others.filter(({ symbol }) => symbol === null),
  };
  const { grants, folders } = grantsOf(claims, (path) => {
    const stat = lstatSync(join(root, path), { throwIfNoEntry: false });
    return stat?.isFile() ? "file" : stat?.isDirectory() ? "directory" : null;
  });
  const linked = (path: string) =>
    path.split("/").some((_, at, parts) => isLink(join(root, parts.slice(0, at + 1).join("/"))));
  for (const folder of folders) if (!linked(folder)) mkdirSync(join(root, folder), { recursive: true });
  return grants.filter(({ path }) => !linked(path));
}

const isLink = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
