import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The folders of plans that are compiled in tests; `plan.test.ts` says what is in each. */
export const CASES = join(import.meta.dir, "fixtures/plan");
/** Where the plan of a case lies in the repository that is made of it. */
export const DIR = ".dgov/plans/p";
const open: string[] = [];

/** Removes every repository that `layOut` has made. */
export function removeLaidOut(): void {
  for (const folder of open.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Makes a folder as a repository of a case, and gives its root. */
export function layOut(name: string, below = "root"): string {
  const folder = mkdtempSync(join(tmpdir(), "dgov-plan-"));
  open.push(folder);
  const root = join(folder, below);
  const from = join(CASES, name);
  mkdirSync(join(root, ".dgov/plans"), { recursive: true });
  if (existsSync(join(from, "repo"))) cpSync(join(from, "repo"), root, { recursive: true });
  cpSync(join(from, "plan"), join(root, DIR), { recursive: true });
  if (existsSync(join(from, "sops"))) cpSync(join(from, "sops"), join(root, ".dgov/sops"), { recursive: true });
  const project = join(from, "project.toml");
  const text = existsSync(project) ? readFileSync(project, "utf8") : '[project]\nprovider = "scripted"\n';
  writeFileSync(join(root, ".dgov/project.toml"), text);
  if (existsSync(join(from, "links.txt"))) furnish(root, readFileSync(join(from, "links.txt"), "utf8"));
  return root;
}

/** Links, which a fixture should not hold itself: `link -> target` a line. */
function furnish(root: string, links: string): void {
  for (const [, path = "", target = ""] of links.matchAll(/^(.+) -> (.+)$/gm)) symlinkSync(target, join(root, path));
}
