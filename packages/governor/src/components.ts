import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Component, ComponentKind, ToolComponent } from "@dgov/sandbox/component";
import { componentKey, createWorkshop, type Made, readMade, type Workshop } from "./component_workshop.ts";
import { PROJECT_FILE } from "./config.ts";
import { DgovError, type Place } from "./error.ts";
import type { Git } from "./git/git.ts";
import type { Component as Declared, Project, SandboxRules } from "./project.ts";
import { removeTree } from "./remove_tree.ts";
import type { Jail } from "./site.ts";
import { parseToml } from "./toml.ts";

/** The project's WASM components as a run uses them: of one commit, compiled, and kept where no task writes. */
export type Components = { tools: readonly ToolComponent[]; gates: readonly Component[] };

/** Where compiled components are kept: beside the run's other files, and never in a worktree. */
export const componentsFolder = (root: string): string => join(root, ".dgov/runtime/components");

/** The rules of the sandbox where commands may read what the project's components were compiled to. */
export function withComponents(
  { root, rules }: Pick<Project, "root" | "rules">,
  folder: string = componentsFolder(root),
): SandboxRules {
  const { sandbox, tools, gates } = rules;
  if (sandbox.read === "all" || Object.keys({ ...tools, ...gates }).length === 0) return sandbox;
  mkdirSync(folder, { recursive: true }); // a place that is not there cannot be opened to a jail
  return { ...sandbox, read: [...sandbox.read, folder] };
}

/** `folder`: where they are kept; absent: where a run has them. */
type Opening = { git: Git; project: Project; head: string; jail: Pick<Jail, "start">; folder?: string };
type Asked = { kind: ComponentKind; name: string; declared: Declared };

/**
 * Reads the components that the project names from `head`, compiles those that were never compiled before, and asks new
 * tools for their input. What compiles and runs does so in a jail.
 *
 * @throws DgovError `config_invalid` with the place in project.toml: a file that is not there, or cannot be used
 */
export async function openComponents(opening: Opening): Promise<Components> {
  const { tools, gates } = opening.project.rules;
  const { folder = componentsFolder(opening.project.root) } = opening;
  const workshop = createWorkshop(opening.jail, folder);
  const opened: { tools: ToolComponent[]; gates: Component[] } = { tools: [], gates: [] };
  try {
    for (const [name, { description, write, ...declared }] of Object.entries(tools)) {
      const { component, parameters } = await open({ ...opening, folder }, workshop, { kind: "tool", name, declared });
      opened.tools.push({ ...component, kind: "tool", description, write, parameters: parameters ?? {} });
    }
    for (const [name, declared] of Object.entries(gates))
      opened.gates.push((await open({ ...opening, folder }, workshop, { kind: "gate", name, declared })).component);
  } finally {
    await workshop.close();
  }
  return opened;
}

async function open(
  { git, project, head, folder }: Required<Opening>,
  workshop: Workshop,
  asked: Asked,
): Promise<{ component: Component; parameters: Made["parameters"] }> {
  const { kind, name, declared } = asked;
  const refuse = (why: string) => refusal(project.root, asked, why);
  const [found] = await git.objects.info([`${head}:${declared.path}`]);
  if (found?.type !== "blob") throw refuse(`it is not in the commit ${head.slice(0, 12)}; build it and commit it`);
  const bytes = await git.objects.content(found.oid);
  const { clock, timeout_ms, memory_bytes } = declared;
  const key = componentKey(bytes, { kind, clock });
  const limits = { name, kind, clock, timeout_ms, memory_bytes };
  const made = readMade(join(folder, key)) ?? (await workshop.make(key, bytes, limits));
  if ("why" in made) throw refuse(made.why);
  return {
    component: { ...limits, folder: join(folder, key), files: made.files },
    parameters: made.parameters,
  };
}

function refusal(root: string, { kind, name, declared }: Asked, why: string): DgovError {
  const message = `Cannot use the component "${declared.path}" of [${kind}s.${name}]: ${why}`;
  const path = join(root, PROJECT_FILE);
  const { toml } = parseToml(existsSync(path) ? readFileSync(path) : new Uint8Array(), PROJECT_FILE);
  const spot = toml?.at([`${kind}s`, name, "component"]) ?? { line: null, column: null };
  const place: Place = {
    severity: "error",
    code: "component_invalid",
    message,
    file: PROJECT_FILE,
    ...spot,
    unit: null,
  };
  return new DgovError("config_invalid", message, { places: [place] });
}

/**
 * Removes what no component of the project is compiled to any more. Only for who holds the repository: a call beside a
 * run, perhaps of other components, would take away what the run uses.
 */
export function forgetOthers(root: string, { tools, gates }: Components): void {
  const folder = componentsFolder(root);
  if (!existsSync(folder)) return;
  const kept = new Set([...tools, ...gates].map((one) => one.folder));
  for (const name of readdirSync(folder)) if (!kept.has(join(folder, name))) removeTree(join(folder, name));
}
