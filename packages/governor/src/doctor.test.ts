import { afterEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { examine } from "./doctor.ts";
import { createGit } from "./git/git.ts";

const SELF = [process.execPath, join(import.meta.dir, "../../cli/src/main.ts")];
const open: string[] = [];
afterEach(() => {
  for (const folder of open.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** What is wrong in a folder with this configuration, as code by name of the check. */
async function faults({
  git = true,
  toml = "",
  key = "",
  log = "",
}: {
  git?: boolean;
  toml?: string;
  key?: string;
  log?: string;
}): Promise<Record<string, string | null>> {
  const folder = mkdtempSync(join(tmpdir(), "dgov-test-"));
  open.push(folder);
  const root = join(folder, "repo");
  const env = { PATH: process.env.PATH ?? "", HOME: folder, A_KEY: key };
  mkdirSync(join(root, ".dgov"), { recursive: true });
  if (toml !== "") writeFileSync(join(root, ".dgov/project.toml"), toml);
  if (log !== "") {
    writeFileSync(join(root, ".dgov/.gitignore"), "state.db*\n");
    writeFileSync(join(root, ".dgov/state.db"), log);
  }
  if (git) {
    const repository = createGit(root, env);
    await repository.ask(["init", "-q", "-b", "main"]);
    await repository.ask(["add", "-A"]);
    const tree = await repository.text(["write-tree"]);
    const head = await repository.text(["commit-tree", tree], { stdin: "base\n", at_ms: 1_763_700_000_000 });
    await repository.ask(["update-ref", "refs/heads/main", head], { at_ms: 1_763_700_000_000 });
  }
  const { checks } = await examine({ cwd: root, env, self: SELF, now_ms: () => performance.now() });
  for (const { state, cure } of checks) expect(cure === null).toBe(state === "ok");
  const told = checks.filter(({ name, state }) => state === "fault" && !name.startsWith("sandbox"));
  return Object.fromEntries(told.map(({ name, code }) => [name, code]));
}

const PROVIDER =
  '[project]\nprovider = "p"\n[providers.p]\nbase_url = "https://example.org/v1"\napi_key_env = "A_KEY"\n';

test("doctor says what network the commands of workers have", async () => {
  const root = mkdtempSync(join(tmpdir(), "dgov-test-"));
  open.push(root);
  await createGit(root, { PATH: process.env.PATH ?? "" }).ask(["init", "-q", "-b", "main"]);
  mkdirSync(join(root, ".dgov"));
  writeFileSync(join(root, ".dgov/project.toml"), '[sandbox]\nhosts = ["pypi.org"]\n');
  const { checks } = await examine({
    cwd: root,
    env: { PATH: process.env.PATH ?? "" },
    self: SELF,
    now_ms: () => performance.now(),
  });
  const forced = checks.filter(({ detail }) => detail.startsWith("in force: "));
  expect(forced.map(({ state }) => state)).toEqual(checks.some(({ name }) => name === "sandbox network") ? ["ok"] : []);
  const network = checks.find(({ name }) => name === "sandbox network");
  const cannot = { state: "fault", code: "sandbox_missing", cure: expect.stringContaining("Install bubblewrap") };
  const can = { state: "ok", detail: expect.stringMatching(/no host but these, .*: pypi\.org$/) };
  expect(network).toMatchObject(network?.state === "ok" ? can : cannot);
});

test("doctor tells of a log that is damaged, and of all the rest", async () => {
  expect(
    await faults({ log: "this is no database, and is longer than a header of one would be: ".repeat(20) }),
  ).toEqual({
    log: "log_corrupt",
  });
});

test.each<[name: string, place: Parameters<typeof faults>[0], told: Record<string, string>]>([
  ["a repository that is ready", {}, {}],
  ["a provider with its key", { toml: PROVIDER, key: "secret" }, {}],
  ["a provider without its key", { toml: PROVIDER }, { provider: "key_missing" }],
  ["no repository", { git: false }, { repository: "repo_missing" }],
  ["a configuration with a mistake", { toml: "[project]\nlangauge = 1\n" }, { configuration: "config_invalid" }],
])("doctor in %s", async (_name, place, told) => {
  expect(await faults(place)).toEqual(told);
});
