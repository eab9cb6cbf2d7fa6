import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Doctor, examine } from "../packages/governor/src/doctor.ts";
import type { ErrorCode } from "../packages/governor/src/error.ts";
import { schemaFiles } from "../packages/governor/src/schema.ts";
import { bareEnvironment, DGOV, dgov } from "./repo.ts";

setDefaultTimeout(180_000); // each look tries every jail there is, and the machine may be busy
const open: string[] = [];
afterEach(() => {
  for (const folder of open.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is no repository, somebody's home, and what is wrong there as code and command by name. */
function lay() {
  const folder = mkdtempSync(join(tmpdir(), "dgov-test-"));
  open.push(folder);
  const root = join(folder, "repo");
  const home = join(folder, "home");
  mkdirSync(join(root, ".dgov"), { recursive: true });
  mkdirSync(home);
  const env: Record<string, string> = { ...bareEnvironment(home), EMAIL: "person@example.org" };
  for (const who of ["AUTHOR", "COMMITTER"])
    Object.assign(env, { [`GIT_${who}_NAME`]: "Person", [`GIT_${who}_EMAIL`]: "person@example.org" });
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const look = async (fix = false) =>
    told(await examine({ cwd: root, env, self: DGOV, now_ms: () => performance.now() }, { fix }));
  const shell = (line: string, more: Record<string, string> = {}, input = "") => {
    const ran = Bun.spawnSync(["bash", "-c", line], { cwd: root, env: { ...env, ...more }, stdin: Buffer.from(input) });
    expect(`${ran.exitCode} ${ran.stderr}`, line).toStartWith("0 ");
    return ran.stdout.toString();
  };
  return { root, env, put, look, shell };
}

/** Root may write everywhere: then it is somebody else who asks. null: nobody else can be had. */
const ORDINARY =
  process.getuid?.() !== 0
    ? []
    : Bun.which("setpriv") === null
      ? null
      : ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

test.skipIf(ORDINARY === null)("A8 who may not write where a run does is told so, with the command", () => {
  const { root, env, shell } = lay();
  shell("git init -q -b main && git commit -q --allow-empty -m first");
  chmodSync(dirname(root), 0o755); // so that who asks gets as far as the repository
  const asked = () => {
    const argv = [...ORDINARY!, ...DGOV, "doctor", "--json"];
    const { stdout } = Bun.spawnSync(argv, { cwd: root, env: { ...env, HOME: "/nonexistent" }, stdin: "ignore" });
    return (JSON.parse(stdout.toString()) as Doctor).checks.find(({ name }) => name === "writing");
  };
  chmodSync(join(root, ".git"), 0o555);
  const folder = join(root, ".git");
  const mended = asked();
  expect(mended).toMatchObject({ state: "fault", code: "machine_refused" });
  expect(mended?.command).toMatch(/^(chmod -R u\+rwX|sudo chown -R "\$\(id -un\)") '.*\/\.(git|dgov)'$/);
  shell(process.getuid?.() === 0 ? `chown -R 65534 '${root}'; chmod 755 '${folder}'` : (mended?.command ?? ""));
  expect(asked()).toMatchObject({ state: "ok" });
});

test.skipIf(ORDINARY === null)("A1 init looks past a folder that it may not read", () => {
  const { root, env, put } = lay();
  put("src/a.go", "package a\n");
  put("data/base/1", "");
  const folders = [dirname(root), root, join(root, "src"), join(root, ".dgov")];
  for (const folder of folders) chmodSync(folder, 0o755);
  chmodSync(join(root, "data"), 0o000);
  const argv = [...ORDINARY!, ...DGOV, "init", "--preflight", "--json"];
  const ran = Bun.spawnSync(argv, { cwd: root, env: { ...env, HOME: "/nonexistent" }, stdin: "ignore" });
  chmodSync(join(root, "data"), 0o755);
  expect(ran.exitCode, ran.stderr.toString()).toBe(0);
  expect(JSON.parse(ran.stdout.toString()).detected).toMatchObject({ type: "go", confidence: "high" });
});

/** Of the jails each machine has its own. */
const told = ({ checks }: Doctor) =>
  Object.fromEntries(
    checks
      .filter(({ name, command }) => command !== null && !name.startsWith("sandbox"))
      .map(({ name, code, command }) => [name, { code, command: command! }]),
  );

const IGNORED = "state.db*\nruntime/\nout/\n";

test("A8 each state of a repository that no run starts from has a command that mends it", async () => {
  const { put, look, shell } = lay();
  put(".dgov/.gitignore", IGNORED);
  put("a.txt", "1\n");
  const states: [code: ErrorCode, seed: () => void][] = [
    ["repo_missing", () => undefined],
    ["repo_dirty", () => put("a.txt", "2\n")],
    ["head_detached", () => shell("git switch -q --detach")],
    [
      "repo_unfinished",
      () => {
        shell(
          "git switch -qc other && echo 3 >a.txt && git commit -qam 3 && git switch -q - && echo 4 >a.txt && git commit -qam 4",
        );
        shell("git merge -q other || true");
      },
    ],
  ];
  for (const [code, seed] of states) {
    seed();
    const { repository, ...others } = await look();
    expect({ code: repository?.code, others }, code).toEqual({ code, others: {} });
    shell(repository!.command);
  }
  expect(await look()).toEqual({});
  expect(shell("git stash list")).toContain("stash@{0}"); // nothing was lost
});

test("A8 what init has written is to be committed, and not put away", async () => {
  const { put, look, shell } = lay();
  put("a.txt", "1\n");
  shell("rm -rf .dgov; git init -q -b main && git add -A && git commit -qm base");
  put(".dgov/.gitignore", IGNORED);
  put(".dgov/governor.md", "# Charter\n");
  const { repository } = await look();
  expect(repository).toEqual({ code: "repo_dirty", command: 'git add .dgov && git commit -m "Set up dgov"' });
  shell(repository!.command);
  expect((await look()).repository).toBeUndefined();
  expect(shell("git show --stat --format= HEAD")).toContain(".dgov/governor.md");
});

test("A8 a repository without a commit has one by the command that is told", async () => {
  const { put, look, shell } = lay();
  put(".dgov/.gitignore", IGNORED);
  shell("git init -q -b main && rm -r .dgov && mkdir .dgov && echo '*' >.dgov/.gitignore");
  const { repository } = await look();
  expect(repository?.code).toBe("repo_empty");
  shell(repository!.command);
  expect((await look()).repository).toBeUndefined();
});

test("A8 configuration, key and log: each fault has its code, its place and a command", async () => {
  const { put, look, shell, env } = lay();
  const provider = '[providers.p]\nbase_url = "https://example.org/v1"\napi_key_env = "A_KEY"\n';
  put(".dgov/.gitignore", IGNORED);
  put(".dgov/project.toml", `[project]\n\nlangauge = "go"\nprovider = "p"\n${provider}`);
  put(".dgov/state.db", "this is no database, and is longer than a header of one would be: ".repeat(20));
  shell("git init -q -b main && git add -A && git commit -qm base");
  const first = await look();
  expect(first.configuration).toEqual({
    code: "config_invalid",
    command: ["$", "{EDITOR:-vi} +3 .dgov/project.toml"].join(""),
  });
  expect(first.log?.code).toBe("log_corrupt");
  shell(first.log!.command);
  shell(first.configuration!.command, { EDITOR: "perl -pi -e s/langauge/language/ --" });
  shell("git commit -qam mended");
  const second = await look();
  expect(second).toEqual({ provider: { code: "key_missing", command: "read -rs A_KEY && export A_KEY" } });
  expect(shell(`${second.provider!.command}; printenv A_KEY`, {}, "secret\n")).toBe("secret\n");
  env.A_KEY = "secret";
  expect(await look()).toEqual({});
});

test("A8 --fix mends what is dgov's own and nothing else; --ci fails where it would", async () => {
  const { root, env, put, shell } = lay();
  const [schema, text] = Object.entries(schemaFiles())[0]!;
  const kept = ".dgov/runtime/components/abc";
  put(`.dgov/schema/${schema}`, "{}\n");
  put(".dgov/governor.md", "Mine\n");
  put(`${kept}/made.json`, JSON.stringify({ files: { "component.js": "0".repeat(64) }, parameters: null }));
  put(`${kept}/component.js`, "changed");
  shell("git init -q -b main && git add .dgov/governor.md .dgov/schema && git commit -qm base");
  const place = { root, env };
  const plain = dgov(place, "doctor", "--json");
  expect(plain.status).toBe(5);
  const wanted = told(JSON.parse(plain.stdout));
  expect(wanted["own files"]?.command).toBe("dgov doctor --fix");
  expect(wanted.components?.command).toStartWith("rm -r ");
  expect(existsSync(join(root, kept))).toBe(true);
  const fixed = dgov(place, "doctor", "--fix", "--json");
  expect(
    JSON.parse(fixed.stdout)
      .fixed.map(({ name }: { name: string }) => name)
      .sort(),
  ).toEqual(["components", "own files"]);
  expect(existsSync(join(root, kept))).toBe(false);
  expect(readFileSync(join(root, ".dgov/schema", schema), "utf8")).toBe(text);
  expect(readFileSync(join(root, ".dgov/governor.md"), "utf8")).toBe("Mine\n");
  expect(existsSync(join(root, ".dgov/sops"))).toBe(false);
  shell("git add -A && git commit -qm mended");
  expect(dgov(place, "doctor", "--ci").status).toBe(0);
  put(`.dgov/schema/${schema}`, "{}\n");
  expect(dgov(place, "doctor").status).toBe(0);
  expect(dgov(place, "doctor", "--ci").status).toBe(5);
});
