import { existsSync, lstatSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { COVERAGE_BASELINE, STRUCTURE_BASELINE } from "./baseline_files.ts";
import { type Detected, detect, type ProjectType } from "./detect.ts";
import { DgovError } from "./error.ts";
import { logPath } from "./log.ts";
import { NAME } from "./plan/source.ts";
import { projectToml } from "./project_template.ts";
import { findRoot } from "./root.ts";
import { SCAFFOLD } from "./scaffold.ts";
import { schemaFiles } from "./schema.ts";
import { writeAtomic } from "./write.ts";

/** What `dgov init` shows. Paths are relative to the root. */
export type InitView = {
  status: "initialized" | "already_initialized";
  root: string;
  created: readonly string[];
  kept: readonly string[];
  detected: Detected | null; // null: project.toml was there and stays
  baselines: readonly MissingBaseline[]; // [] where project.toml stays: "dgov doctor" tells of them
};

/** What could be measured, so that no task makes it worse, and is not. `first`: what a person does before; null: nothing. */
export type MissingBaseline = { of: "structure" | "coverage"; first: string | null; command: string };

export type InitAsked = { cwd: string; path: string; force: boolean; type: ProjectType | "auto" };

/** What `dgov init --preflight` shows: what init would find and write. `log`: where runs are written down. */
export type InitForeseen = Pick<InitView, "root" | "kept"> & {
  status: "foreseen";
  repository: boolean; // whether there is a git repository to run in
  log: string;
  detected: Detected;
  would_create: readonly string[];
};

/**
 * Gives a repository its `.dgov`. What is there stays as it is, unless `force`; only the schemas are always the newest,
 * because they are dgov's own. The second time nothing changes.
 */
export function initProject(asked: InitAsked): InitView {
  const { root, detected, files } = filesFor(asked);
  for (const { file, text, keep } of files) if (!keep) writeAtomic(join(root, file), text);
  const created = files.flatMap(({ file, keep }) => (keep ? [] : [file]));
  return {
    ...{ status: created.length > 0 ? "initialized" : "already_initialized", root, created },
    ...{ kept: keptOf(detected, files), detected, baselines: detected ? missingBaselines(root, detected) : [] },
  };
}

/** Lint and types need none: there what the target's head has already is nobody's. */
function missingBaselines(root: string, { type, commands }: Detected): MissingBaseline[] {
  const missing: MissingBaseline[] = [];
  if (type !== "unknown" && !isFile(join(root, STRUCTURE_BASELINE)))
    missing.push({ of: "structure", first: null, command: "dgov sentrux gate-save" });
  const first = "take the # from coverage_cmd in .dgov/project.toml";
  if (commands.coverage_cmd !== "" && !isFile(join(root, COVERAGE_BASELINE)))
    missing.push({ of: "coverage", first, command: "dgov coverage-baseline" });
  return missing;
}

/** What `initProject` would do, and nothing of it done. The language is looked for also where project.toml is there. */
export function foreseeInit(asked: InitAsked): InitForeseen {
  const { root, detected, files } = filesFor(asked);
  const would_create = files.flatMap(({ file, keep }) => (keep ? [] : [file]));
  const repository = existsSync(join(root, ".git"));
  return {
    ...{ status: "foreseen", root, repository, log: logPath(root), would_create, kept: keptOf(detected, files) },
    detected: detected ?? detect(root, asked.type, asked.path),
  };
}

type Wanted = { file: string; text: string; keep: boolean };

/** `detected` null: project.toml is there and stays, so nothing is looked for. */
function filesFor({ cwd, path, force, type }: InitAsked) {
  const root = findRoot(cwd);
  refuseLinks(root);
  const fresh = force || !isFile(join(root, ".dgov/project.toml"));
  const detected = fresh ? detect(root, type, path) : null;
  const own = detected ? { "project.toml": projectToml(detected) } : {};
  const schemas = Object.entries(schemaFiles()).map(([name, text]) => [`schema/${name}`, text] as const);
  const files = [...Object.entries({ ...own, ...SCAFFOLD }), ...schemas].map(([name, text]): Wanted => {
    const file = `.dgov/${name}`;
    const there = isFile(join(root, file)) ? readFileSync(join(root, file), "utf8") : null;
    return { file, text, keep: there === text || (there !== null && !force && !name.startsWith("schema/")) };
  });
  return { root, detected, files };
}

const keptOf = (detected: Detected | null, files: readonly Wanted[]): string[] => [
  ...(detected ? [] : [".dgov/project.toml"]),
  ...files.flatMap(({ file, keep }) => (keep ? [file] : [])),
];

/** What `dgov init-plan` shows. Paths are relative to the project's root. */
export type InitPlanView = {
  status: "initialized";
  name: string;
  root: string;
  sections: readonly string[];
  created: readonly string[];
};

export type InitPlanAsked = { cwd: string; name: string; sections: readonly string[]; force: boolean };

/**
 * Makes a plan's folder with a `_root.toml` and an example in each section, which compile leaves out until it is renamed.
 *
 * @throws DgovError `usage` for a name that is no name, `plan_exists` when there is one and no `force`
 */
export function initPlan({ cwd, name, sections, force }: InitPlanAsked): InitPlanView {
  const bad = [name, ...sections].find((one) => !NAME.test(one));
  if (bad !== undefined)
    throw new DgovError("usage", `Cannot make the plan "${name}": "${bad}" may have letters, digits, "_" and "-" only`);
  const twice = sections.find((one, at) => sections.indexOf(one) !== at);
  if (twice !== undefined)
    throw new DgovError("usage", `Cannot make the plan "${name}": the section "${twice}" is named twice`);
  const project = findRoot(cwd);
  refuseLinks(project);
  const root = `.dgov/plans/${name}`;
  if (!force && statSync(join(project, root), { throwIfNoEntry: false }))
    throw new DgovError("plan_exists", `Cannot make the plan "${name}": "${root}" is there already`);
  const files = {
    "_root.toml": rootToml(name, sections),
    ...Object.fromEntries(sections.map((section) => [`${section}/_example.toml`, exampleToml(name)])),
  };
  const created = Object.entries(files).map(([file, text]) => {
    writeAtomic(join(project, root, file), text);
    return `${root}/${file}`;
  });
  return { status: "initialized", name, root, sections, created };
}

/** A repository that is not trusted could lead our writes out of it by a link. */
function refuseLinks(root: string): void {
  for (const folder of [".dgov", ".dgov/plans", ".dgov/sops", ".dgov/schema"])
    if (lstatSync(join(root, folder), { throwIfNoEntry: false })?.isSymbolicLink())
      throw new DgovError("config_invalid", `Cannot write below "${folder}": it is a symbolic link`, {
        hint: "Make it a real folder, then run again",
      });
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

const rootToml = (name: string, sections: readonly string[]): string => `#:schema ../../schema/root.schema.json

[plan]
name = ${JSON.stringify(name)}
summary = ""
sections = [${sections.map((section) => JSON.stringify(section)).join(", ")}]
`;

const exampleToml = (name: string): string => `#:schema ../../../schema/tasks.schema.json
# Files that begin with "_" are left out. Copy this one to another name, say main.toml, and change it.

[tasks.hello]
summary = "Write a greeting"
prompt = """
Orient:
Look at how this repository writes its documents.

Edit:
Write one friendly sentence into the new file.

Verify:
Read the file again: it has one sentence and ends with a newline.
"""
commit_message = "docs: a greeting from ${name}"
files.create = ["docs/${name}-hello.md"]
# files.edit = ["src/app.py", "src/cart.py::Cart.total"]   # a file, or one symbol of it
# files.read = ["README.md"]
# depends_on = ["other"]                                   # a task of this file; of another: "section/file.task"
`;
