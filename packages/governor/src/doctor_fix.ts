import { existsSync, lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Check, OK, type Patient } from "./doctor_check.ts";
import type { ErrorCode } from "./error.ts";
import { removeTree } from "./remove_tree.ts";
import { SCAFFOLD } from "./scaffold.ts";
import { schemaFiles } from "./schema.ts";
import { syncSkills } from "./skills.ts";
import { writeAtomic } from "./write.ts";

/**
 * What mends a finding. `command` is a line for a shell at the root of the repository. `apply` does the same here, and is
 * there only where nothing that a person wrote can be lost by it.
 */
export type Fix = { command: string; apply: (() => void) | null };

const INSTALL = "sudo apt-get install -y";

/** By code. What only a person can decide has a command that they fill in or look through. */
const COMMANDS: Partial<Record<ErrorCode, string>> = {
  git_missing: `${INSTALL} git`,
  head_detached: "git switch -c work",
  log_corrupt: 'mkdir -p .dgov/runtime && mv .dgov/state.db* "$(mktemp -d .dgov/runtime/log.XXXXXX)"',
  log_unavailable: "chmod -R u+w .dgov",
  repo_dirty: "git stash push --include-untracked",
  repo_empty: 'git add -A && git commit --allow-empty -m "The first commit"',
  repo_missing: 'git init -b main && git add -A && git commit --allow-empty -m "The first commit"',
  sandbox_missing: `${INSTALL} bubblewrap`,
};

const COMMIT_DGOV = 'git add .dgov && git commit -m "Set up dgov"';

/** In the middle of what git is, by the file that says so, and how it is ended. */
const UNFINISHED = {
  MERGE_HEAD: "git merge --abort",
  "rebase-merge": "git rebase --abort",
  "rebase-apply": "git rebase --abort",
  CHERRY_PICK_HEAD: "git cherry-pick --abort",
  REVERT_HEAD: "git revert --abort",
};

/** What is told, and is as it should be. */
const PASSING = ["lock", "worktrees"];

/** The command that mends a finding; null: there is none, or nothing to mend. */
export function fixOf({ name, state, code, cure, places = [] }: Check, root: string): Fix | null {
  if (state === "ok" || PASSING.includes(name)) return null;
  const line = (command: string | undefined): Fix | null => (command === undefined ? null : { command, apply: null });
  if (name === "components" && cure !== null)
    return { command: cure, apply: () => removeTree(cure.slice("rm -r ".length)) };
  if (name === "writing") return line(cure ?? undefined);
  if (code === "config_invalid") return name === "repository" ? null : line(editor(places)); // no file says where .dgov is
  if (code === "key_missing") return line(keyCommand(cure));
  if (code === "repo_unfinished") {
    const entry = Object.entries(UNFINISHED).find(([file]) => existsSync(join(root, ".git", file)));
    return line(entry?.[1]);
  }
  // What init has just written is put away by nobody: without it there would be nothing to run.
  if (code === "repo_dirty" && places.length > 0 && places.every(({ file }) => file?.startsWith(".dgov/")))
    return line(COMMIT_DGOV);
  if (code !== null && COMMANDS[code] !== undefined) return line(COMMANDS[code]);
  return line(cure !== null && /^(?:dgov|git|rm) \S/.test(cure) ? cure : undefined);
}

/** Where the first fault is. */
function editor([first]: NonNullable<Check["places"]>): string {
  const file = first?.file ?? ".dgov/project.toml";
  return `\${EDITOR:-vi} +${first?.line ?? 1} ${/^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`}`;
}

/** The cure names the variable; its value is typed, and does not come into the shell's history. */
const keyCommand = (cure: string | null): string | undefined => {
  const [, name] = /^export (\w+)=/.exec(cure ?? "") ?? [];
  return name === undefined ? undefined : `read -rs ${name} && export ${name}`;
};

const FIX = "dgov doctor --fix";

/** A finding with what mends it, where that is known with it. */
export type Mendable = { check: Check; fix: Fix | null };

/** dgov's own files in the repository: those that are not there, and schemas of another version. */
export function ownFiles(root: string): Mendable[] {
  const name = "own files";
  if (!existsSync(join(root, ".dgov"))) {
    const detail = "there is no .dgov: every setting is the default, and there is no charter and no SOP";
    return [
      {
        check: { name, state: "note", code: null, detail, cure: "dgov init" },
        fix: { command: "dgov init", apply: null },
      },
    ];
  }
  const text = (file: string) => textOf(join(root, ".dgov", file));
  const gone = [".gitignore"].filter((file) => text(file) === null && SCAFFOLD[file] !== undefined);
  const stale = Object.entries(schemaFiles()).filter(([file, now]) => {
    const there = text(`schema/${file}`);
    return there !== null && there !== now;
  });
  const wrong = [...gone, ...stale.map(([file]) => `schema/${file}`)];
  if (wrong.length === 0) return [{ check: { ...OK, name, detail: "as this version writes them" }, fix: null }];
  const named = `missing, or of another version: ${wrong.map((file) => `.dgov/${file}`).join(", ")}`;
  const written = { ...SCAFFOLD, ...Object.fromEntries(stale.map(([file, now]) => [`schema/${file}`, now])) };
  const apply = () => {
    for (const file of wrong) writeAtomic(join(root, ".dgov", file), written[file] ?? "");
  };
  return [{ check: { name, state: "note", code: null, detail: named, cure: FIX }, fix: { command: FIX, apply } }];
}

/** Skills that dgov gave to a user's agents before, and that are of another version now. */
export function skills({ cwd, env }: Patient): Mendable[] {
  if (!env.HOME?.startsWith("/")) return [];
  const ask = (check: boolean) => syncSkills({ cwd, env }, { dir: null, from: null, sha256: null, check });
  const { updated } = ask(true);
  if (updated.length === 0) return [];
  const detail = `of another version: ${updated.join(", ")}`;
  const check: Check = { name: "skills", state: "note", code: null, detail, cure: "dgov agents sync" };
  return [{ check, fix: { command: "dgov agents sync", apply: () => void ask(false) } }];
}

const textOf = (path: string): string | null =>
  lstatSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path, "utf8") : null;
