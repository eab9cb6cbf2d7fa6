import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run } from "../../process.ts";
import { createGit, type Git } from "../git.ts";

/** What is at a path: text, bytes, a program (`run`), or a link (`link`). */
export type Content = string | Uint8Array | { run: string } | { link: string };

/** A real repository in a folder of its own, for tests. */
export type Repository = {
  root: string;
  folder: string; // holds the root, and is removed by `remove`
  git: Git;
  write(files: Readonly<Record<string, Content | null>>, at?: string): void;
  read(path: string): string | null;
  /** Runs git as a person would, with an identity. @throws when it fails */
  user(...args: string[]): Promise<string>;
  /** Writes, stages all and commits as a person would. @returns the commit */
  commit(files: Readonly<Record<string, Content | null>>, message?: string): Promise<string>;
  remove(): void;
};

export async function repository(files: Readonly<Record<string, Content | null>> | null = {}): Promise<Repository> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "dgov-git-")));
  const root = join(folder, "repo");
  mkdirSync(root);
  const env = { PATH: process.env.PATH ?? "", HOME: folder, GIT_CONFIG_NOSYSTEM: "1" };
  const user = async (...args: string[]) => {
    const me = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "init.defaultBranch=main"];
    const exit = await run(["git", ...me, ...args], { cwd: root, env, timeout_ms: 60_000, bytes_max: 10_000_000 });
    if (exit.code !== 0) throw new Error(`git ${args.join(" ")}: ${exit.stderr}${exit.why}`);
    return new TextDecoder().decode(exit.stdout).replace(/\n$/, "");
  };
  await user("init", "-q");
  const repo: Repository = {
    root,
    folder,
    git: createGit(root, env),
    write: (more, at = root) => writeFiles(at, more),
    read: (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : null),
    user,
    async commit(more, message = "more") {
      writeFiles(root, more);
      await user("add", "-A");
      await user("commit", "-q", "--allow-empty", "-m", message);
      return user("rev-parse", "HEAD");
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
  if (files) await repo.commit(files, "first");
  return repo;
}

/** Writes files under `root`; null removes. */
export function writeFiles(root: string, files: Readonly<Record<string, Content | null>>): void {
  for (const [path, content] of Object.entries(files)) {
    const full = join(root, path);
    mkdirSync(dirname(full), { recursive: true });
    const folder = lstatSync(full, { throwIfNoEntry: false })?.isDirectory();
    if (folder || content === null || typeof content === "object") rmSync(full, { recursive: true, force: true });
    if (content === null) continue;
    if (typeof content === "string" || content instanceof Uint8Array) writeFileSync(full, content);
    else if ("link" in content) symlinkSync(content.link, full);
    else {
      writeFileSync(full, content.run);
      chmodSync(full, 0o755);
    }
  }
}
