import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseProject } from "./config.ts";
import { detect, type ProjectType } from "./detect.ts";
import { DgovError } from "./error.ts";
import { initProject } from "./init.ts";
import { projectToml } from "./project_template.ts";
import { findRoot } from "./root.ts";
import { readUser, userFile } from "./user_file.ts";
import { writeAtomic } from "./write.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** One thing that is asked. `usual`: what an empty answer means; "" is none. */
export type SetupQuestion = { key: SetupKey; words: string; usual: string };
const MODEL_KEYS = ["provider", "base_url", "api_key_env", "default_agent"] as const;
const GATE_KEYS = ["test_cmd", "lint_cmd", "format_cmd", "type_check_cmd"] as const;
export type SetupKey = (typeof MODEL_KEYS)[number] | (typeof GATE_KEYS)[number];
export type SetupAnswers = Readonly<Partial<Record<SetupKey, string>>>;

/** Whose file is written: the repository's, or the user's, where there is no repository or they ask for it. */
export type SetupTarget = { kind: "repository"; root: string; file: string } | { kind: "user"; file: string };
/** `model`: who works by default; null: nobody is named yet, and `next` is the command that asks again. */
export type SetupView = {
  status: "set_up";
  target: SetupTarget["kind"];
  file: string;
  provider: string;
  model: string | null;
  next: string | null;
  created: readonly string[];
};

/** @throws DgovError `usage` where a user's file is wanted and there is no home; `config_exists` */
export function setupTarget(
  { cwd, env }: { cwd: string; env: Env },
  { user, force }: { user: boolean; force: boolean },
): SetupTarget {
  const root = findRoot(cwd);
  const isRepository = existsSync(join(root, ".git")) || existsSync(join(root, ".dgov"));
  const own = userFile(env);
  if (!user && isRepository) return free({ kind: "repository", root, file: join(root, ".dgov/project.toml") }, force);
  if (own === null)
    throw new DgovError(
      "usage",
      "Cannot choose a file of configuration: there is no repository here, and HOME is not set",
    );
  return free({ kind: "user", file: own }, force);
}

function free(target: SetupTarget, force: boolean): SetupTarget {
  if (force || !existsSync(target.file)) return target;
  throw new DgovError("config_exists", `Cannot set up "${target.file}": it is there already`);
}

/** Who works is asked for both; what judges is the repository's, and is asked there with what was found as the usual answer. */
export function setupQuestions(target: SetupTarget, path: string): SetupQuestion[] {
  const model: SetupQuestion[] = [
    { key: "provider", words: "Name of the provider", usual: "openai" },
    { key: "base_url", words: "Base of its OpenAI-compatible API", usual: "https://api.openai.com/v1" },
    { key: "api_key_env", words: "Variable that holds its key", usual: "OPENAI_API_KEY" },
    { key: "default_agent", words: "Model that works", usual: "" },
  ];
  if (target.kind === "user") return model;
  const { commands } = detect(target.root, "auto", path);
  const words = { test_cmd: "Tests", lint_cmd: "Linter", format_cmd: "Formatter", type_check_cmd: "Type checker" };
  return [...model, ...GATE_KEYS.map((key) => ({ key, words: words[key], usual: commands[key] }))];
}

/**
 * Writes the file, whole or not at all, and the rest of `.dgov` with a repository's.
 *
 * @throws DgovError `config_invalid` for answers that make no configuration; nothing is written then
 */
export function setUp(
  target: SetupTarget,
  answers: SetupAnswers,
  { path, type = "auto" }: { path: string; type?: ProjectType | "auto" },
): SetupView {
  const given = { provider: "openai", base_url: "", api_key_env: "", default_agent: "", ...answers };
  const text = target.kind === "user" ? userToml(given) : repositoryToml(target.root, given, { path, type });
  if (target.kind === "user") tryUser(target.file, text);
  else tryProject(target.root, text);
  writeAtomic(target.file, text);
  const rest = target.kind === "user" ? [] : initProject({ cwd: target.root, path, force: false, type }).created;
  const { provider, default_agent } = given;
  const next = `dgov setup ${target.kind === "user" ? "--user " : ""}--force`;
  const who = default_agent === "" ? { model: null, next } : { model: default_agent, next: null };
  return { status: "set_up", target: target.kind, file: target.file, provider, ...who, created: rest };
}

type Given = Record<(typeof MODEL_KEYS)[number], string> & SetupAnswers;

const userToml = (given: Given): string =>
  `# What holds in each repository that does not say otherwise; see docs/configuration.md\n${modelToml(given)}\n`;

const modelToml = ({ provider, base_url, api_key_env, default_agent }: Given): string =>
  [
    "[project]",
    `provider = ${JSON.stringify(provider)}`,
    "",
    `[providers.${/^[\w-]+$/.test(provider) ? provider : JSON.stringify(provider)}]`,
    `base_url = ${JSON.stringify(base_url)}`,
    `api_key_env = ${JSON.stringify(api_key_env)}`,
    `default_agent = ${JSON.stringify(default_agent)}`,
  ].join("\n");

/** As `init` writes it, with the answers in the place of what was found. */
function repositoryToml(
  root: string,
  given: Given,
  { path, type }: { path: string; type: ProjectType | "auto" },
): string {
  const found = detect(root, type, path);
  const gates = Object.fromEntries(GATE_KEYS.flatMap((key) => (given[key] === undefined ? [] : [[key, given[key]]])));
  const text = projectToml({ ...found, commands: { ...found.commands, ...gates } });
  const [, providers = ""] = modelToml(given).split("\n\n");
  const chosen = `[project]\nprovider = ${JSON.stringify(given.provider)}\n`;
  return `${text.replace("[project]\n", chosen)}\n${providers}\n`;
}

function tryProject(root: string, text: string): void {
  const { project, places } = parseProject(root, new TextEncoder().encode(text));
  if (project === null)
    throw new DgovError("config_invalid", `Cannot set up: ${places[0]?.message ?? "it is invalid"}`);
}

/** Read as it would be read from its place. */
function tryUser(file: string, text: string): void {
  const draft = `${file}.draft`;
  writeAtomic(draft, text);
  try {
    readUser({ DGOV_CONFIG: draft });
  } finally {
    rmSync(draft, { force: true });
  }
}
