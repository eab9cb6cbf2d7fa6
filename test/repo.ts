import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Event, openLog } from "../packages/kernel/src/index.ts";

const MAIN = join(import.meta.dir, "../packages/cli/src/main.ts");
/** How the product is started from source. */
export const SOURCE: readonly string[] = [process.execPath, "--config=/dev/null", "--no-env-file", MAIN];
/** How the product is started: from source, or as the executable that `DGOV_TEST_BIN` names. */
export const DGOV: readonly string[] = Bun.env.DGOV_TEST_BIN ? [Bun.env.DGOV_TEST_BIN] : SOURCE;

/** What a test's processes see: nothing of this machine but PATH. No git identity, no key, an empty HOME. */
export function bareEnvironment(home: string): Record<string, string> {
  return { PATH: process.env.PATH ?? "/usr/bin:/bin", HOME: home, TZ: "UTC", LANG: "C" };
}

/** A throw-away place with a repository in it. `stop` removes all of it. */
export type Place = { folder: string; root: string; env: Record<string, string>; stop(): void };

/** Makes a repository of these files, committed on `main`. */
export function makeRepository(files: Readonly<Record<string, string>>, name = "repo", parent = tmpdir()): Place {
  const folder = mkdtempSync(join(parent, "dgov-test-"));
  const root = join(folder, name);
  const home = join(folder, "home");
  mkdirSync(home);
  mkdirSync(root);
  for (const [path, text] of Object.entries(files)) writeIn(root, path, text);
  const place: Place = {
    folder,
    root,
    env: bareEnvironment(home),
    stop: () => rmSync(folder, { recursive: true, force: true }),
  };
  git(place, "init", "-q", "-b", "main");
  commitAll(place, "base");
  return place;
}

export function writeIn(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

export function commitAll(place: Place, message: string): string {
  git(place, "add", "-A");
  git(place, "commit", "-q", "--allow-empty", "-m", message);
  return git(place, "rev-parse", "HEAD").trim();
}

const PERSON = ["-c", "user.name=Person", "-c", "user.email=person@example.org", "-c", "commit.gpgsign=false"];

/** Runs git as a person would, and fails the test when git fails. */
export function git({ root, env }: Pick<Place, "root" | "env">, ...args: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(["git", ...PERSON, ...args], { cwd: root, env });
  if (exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${stderr.toString()}`);
  return stdout.toString();
}

export type Ran = { status: number | null; stdout: string; stderr: string };

/** Where dgov is run, and how it is started. */
type Started = Pick<Place, "root" | "env"> & { self?: readonly string[] };

/** Runs dgov to its end. It is killed after ten minutes, which fails whoever waits for its status. */
export function dgov({ root, env, self = DGOV }: Started, ...args: string[]): Ran {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...self, ...args], {
    cwd: root,
    env,
    stdin: "ignore",
    timeout: 600_000,
  });
  return { status: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

/** Starts dgov and leaves it running. */
export function startDgov({ root, env, self = DGOV }: Started, ...args: string[]) {
  return Bun.spawn([...self, ...args], { cwd: root, env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
}

/** Lays out a case folder: `repo/`, `plan/`, `script.json` and `project.toml`, all committed. */
export function layOut(caseFolder: string): Place {
  const place = makeRepository({});
  cpSync(join(caseFolder, "repo"), place.root, { recursive: true });
  mkdirSync(join(place.root, ".dgov/plans"), { recursive: true });
  cpSync(join(caseFolder, "plan"), join(place.root, ".dgov/plans/p"), { recursive: true });
  cpSync(join(caseFolder, "project.toml"), join(place.root, ".dgov/project.toml"));
  writeIn(place.root, ".dgov/.gitignore", "state.db*\nout/\nruntime/\nplans/*/_compiled.toml\n");
  commitAll(place, "the repository as the run finds it");
  return place;
}

/** All events in the repository's log, oldest first. */
export function eventsOf(place: Pick<Place, "root">): Event[] {
  const path = join(place.root, ".dgov/state.db");
  if (!existsSync(path)) return [];
  const log = openLog(path, { readonly: true });
  try {
    return [...log.read({})].map(({ event }) => event);
  } finally {
    log.close();
  }
}

export const readIn = (place: Pick<Place, "root">, path: string): string =>
  readFileSync(join(place.root, path), "utf8");
