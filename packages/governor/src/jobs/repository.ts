import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DgovError } from "../error.ts";
import { createGit, type Git, items } from "../git/git.ts";
import { removeTree } from "../remove_tree.ts";
import type { Job } from "./job.ts";
import { baseRefOf, branchOf, type JobPlace, tipRefOf } from "./place.ts";

type Env = Readonly<Record<string, string | undefined>>;
type Given = { env: Env; place: JobPlace; at_ms: number };

/**
 * The repository that a job works in: one of its own, with its own lock, log and branch, so that jobs of one repository do
 * not wait for each other and the user's checkouts stay as they are. It borrows the objects of the user's.
 *
 * @throws DgovError `repo_missing` when that one is gone, or `git_failed`
 */
export async function openJobRepository(job: Job, { env, place }: Given): Promise<Git> {
  const { repository } = job.body;
  if (!existsSync(join(repository, "objects")))
    throw new DgovError("repo_missing", `Cannot run job ${job.id}: its repository "${repository}" is gone`);
  if (!existsSync(place.root)) await makeRepository(job, { env, place });
  return createGit(place.root, env);
}

async function makeRepository({ id, base, body }: Job, { env, place }: Omit<Given, "at_ms">): Promise<void> {
  const draft = `${place.root}.new`;
  removeTree(draft);
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  const format = await createGit(body.root, env).text(["rev-parse", "--show-object-format"], { bare: true });
  const git = createGit(draft, env);
  await git.ask(["init", "-q", "--template=", `--object-format=${format}`, "."]);
  const own = join(draft, ".git");
  mkdirSync(join(own, "objects/info"), { recursive: true });
  writeFileSync(join(own, "objects/info/alternates"), `${join(body.repository, "objects")}\n`);
  const shallow = join(body.repository, "shallow");
  if (existsSync(shallow)) writeFileSync(join(own, "shallow"), readFileSync(shallow));
  mkdirSync(join(own, "info"), { recursive: true });
  writeFileSync(join(own, "info/exclude"), "/.dgov/\n"); // what of it is in no commit is as little in one here
  await git.ask(["update-ref", branchOf(id), base]);
  await git.ask(["symbolic-ref", "HEAD", branchOf(id)]);
  await git.ask(["read-tree", "--reset", "-u", base]);
  cpSync(place.inputs, draft, { recursive: true });
  renameSync(draft, place.root);
}

/** Where the work stands after a delivery; null: there is none. `why`: it is not on its branch because of this. */
export type Delivery = { commit: string; ref: string; why: string | null } | null;

/**
 * Brings what has landed in a job's repository into the user's, as a branch of the job's name. A branch that has gone its own
 * way is the user's: the work is kept beside it then.
 */
export async function deliver(job: Job, { env, place, at_ms }: Given): Promise<Delivery> {
  const own = createGit(place.root, env);
  const tip = await own.text(["rev-parse", branchOf(job.id)]);
  if (tip === job.base) return null;
  const user = createGit(job.body.repository, env);
  await carry(own, user, [tip, `^${job.base}`]);
  const branch = branchOf(job.id);
  const before = await refAt(user, branch);
  const isOurs = before === null || (await isAncestor(user, before, tip));
  const ref = isOurs ? branch : tipRefOf(job.id);
  const old = isOurs ? before : await refAt(user, ref);
  const none = "0".repeat(tip.length);
  if (old !== tip)
    await user.ask(["update-ref", "-m", `dgov: job ${job.id}`, ref, tip, old ?? none], { ...BARE, at_ms });
  return { commit: tip, ref, why: isOurs ? null : `"${short(branch)}" has gone its own way` };
}

/** Brings the kept work of all attempts into the user's repository, under the same names: nothing of it is anywhere else. */
export async function deliverAttempts(job: Job, { env, place, at_ms }: Given): Promise<number> {
  const own = createGit(place.root, env);
  const { bytes } = await own.ask(["for-each-ref", "--format=%(objectname) %(refname)%00", "refs/dgov/attempts"]);
  const refs = items(bytes).flatMap((line) => {
    const [oid = "", name = ""] = line.trim().split(" ");
    return name === "" ? [] : [{ oid, name }];
  });
  if (refs.length === 0) return 0;
  const user = createGit(job.body.repository, env);
  await carry(own, user, [...refs.map(({ oid }) => oid), `^${job.base}`]);
  const orders = refs.map(({ oid, name }) => `update ${name}\0${oid}\0\0`).join("");
  await user.ask(["update-ref", "-z", "--stdin"], { ...BARE, at_ms, stdin: orders });
  return refs.length;
}

const BARE = { bare: true } as const;
const PACK_SMALL = 200;

/** Objects go over by a pack: no transport of git's is opened for it. */
async function carry(from: Git, to: Git, wanted: readonly string[]): Promise<void> {
  const pack = await from.ask(["pack-objects", "--revs", "--stdout", "-q"], { stdin: `${wanted.join("\n")}\n` });
  const count = new DataView(pack.bytes.buffer, pack.bytes.byteOffset).getUint32(8);
  if (count === 0) return;
  const unpack = count < PACK_SMALL ? ["unpack-objects", "-q"] : ["index-pack", "--stdin", "--fix-thin"];
  await to.ask(unpack, { ...BARE, stdin: pack.bytes });
}

export async function refAt(git: Git, ref: string): Promise<string | null> {
  const { exit, bytes } = await git.ask(["rev-parse", "--verify", "-q", ref], { ...BARE, ok: [0, 1, 128] });
  return exit === 0 ? new TextDecoder().decode(bytes).trim() : null;
}

const isAncestor = async (git: Git, one: string, other: string): Promise<boolean> =>
  (await git.ask(["merge-base", "--is-ancestor", one, other], { ...BARE, ok: [0, 1] })).exit === 0;

const short = (ref: string) => ref.replace("refs/heads/", "");

/**
 * Removes what a job had in the user's repository, but for work that is nowhere else.
 *
 * @returns the commit that its branch is left at; null: it is gone, or there was none
 */
export async function forgetRefs(
  { id, body, base }: Job,
  { env, at_ms }: Omit<Given, "place">,
): Promise<string | null> {
  const user = createGit(body.repository, env);
  const kept: string[] = [];
  for (const ref of [branchOf(id), tipRefOf(id)]) {
    const tip = await refAt(user, ref);
    if (tip === null) continue;
    if (tip !== base && (await isOnlyThere(user, ref, tip))) kept.push(tip);
    else await user.ask(["update-ref", "-d", ref, tip], { ...BARE, at_ms });
  }
  if (kept.length === 0 && (await refAt(user, baseRefOf(id))) !== null)
    await user.ask(["update-ref", "-d", baseRefOf(id)], { ...BARE, at_ms });
  return kept[0] ?? null;
}

/** Whether no other branch, remote branch or tag has the commit. A branch that is checked out is somebody's. */
async function isOnlyThere(git: Git, ref: string, tip: string): Promise<boolean> {
  const asked = ["for-each-ref", `--contains=${tip}`, "--format=%(refname) %(worktreepath)%00"];
  const { bytes } = await git.ask([...asked, "refs/heads", "refs/remotes", "refs/tags"], BARE);
  const found = items(bytes).flatMap((line) => {
    const [name = "", ...open] = line.trim().split(" ");
    return name === "" ? [] : [{ name, open: open.length > 0 }];
  });
  return found.some(({ name, open }) => name === ref && open) || !found.some(({ name }) => name !== ref);
}
