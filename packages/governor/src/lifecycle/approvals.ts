import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { z } from "zod";
import { DgovError } from "../error.ts";
import { stateFolder } from "../jobs/place.ts";
import { jsonOrNull } from "../json_or_null.ts";
import { writeAtomic } from "../write.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Whose approvals are looked for: the repository by its common folder of git, which all its worktrees share. */
export type Of = { env: Env; common: string; root: string };

const Approval = z.strictObject({
  version: z.literal(1),
  repository: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  approved_at: z.iso.datetime(),
});
export type Approval = z.infer<typeof Approval>;

/** What was approved of last; null: nothing, or nobody can tell what, which is the same. */
export function approvalOf(of: Of): Approval | null {
  if (isItsOwn(of)) return null;
  const text = textOf(fileOf(of));
  if (text === null) return null;
  const read = Approval.safeParse(jsonOrNull(text));
  return read.success && read.data.repository === realpathSync(of.common) ? read.data : null;
}

/** @throws DgovError `hooks_unapproved` when the approval would stand where the repository can write it */
export function keepApproval(of: Of, sha256: string, now_ms: number): Approval {
  const file = fileOf(of);
  if (isItsOwn(of))
    throw new DgovError("hooks_unapproved", `Cannot keep an approval in "${file}": that is in the repository itself`, {
      hint: "Set XDG_STATE_HOME to a folder outside of the repository",
    });
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  chmodSync(dirname(file), 0o700);
  const approved_at = new Date(now_ms).toISOString();
  const approval: Approval = { version: 1, repository: realpathSync(of.common), sha256, approved_at };
  writeAtomic(file, `${JSON.stringify(approval)}\n`, 0o600);
  return approval;
}

/** @returns whether there was one */
export function dropApproval(of: Of): boolean {
  const file = fileOf(of);
  const was = textOf(file) !== null;
  rmSync(file, { force: true });
  return was;
}

/** A job works in a repository of its own, by what was approved of in the user's. */
export function lendApproval(of: Of, job: Of, now_ms: number): void {
  const approval = approvalOf(of);
  if (approval === null) dropApproval(job);
  else keepApproval(job, approval.sha256, now_ms);
}

function fileOf({ env, common }: Of): string {
  const name = createHash("sha256").update(realpathSync(common)).digest("hex").slice(0, 32);
  return join(stateFolder(env), "hooks", `${name}.json`);
}

/** Whoever commits to a repository may not approve of its hooks: what lies in its checkout is no person's word. */
const isItsOwn = (of: Of): boolean => nearestReal(fileOf(of)).startsWith(`${nearestReal(of.root)}${sep}`);

/** Where a path that may not be there yet will be, links resolved. */
function nearestReal(path: string): string {
  return existsSync(path) ? realpathSync(path) : join(nearestReal(dirname(path)), basename(path));
}

function textOf(file: string): string | null {
  return existsSync(file) ? readFileSync(file, "utf8") : null;
}
