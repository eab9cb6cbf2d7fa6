import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { canonical, openLog } from "@dgov/kernel";
import { Envelope, PAYLOAD_TYPE, signersOf } from "./attest/envelope.ts";
import { readPublicKey } from "./attest/keys.ts";
import { type RunStatement, Statement } from "./attest/statement.ts";
import { changedFiles, logStatement } from "./attest.ts";
import { DgovError } from "./error.ts";
import { createGit } from "./git/git.ts";
import { logPath } from "./log.ts";
import { findRoot } from "./root.ts";

/** Whether something here is as the statement says. `absent`: it is not here, so that nobody can tell. */
export type Held = "same" | "other" | "absent";

/**
 * What became of checking a statement. `holds`: enough trusted keys have signed it, it can be read, and nothing that is here
 * is other than it says. `statement` is null where it cannot be read, or nobody who is trusted has signed it.
 */
export type Verified = {
  holds: boolean;
  why: string | null; // null: it holds
  signed_by: string[];
  needed: number;
  log: Held;
  commits: Held;
  statement: RunStatement | null;
};

type Order = { keys: readonly string[]; needed: number | null; log: string | null };

/**
 * Checks an attestation with what lies here: no network, and nothing is written.
 *
 * @param order `keys` paths of public keys that are trusted; `needed` how many different ones must have signed, null: all;
 *              `log` another log than the project's
 * @throws DgovError `usage` when more keys are needed than are given, or there is no such file; `key_unusable`
 */
export async function verifyAttestation(cwd: string, file: string, order: Order): Promise<Verified> {
  const trusted = order.keys.map((path) => readPublicKey(resolve(cwd, path)));
  const different = new Set(trusted.map(({ id }) => id)).size;
  const needed = order.needed ?? different;
  if (different < Math.max(1, needed) || needed < 1)
    throw new DgovError("usage", `Cannot ask for ${needed} signatures: ${different} different keys are given`, {
      hint: "Give the public keys that are trusted with --key; the same one twice is one",
    });
  const failed = (why: string, signed_by: string[] = []): Verified => ({
    ...{ holds: false, why, signed_by, needed, log: "absent", commits: "absent", statement: null },
  });
  const envelope = Envelope.safeParse(json(readText(resolve(cwd, file))));
  if (!envelope.success) return failed("it is no signed statement");
  const signed_by = signersOf(envelope.data, trusted);
  if (signed_by.length < needed)
    return failed(`${signed_by.length} of the trusted keys have signed it, and ${needed} must`, signed_by);
  const said = Statement.safeParse(json(Buffer.from(envelope.data.payload, "base64").toString("utf8")));
  if (envelope.data.payloadType !== PAYLOAD_TYPE || !said.success)
    return failed("it is signed, and no statement about a run that this version of dgov knows", signed_by);
  const statement = said.data.predicate;
  if (said.data.subject[0]?.digest.gitCommit !== statement.head.commit)
    return failed("its subject is another commit than the run's", signed_by);
  const [log, commits] = [logHeld(cwd, order.log, statement), await commitsHeld(cwd, statement)];
  const others = [log === "other" && "the log", commits === "other" && "a commit"].filter((one) => one !== false);
  const absent = order.log !== null && log === "absent" ? `"${order.log}" has no such run` : null;
  const why = others.length > 0 ? `${others.join(" and ")} here is other than it says` : absent;
  return { holds: why === null, why, signed_by, needed, log, commits, statement };
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new DgovError("usage", `Cannot read "${path}"`, {
      hint: "Give the file that dgov attest sign has written",
      cause,
    });
  }
}

/** What a stranger wrote: undefined when it is no JSON. */
function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A statement can be checked where there is no repository at all. */
function rootOf(cwd: string): string | null {
  try {
    return findRoot(cwd);
  } catch (error) {
    if (error instanceof DgovError) return null;
    throw error;
  }
}

function logHeld(cwd: string, asked: string | null, statement: RunStatement): Held {
  const root = rootOf(cwd);
  const path = asked === null ? root && logPath(root) : resolve(cwd, asked);
  if (path === null || !existsSync(path)) return "absent";
  const log = openLog(path, { readonly: true });
  try {
    const row = log.runs().find(({ run }) => run === statement.run);
    if (!row) return "absent";
    const events = [...log.read({ run: row.run, after: row.first_seq - 1 })];
    // The run may have been gone on with since: what was there then is what was signed.
    const then = events.filter(({ seq }) => seq <= statement.log.last.seq);
    if (then.length === 0) return "other";
    const [is, was] = [logStatement(then), statement.log];
    const same = is.root === was.root && is.events === was.events;
    return same && is.first.hash === was.first.hash && is.last.hash === was.last.hash ? "same" : "other";
  } finally {
    log.close();
  }
}

async function commitsHeld(cwd: string, { base, head, tasks }: RunStatement): Promise<Held> {
  const root = rootOf(cwd);
  if (root === null || !existsSync(join(root, ".git"))) return "absent";
  const git = createGit(root);
  const points = [base, head, ...tasks.flatMap(({ landed }) => landed ?? [])];
  const trees = await git.objects.info(points.map(({ commit }) => `${commit}^{tree}`));
  if (points.some(({ tree }, at) => trees[at] && trees[at].oid !== tree)) return "other";
  if (trees.includes(null)) return "absent";
  for (const { landed, carried, changed_files } of tasks)
    if (landed && !carried && canonical(await changedFiles(git, landed.commit)) !== canonical(changed_files))
      return "other";
  return "same";
}
