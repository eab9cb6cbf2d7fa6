import { lstatSync, realpathSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { ClaimError, formatClaim, parseClaim } from "@dgov/sandbox/claim";
import { archivePlan } from "./archive_plan.ts";
import { symbolFinder } from "./claimable.ts";
import { readProject } from "./config.ts";
import { counted } from "./counted.ts";
import { DgovError } from "./error.ts";
import { withLog } from "./log.ts";
import { hasHeading } from "./plan/prompt.ts";
import { NAME } from "./plan/source.ts";
import { compileFolder } from "./plan/store.ts";
import { isThere, placeTree, refuseLinks, type Tree, withDraft } from "./planning/plan_tree.ts";
import { slugOf } from "./planning/texts.ts";
import { removeTree } from "./remove_tree.ts";
import { FIX_PLANS as ABOVE, findRoot } from "./root.ts";
import { type RunView, runPlan } from "./run.ts";
import type { World } from "./session.ts";
import { writeToml } from "./toml_write.ts";

/** `files`: claims, seen from `cwd`; those whose file is there may be edited, the others created. `name` null: made of the prompt. */
export type FixRequest = {
  cwd: string;
  prompt: string;
  files: readonly string[];
  name: string | null;
  commit_message: string;
};

/** `plan`: where its folder is now; archived once everything has landed. */
export type FixView = { name: string; plan: string; archived: boolean; run: RunView };

/**
 * Makes a plan of one task, runs it, and archives it when it has landed. What does not compile leaves nothing, and so does what
 * was refused before the run began; a run that failed keeps its plan, to be gone on with.
 *
 * @throws DgovError `usage`, `plan_exists`, `plan_invalid`, and whatever a run throws
 */
export async function runFix(request: FixRequest, world: World): Promise<FixView> {
  const root = findRoot(request.cwd);
  if (request.prompt.trim() === "") throw new DgovError("usage", "Cannot fix nothing: the prompt is empty");
  refuseLinks(root, ABOVE);
  const name = nameFor(root, request);
  const dir = `${ABOVE}/${name}`;
  const laid = { dir, files: treeOf(name, request, claimsIn(root, request)), now_ms: world.now_ms() };
  await refuseUncompilable(root, laid, world);
  placeTree(root, laid);
  const asked = { cwd: root, plan: dir, only: [], mode: "go" as const, jobs: null, yes: false, dry_run: false };
  const run = await runPlan(asked, world).catch(async (error: unknown) => {
    const begun = await withLog(root, (log) => log.lastRun(dir) !== null);
    if (!begun) removeTree(join(root, dir));
    throw error;
  });
  if (run.status !== "complete") return { name, plan: dir, archived: false, run };
  const { to } = await archivePlan({ cwd: root, plan: dir }, world);
  return { name, plan: to, archived: true, run };
}

/** @throws DgovError `plan_exists` where one of that name is not over, or a name that somebody chose is taken */
function nameFor(root: string, { prompt, name }: FixRequest): string {
  const live = (one: string) => isThere(join(root, ABOVE, one));
  const archived = (one: string) => isThere(join(root, ABOVE, "archive", one));
  if (name !== null) {
    if (!NAME.test(name))
      throw new DgovError("usage", `Cannot make the plan "${name}": a name has letters, digits, "_" and "-" only`);
    if (!live(name) && !archived(name)) return name;
    throw new DgovError("plan_exists", `Cannot make the plan "${name}": there is one of this name`, {
      hint: "Choose another --name",
    });
  }
  const first = `fix-${slugOf(prompt)}`;
  if (live(first))
    throw new DgovError("plan_exists", `Cannot fix the same once more: "${ABOVE}/${first}" has not landed yet`, {
      hint: `Go on with it: dgov run ${ABOVE}/${first} --continue; or choose another --name`,
    });
  let free = first;
  for (let n = 2; archived(free) || live(free); n++) free = `${first}-${n}`;
  return free;
}

type Claims = { edit: string[]; create: string[] };

/** @throws DgovError `usage` for what is no claim of a file of this repository */
function claimsIn(root: string, { cwd, files }: FixRequest): Claims {
  const claims: Claims = { edit: [], create: [] };
  const from = realpathSync(cwd);
  for (const file of files) {
    const [path = "", ...symbol] = file.split("::");
    const inside = relative(root, resolve(from, path)).split(sep).join("/");
    if (inside === ".." || inside.startsWith("../"))
      throw new DgovError("usage", `Cannot let a fix change "${file}": it is not below "${root}"`, {
        hint: "Name files of this repository, seen from where you are",
      });
    const folder = path.endsWith("/") ? "/" : "";
    const claim = claimOf(file, [`${inside}${folder}`, ...symbol].join("::"));
    const there = lstatSync(join(root, claim.path), { throwIfNoEntry: false });
    const whole = there?.isDirectory() ? { ...claim, kind: "directory" as const } : claim;
    claims[there ? "edit" : "create"].push(formatClaim(whole));
  }
  return claims;
}

function claimOf(file: string, text: string): ReturnType<typeof parseClaim> {
  try {
    return parseClaim(text);
  } catch (error) {
    if (!(error instanceof ClaimError)) throw error;
    throw new DgovError("usage", `Cannot let a fix change "${file}": ${error.why}`, { cause: error });
  }
}

const SUMMARY_CHARS = 100;

function treeOf(name: string, { prompt, commit_message }: FixRequest, claims: Claims): Tree {
  const summary = (prompt.trim().split("\n")[0] ?? "").slice(0, SUMMARY_CHARS);
  const files = Object.fromEntries(Object.entries(claims).filter(([, paths]) => paths.length > 0));
  const apply = { summary, prompt: promptOf(prompt, [...claims.edit, ...claims.create]), commit_message, files };
  return {
    "_root.toml": writeToml({ plan: { name, summary, sections: ["fix"] } }),
    "fix/main.toml": writeToml({ tasks: { apply } }),
  };
}

/** Who has written under the headings is taken at his word. */
function promptOf(prompt: string, files: readonly string[]): string {
  if (["Orient", "Edit", "Verify"].every((name) => hasHeading(prompt, name))) return prompt;
  return [
    `Orient:\nRead what you may change (${files.join(", ")}), and the code that relies on it.\n`,
    `Edit:\n${prompt.trim()}\n\nDo this and nothing else.\n`,
    "Verify:\nLook at scope_status and at your git_diff, and run the narrowest check of the project that covers the change.\n",
  ].join("\n");
}

/** A place in a draft, which nobody has written and which is gone again. */
const NOWHERE = { file: null, line: null, column: null } as const;

/** @throws DgovError `plan_invalid` */
async function refuseUncompilable(root: string, laid: Parameters<typeof withDraft>[1], world: World): Promise<void> {
  const project = readProject(root, null, world.env);
  const places = await withDraft(root, laid, async (dir) => {
    return (await compileFolder(project, dir, { path: world.env.PATH ?? null, find: symbolFinder(world.self) })).places;
  });
  const errors = places.filter(({ severity }) => severity === "error");
  if (errors.length > 0)
    throw new DgovError("plan_invalid", `Cannot fix it so: ${counted(errors.length, "error")}`, {
      places: places.map((place) => (place.file?.startsWith(`${ABOVE}/`) ? { ...place, ...NOWHERE } : place)),
      hint: "Mend what is listed; nothing was written",
    });
}
