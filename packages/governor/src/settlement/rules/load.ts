import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Git, items } from "../../git/git.ts";

/** Where a project keeps its rules: each file in it is one, unless others import it and it exports none. */
export const RULES_FOLDER = ".dgov/policy";
const HOME = ".dgov";

/** Scripts of a commit by their paths. `entries` are what is to be asked, in order. */
export type Scripts = { modules: Readonly<Record<string, string>>; entries: readonly string[] };

/** A place below `.dgov` that is a link or no text: what stands behind it could be anybody's. */
export class UnusableScript extends Error {
  override name = "UnusableScript";
  readonly path: string;
  constructor(path: string, why: string) {
    super(why);
    this.path = path;
  }
}

/**
 * The rules as a commit has them, whatever a worktree or a candidate says.
 *
 * @throws UnusableScript
 */
export async function loadRules(git: Git, commit: string): Promise<Scripts> {
  const modules = await scriptsBelow(git, commit, RULES_FOLDER);
  return { modules, entries: entriesOf(modules) };
}

/**
 * The review hooks that are scripts, with all scripts below `.dgov`, which they may import. One that the commit does not
 * have is among the entries all the same: asking it says so.
 *
 * @throws UnusableScript
 */
export async function loadHooks(git: Git, commit: string, hooks: readonly string[]): Promise<Scripts> {
  const entries = [...new Set(hooks.filter(isScriptHook))];
  if (entries.length === 0) return { modules: {}, entries };
  return { modules: await scriptsBelow(git, commit, HOME), entries };
}

/** Whether a review hook names a script of ours, and is no snippet for the shell. */
export const isScriptHook = (hook: string): boolean =>
  /^\.dgov\/[^\s{}]+\.js$/.test(hook) && !hook.split("/").includes("..");

async function scriptsBelow(git: Git, commit: string, folder: string): Promise<Record<string, string>> {
  const [home] = await git.objects.info([`${commit}:${folder}`]);
  if (!home) return {};
  if (home.type !== "tree") throw new UnusableScript(folder, "it is no folder");
  const listed = await git.ask(["ls-tree", "-r", "-z", "--full-tree", commit, `${folder}/`]);
  const modules: Record<string, string> = {};
  for (const line of items(listed.bytes)) {
    const [, mode = "", oid = "", path = ""] = /^(\d{6}) \w+ ([0-9a-f]+)\t([\s\S]*)$/.exec(line) ?? [];
    if (!path.endsWith(".js") || path.startsWith(`${HOME}/plans/`)) continue;
    if (!mode.startsWith("100")) throw new UnusableScript(path, "it is no file");
    modules[path] = new TextDecoder("utf-8", { ignoreBOM: false }).decode(await git.objects.content(oid));
  }
  return modules;
}

/**
 * The same from a checkout, as its files stand: for whoever writes a rule and tries it before committing it.
 *
 * @throws UnusableScript
 */
export function readScripts(root: string, hooks: readonly string[]): { rules: Scripts; hooks: Scripts } {
  const modules: Record<string, string> = {};
  const visit = (folder: string) => {
    const stat = lstatSync(join(root, folder), { throwIfNoEntry: false });
    if (stat && !stat.isDirectory()) throw new UnusableScript(folder, "it is no folder");
    for (const entry of stat ? readdirSync(join(root, folder), { withFileTypes: true }) : []) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory() && path !== `${HOME}/plans`) visit(path);
      else if (path.endsWith(".js") && !entry.isFile()) throw new UnusableScript(path, "it is no file");
      else if (path.endsWith(".js")) modules[path] = readFileSync(join(root, path), "utf8").replace(/^\uFEFF/, "");
    }
  };
  visit(HOME);
  const sorted = Object.fromEntries(Object.entries(modules).sort(([a], [b]) => (a < b ? -1 : 1)));
  const rules = Object.fromEntries(Object.entries(sorted).filter(([path]) => path.startsWith(`${RULES_FOLDER}/`)));
  return {
    rules: { modules: rules, entries: entriesOf(rules) },
    hooks: { modules: sorted, entries: [...new Set(hooks.filter(isScriptHook))] },
  };
}

/** The files that lie in the folder of the rules itself. */
const entriesOf = (modules: Readonly<Record<string, string>>): string[] =>
  Object.keys(modules).filter((path) => !path.slice(RULES_FOLDER.length + 1).includes("/"));

/** Whether some other module imports this one. Reading is enough: it only decides what is no rule of its own. */
export function isImported(path: string, modules: Readonly<Record<string, string>>): boolean {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const name = path.slice(folder.length);
  const here = Object.entries(modules).filter(([other]) => other !== path && other.startsWith(folder));
  return here.some(([other, source]) => {
    const up = other.slice(folder.length).split("/").length - 1;
    const written = `${up === 0 ? "./" : "../".repeat(up)}${name}`;
    return [`"${written}"`, `'${written}'`].some((word) => source.includes(word));
  });
}
