import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buildComponent } from "../../../test/components.ts";
import { examine } from "./doctor.ts";
import { createGit } from "./git/git.ts";

setDefaultTimeout(60_000); // each tries every jail there is, and the machine may be busy

const SELF = [process.execPath, join(import.meta.dir, "../../cli/src/main.ts")];
const open: string[] = [];
afterEach(() => {
  for (const folder of open.splice(0)) rmSync(folder, { recursive: true, force: true });
});

type Folder = {
  git?: boolean;
  toml?: string;
  key?: string;
  log?: string;
  files?: Readonly<Record<string, Uint8Array>>;
};

/** A folder with this configuration, and the doctor's word on it at that time. */
async function examined({ git = true, toml = "", key = "", log = "", files = {} }: Folder, now_ms = 0) {
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
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), bytes);
  }
  if (git) {
    const repository = createGit(root, env);
    await repository.ask(["init", "-q", "-b", "main"]);
    await repository.ask(["add", "-A"]);
    const tree = await repository.text(["write-tree"]);
    const head = await repository.text(["commit-tree", tree], { stdin: "base\n", at_ms: 1_763_700_000_000 });
    await repository.ask(["update-ref", "refs/heads/main", head], { at_ms: 1_763_700_000_000 });
  }
  return (await examine({ cwd: root, env, self: SELF, now_ms: () => now_ms })).checks;
}

/** What is wrong in such a folder, as code by name of the check. */
async function faults(folder: Folder): Promise<Record<string, string | null>> {
  const checks = await examined(folder);
  for (const { state, cure, name } of checks)
    expect(cure === null, name).toBe(state === "ok" || (state === "note" && name.startsWith("sandbox"))); // nothing to mend there
  const told = checks.filter(({ name, state }) => state === "fault" && !name.startsWith("sandbox"));
  return Object.fromEntries(told.map(({ name, code }) => [name, code]));
}

const PROVIDER =
  '[project]\nprovider = "p"\n[providers.p]\nbase_url = "https://example.org/v1"\napi_key_env = "A_KEY"\n';

const SEAT =
  '[providers.q]\nbase_url = "https://example.org/v1"\napi_key_env = "ITS_KEY"\n' +
  '[review.seats.elm]\nprovider = "q"\nagent = "elm-1"\nfamily = "elm"\n';

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
  ["a seat of the review without its key", { toml: `${PROVIDER}${SEAT}`, key: "k" }, { "seat elm": "key_missing" }],
  ["a seat with its key", { toml: `${PROVIDER}${SEAT.replace("ITS_KEY", "A_KEY")}`, key: "k" }, {}],
  ["no repository", { git: false }, { repository: "repo_missing" }],
  ["a configuration with a mistake", { toml: "[project]\nlangauge = 1\n" }, { configuration: "config_invalid" }],
])("doctor in %s", async (_name, place, told) => {
  expect(await faults(place)).toEqual(told);
});

const TOOL = '[tools.words]\ncomponent = "tools/words.wasm"\ndescription = "Counts"\n';
const GATE = '[gates.owners]\ncomponent = "tools/owners.wasm"\n';
const built = async (name: Parameters<typeof buildComponent>[0]) => readFileSync(await buildComponent(name));

test("doctor tries the project's components, and says of each what is wrong with it", async () => {
  const toml = TOOL + GATE;
  const [words, owners] = [await built("count_words"), await built("needs_header")];
  const at = (one: Uint8Array, other: Uint8Array) => ({ "tools/words.wasm": one, "tools/owners.wasm": other });
  expect(await faults({ toml, files: at(words, owners) })).toEqual({});
  expect(await faults({ toml, files: { "tools/owners.wasm": owners } })).toEqual({
    "component words": "config_invalid",
  });
  const both = { "component words": "config_invalid", "component owners": "config_invalid" };
  expect(await faults({ toml, files: at(owners, words) })).toEqual(both); // each is of the other's world
  expect(await faults({ toml, files: at(words, Buffer.from("text")) })).toEqual({
    "component owners": "config_invalid",
  });
  expect(await faults({ toml, git: false })).toEqual({ repository: "repo_missing" });
}, 180_000);

test("doctor says that a compiled component was changed, and what to remove; it leaves nothing of its own", async () => {
  const kept = ".dgov/runtime/components/abc";
  const sha = new Bun.CryptoHasher("sha256").update("one").digest("hex");
  const made = Buffer.from(JSON.stringify({ files: { "component.js": sha }, parameters: null }));
  const files = (text: string) => ({ [`${kept}/made.json`]: made, [`${kept}/component.js`]: Buffer.from(text) });
  expect(await faults({ files: files("one") })).toEqual({});
  expect(await faults({ files: files("two") })).toEqual({ components: "config_invalid" });
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith(`dgov-private-${process.pid}-`));
  expect(before).toEqual([]);
});

const bytes = (text: string) => new TextEncoder().encode(text);
const COVERS = '[project]\ncoverage_cmd = "c {output}"\n';
const DAY_MS = 86_400_000;

test("D9 the doctor knows whether there is a coverage baseline where one is needed, and the command that makes it", async () => {
  const of = async (folder: Folder) => (await examined(folder)).find(({ name }) => name === "coverage baseline");
  expect(await of({})).toMatchObject({ state: "ok" });
  expect(await of({ toml: COVERS })).toMatchObject({ code: "baseline_missing", cure: "dgov coverage-baseline" });
  const files = { ".coverage-baseline/coverage.json": bytes("{}") };
  expect(await of({ toml: COVERS, files })).toMatchObject({ state: "ok", cure: null });
});

test("D10 the doctor knows whether a structure baseline is missing, of these days, stale, or none", async () => {
  const of = async (folder: Folder, days = 0) =>
    (await examined(folder, days * DAY_MS)).find(({ name }) => name === "structure baseline");
  const files = { ".sentrux/baseline.json": bytes('{"quality_signal": 0.5, "timestamp": 1}') };
  const cure = "dgov sentrux gate-save";
  expect(await of({})).toMatchObject({ state: "ok", cure: null });
  expect(await of({ toml: '[sentrux]\nuse = "sentrux"\n' })).toMatchObject({ code: "baseline_missing", cure });
  expect(await of({ files }, 14)).toMatchObject({ state: "ok", cure: null });
  expect(await of({ files }, 16)).toMatchObject({ state: "note", code: "baseline_stale", cure });
  const broken = { ".sentrux/baseline.json": bytes("none") };
  expect(await of({ files: broken })).toMatchObject({ state: "fault", code: "config_invalid", cure });
});
