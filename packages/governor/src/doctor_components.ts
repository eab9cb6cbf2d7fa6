import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readMade } from "./component_workshop.ts";
import { componentsFolder, openComponents } from "./components.ts";
import { readProject } from "./config.ts";
import { type Check, check, type Patient } from "./doctor_check.ts";
import { DgovError } from "./error.ts";
import type { Git } from "./git/git.ts";
import { headCommit } from "./git/head.ts";
import { openRepository } from "./git/readiness.ts";
import { openJail } from "./jail.ts";
import type { Project } from "./project.ts";
import { removeTree } from "./remove_tree.ts";
import type { Jail } from "./site.ts";

/**
 * Each tool and gate of the project that is a component: read from HEAD and compiled as before a run, and thrown away.
 * What is told already, as a configuration that cannot be read or a folder that is no repository, is not told again.
 */
export async function componentChecks(root: string, patient: Patient): Promise<Check[]> {
  const project = unless(["config_invalid"], () => readProject(root));
  if (project === null) return [];
  const kept = keptChecks(root);
  const { tools, gates } = project.rules;
  const names = [...Object.keys(tools).map(asTool), ...Object.keys(gates).map(asGate)];
  if (names.length === 0) return kept;
  const git = await openRepository(patient.cwd, patient.env).catch(leaveOut);
  const head = git === null ? null : await headCommit(git).catch(leaveOut);
  if (git === null || head === null) return kept;
  return [...(await tried({ git, head, project, names }, patient)), ...kept];
}

type Named = { kind: "tool" | "gate"; name: string };
const asTool = (name: string): Named => ({ kind: "tool", name });
const asGate = (name: string): Named => ({ kind: "gate", name });

type Trying = { git: Git; head: string; project: Project; names: readonly Named[] };

async function tried({ git, head, project, names }: Trying, { self, now_ms, env }: Patient): Promise<Check[]> {
  const folder = mkdtempSync(join(tmpdir(), `dgov-private-${process.pid}-`)); // a later run removes it, should we be killed
  const opened: { jail: Promise<Jail> | null } = { jail: null };
  const start: Jail["start"] = async (spec) => {
    opened.jail ??= openJail(project.rules.sandbox, { self, now_ms, env });
    return (await opened.jail).start(spec);
  };
  const checks: Check[] = [];
  try {
    for (const one of names) {
      const rules = { ...project.rules, ...onlyOf(project, one) };
      const opening = { git, head, project: { ...project, rules }, jail: { start }, folder };
      checks.push(await check(`component ${one.name}`, async () => detailOf(await openComponents(opening), rules)));
    }
  } finally {
    removeTree(folder);
  }
  return checks;
}

type Declared = Pick<Project["rules"], "tools" | "gates">;

function onlyOf({ rules: { tools, gates } }: Project, { kind, name }: Named): Declared {
  const [tool, gate] = [tools[name], gates[name]];
  if (kind === "tool" && tool) return { tools: { [name]: tool }, gates: {} };
  return { tools: {}, gates: gate ? { [name]: gate } : {} };
}

function detailOf({ tools }: Awaited<ReturnType<typeof openComponents>>, declared: Declared): string {
  const [path] = [...Object.values(declared.tools), ...Object.values(declared.gates)].map((one) => one.path);
  const [tool] = tools;
  if (!tool) return `${path}, a gate`;
  const takes = Object.keys(Object(tool.parameters.properties)).join(", ");
  return `${path}, a tool that takes ${takes || "nothing"}${tool.write ? ", and may write" : ""}`;
}

/** What runs before have compiled. Bytes that were changed since are never run, so every call of it would fail. */
function keptChecks(root: string): Check[] {
  const folder = componentsFolder(root);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.flatMap((name) => {
    const files = Object.entries(readMade(join(folder, name))?.files ?? {});
    const changed = files.find(([file, sha]) => sha256(join(folder, name, file)) !== sha);
    if (changed === undefined) return [];
    const detail = `"${changed[0]}" in ${join(folder, name)} is not what was compiled`;
    const cure = `rm -r ${join(folder, name)}`;
    return [{ name: "components", state: "fault", detail, code: "config_invalid", cure } as const];
  });
}

const sha256 = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

function unless<T>(codes: readonly string[], look: () => T): T | null {
  try {
    return look();
  } catch (error) {
    if (error instanceof DgovError && codes.includes(error.code)) return null;
    throw error;
  }
}

/** null: a fault that has a check of its own. */
function leaveOut(error: unknown): null {
  if (error instanceof DgovError) return null;
  throw error;
}
