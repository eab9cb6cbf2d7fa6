import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** Somebody to run as. */
export type User = { name: string; uid: number; gid: number };

/** Another user was asked for, or was needed, and cannot be had. */
export class UserMissing extends Error {}

/** Who we are; a number where the machine has no name for it. */
export function ownName(): string {
  const uid = process.getuid?.() ?? 0;
  return users().find((one) => one.uid === uid)?.name ?? String(uid);
}

function users(): User[] {
  return readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .map(([name = "", , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
}

/**
 * The user of that name, or else the first ordinary one of this machine, or "nobody".
 *
 * @throws UserMissing when there is none of that name
 */
export function findUser(name: string | null): User {
  const ordinary = users().find(({ uid }) => uid >= ORDINARY.from && uid < ORDINARY.to);
  const found = name === null ? (ordinary ?? NOBODY) : users().find((one) => one.name === name);
  if (!found) throw new UserMissing(`Cannot run as "${name}": there is no such user; name one of /etc/passwd`);
  return found;
}
const ORDINARY = { from: 1_000, to: 60_000 };
const NOBODY: User = { name: "nobody", uid: 65_534, gid: 65_534 };

/** A home of its own for another user, with this program as one executable, since our checkout may be closed to it. */
export type Quarters = { user: User; self: readonly string[]; folder: string; remove(): void };

/** @param entry the script to build. @throws UserMissing when it cannot be built */
export function prepareQuarters(user: User, entry: string): Quarters {
  const folder = mkdtempSync(join(tmpdir(), "dgov-suite-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const [built, program] = [join(folder, "built"), join(folder, "suite")];
  const build = resolve(import.meta.dir, "../../scripts/build.ts");
  const made = Bun.spawnSync([process.execPath, build, "--entry", entry, "--outfile", built], { stdout: "ignore" });
  if (made.exitCode !== 0) {
    remove();
    throw new UserMissing(`Cannot run as "${user.name}": the program could not be built: ${made.stderr}`);
  }
  cpSync(built, program); // what the build leaves is its owner's alone
  rmSync(built);
  chmodSync(program, 0o755);
  for (const own of ["home", "tmp"]) {
    mkdirSync(join(folder, own), { mode: 0o700 });
    chownSync(join(folder, own), user.uid, user.gid);
  }
  chmodSync(folder, 0o755);
  return { user, self: [program], folder, remove };
}
