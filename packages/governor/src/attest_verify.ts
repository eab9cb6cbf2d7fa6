import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { canonical, openLog } from "@dgov/kernel";
import type { z } from "zod";
import {
  type Bundle,
  BundleStatement,
  bundleFault,
  type Disclosed,
  disclosedIn,
  Openings,
  openingFault,
  type Shown,
} from "./attest/bundle.ts";
import { Envelope, PAYLOAD_TYPE, signersOf } from "./attest/envelope.ts";
import { readPublicKey } from "./attest/keys.ts";
import { showsThe } from "./attest/redact.ts";
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
 * is other than it says. `statement` and `bundle` are null where it cannot be read, or nobody who is trusted has signed it;
 * else it is the one or the other.
 */
export type Verified = {
  holds: boolean;
  why: string | null; // null: it holds
  signed_by: string[];
  needed: number;
  log: Held;
  commits: Held;
  statement: RunStatement | null;
  bundle:
    | (Pick<Bundle, "run" | "log" | "events" | "does_not_attest"> & {
        disclosed: Disclosed;
        opened: Openings["openings"];
      })
    | null;
};

type Order = {
  keys: readonly string[];
  needed: number | null;
  log: string | null;
  of?: string | null;
  openings?: string | null;
};

/**
 * Checks an attestation with what lies here: no network, and nothing is written.
 *
 * @param order `keys` paths of public keys that are trusted; `needed` how many different ones must have signed, null: all;
 *              `log` another log than the project's; `of`: an attestation of the run that a bundle must be of;
 *              `openings`: what opens values that it hides
 * @throws DgovError `usage` when more keys are needed than are given, or there is no such file; `key_unusable`
 */
export async function verifyAttestation(cwd: string, file: string, order: Order): Promise<Verified> {
  const signed = openSigned(cwd, file, order);
  if (signed.payload === null) return failed(signed, signed.why);
  const said = json(signed.payload);
  const bundle = BundleStatement.safeParse(said);
  if (bundle.success) return verifyBundle(cwd, order, { signed, ...bundle.data });
  const statement = Statement.safeParse(said);
  if (!statement.success)
    return failed(signed, "it is signed, and no statement about a run that this version of dgov knows");
  if (order.of || order.openings) throw new DgovError("usage", `Cannot check "${file}" as a bundle: it is none`);
  return verifyStatement(cwd, order, { signed, ...statement.data });
}

type Signers = { signed_by: string[]; needed: number };

const failed = ({ signed_by, needed }: Signers, why: string): Verified => ({
  ...{ holds: false, why, signed_by, needed, log: "absent", commits: "absent", statement: null, bundle: null },
});

type Told<T> = { signed: Signers } & T;

async function verifyStatement(cwd: string, order: Order, told: Told<Statement>): Promise<Verified> {
  const { signed, subject, predicate: statement } = told;
  if (subject[0]?.digest.gitCommit !== statement.head.commit)
    return failed(signed, "its subject is another commit than the run's");
  const [log, commits] = [logHeld(cwd, order.log, statement), await commitsHeld(cwd, statement)];
  const others = [log === "other" && "the log", commits === "other" && "a commit"].filter((one) => one !== false);
  const absent = order.log !== null && log === "absent" ? `"${order.log}" has no such run` : null;
  const why = others.length > 0 ? `${others.join(" and ")} here is other than it says` : absent;
  const { signed_by, needed } = signed;
  return { holds: why === null, why, signed_by, needed, log, commits, statement, bundle: null };
}

async function verifyBundle(cwd: string, order: Order, told: Told<z.infer<typeof BundleStatement>>): Promise<Verified> {
  const { signed, subject, predicate } = told;
  const { run, log: stated, events, does_not_attest } = predicate;
  const fault = subject[0]?.digest.sha256 === stated.root ? bundleFault(predicate) : "its subject is another log";
  if (fault !== null) return failed(signed, fault);
  const log = logHeld(cwd, order.log, predicate);
  const absent = order.log !== null && log === "absent" ? `"${order.log}" has no such run` : null;
  const other = log === "other" ? "the log here is other than it says" : absent;
  const openings = order.openings ? openingsAt(resolve(cwd, order.openings)) : null;
  const unfit = openings === null ? null : openingFault(predicate, openings);
  const why = other ?? unfit ?? (order.of ? await attestedFault(cwd, order.of, { order, predicate }) : null);
  const { signed_by, needed } = signed;
  const bundle = {
    run,
    log: stated,
    events,
    does_not_attest,
    disclosed: disclosedIn(predicate),
    opened: openings?.openings ?? [],
  };
  return { holds: why === null, why, signed_by, needed, log, commits: "absent", statement: null, bundle };
}

/** @throws DgovError `usage` when it is no such file */
function openingsAt(path: string): Openings {
  const read = Openings.safeParse(json(readText(path)));
  if (read.success) return read.data;
  throw new DgovError("usage", `Cannot read the openings "${path}": it is no file that dgov attest bundle has written`);
}

/** Why a bundle is not of the run that is attested; null: it is. */
async function attestedFault(
  cwd: string,
  file: string,
  { order, predicate }: { order: Order; predicate: Bundle },
): Promise<string | null> {
  const attested = await verifyAttestation(cwd, file, { ...order, of: null, openings: null });
  if (!attested.holds) return `the attestation does not hold: ${attested.why ?? ""}`;
  const { statement } = attested;
  const same = statement?.run === predicate.run && canonical(statement.log) === canonical(predicate.log);
  return same ? null : "the attestation is of another run, or of another log of it";
}

type Opened = Signers & ({ payload: string } | { payload: null; why: string });

/** What enough of the trusted keys have signed. */
function openSigned(cwd: string, file: string, order: Order): Opened {
  const trusted = order.keys.map((path) => readPublicKey(resolve(cwd, path)));
  const different = new Set(trusted.map(({ id }) => id)).size;
  const needed = order.needed ?? different;
  if (different < Math.max(1, needed) || needed < 1)
    throw new DgovError("usage", `Cannot ask for ${needed} signatures: ${different} different keys are given`, {
      hint: "Give the public keys that are trusted with --key; the same one twice is one",
    });
  const envelope = Envelope.safeParse(json(readText(resolve(cwd, file))));
  if (!envelope.success) return { signed_by: [], needed, payload: null, why: "it is no signed statement" };
  const signed_by = signersOf(envelope.data, trusted);
  const few = `${signed_by.length} of the trusted keys have signed it, and ${needed} must`;
  if (signed_by.length < needed) return { signed_by, needed, payload: null, why: few };
  if (envelope.data.payloadType !== PAYLOAD_TYPE)
    return {
      signed_by,
      needed,
      payload: null,
      why: "it is signed, and of a type that this version of dgov does not know",
    };
  return { signed_by, needed, payload: Buffer.from(envelope.data.payload, "base64").toString("utf8") };
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

type Logged = Pick<RunStatement, "run" | "log"> & { events?: readonly Shown[] };

/** A statement can be checked where there is no repository at all. */
function rootOf(cwd: string): string | null {
  try {
    return findRoot(cwd);
  } catch (error) {
    if (error instanceof DgovError) return null;
    throw error;
  }
}

/** What a bundle shows of an event must be what the event says, also where its hash does not tell. */
function logHeld(cwd: string, asked: string | null, statement: Logged): Held {
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
    if (!same || is.first.hash !== was.first.hash || is.last.hash !== was.last.hash) return "other";
    return statement.events?.every(
      (shown, at) => shown.shown !== "part" || (shown.at_ms === then[at]!.at_ms && showsThe(shown.event, then[at]!)),
    ) === false
      ? "other"
      : "same";
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
