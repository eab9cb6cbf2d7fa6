import { join } from "node:path";
import type { Stored } from "@dgov/kernel";
import { rederive } from "@dgov/kernel/rederive";
import { openGrammarFiles } from "@dgov/semantic/grammar_files";
import { DOES_NOT_ATTEST } from "./attest/statement.ts";
import { logStatement } from "./attest.ts";
import { type Verified, verifyAttestation } from "./attest_verify.ts";
import { DgovError } from "./error.ts";
import { findRun, newestRun } from "./find_run.ts";
import { type Described, describeCommits } from "./git/describe.ts";
import { createGit } from "./git/git.ts";
import { withLog } from "./log.ts";
import { verifyLog } from "./log_verify.ts";
import { type Receipt, readReceipt } from "./review/receipt.ts";
import { findRoot } from "./root.ts";
import {
  type Account,
  accountOf,
  type ReportedGate,
  type ReportedModel,
  type ReportedTask,
} from "./view/run_report.ts";

export type { ReportedGate, ReportedModel, ReportedTask };

/** What of the log the report rests on: where the run stands in it, and whether it is what was written and follows. */
export type Ground = ReturnType<typeof logStatement> & {
  fault: string | null; // null: the log is what was written
  follows: boolean; // every decision can be derived again
  signed: Signed | null; // null: no attestation was given
};
/** An attestation that was given. `same`: it is of this run, and of this log of it. */
export type Signed = Pick<Verified, "holds" | "why" | "signed_by" | "needed"> & { same: boolean };

/** A grammar of this program. `sha256` of its compiled form, or null where it is a part that others share. */
export type ReportedGrammar = { name: string; package: string; version: string; sha256: string };

/** A landed commit, as far as the repository has it. */
export type Landed = Pick<Described, "message" | "files" | "diff_stat">;

/** `sound`: nothing that the report rests on was found to be other than it says. `landed` by commit. */
export type RunReport = Account & {
  sound: boolean;
  landed: Readonly<Record<string, Landed>>;
  ground: Ground;
  grammars: readonly ReportedGrammar[];
  does_not_say: readonly string[];
  receipts: readonly Receipt[]; // of every ballot that the log has the hash of
};

type From = { cwd: string; env: Readonly<Record<string, string | undefined>> };

/** `run` null: the last one. `attestation` with the `keys` that are trusted, as for `verifyAttestation`; null: none. */
export type ReportOrder = { run: string | null; attestation: string | null; keys: readonly string[] };

/**
 * All that can be told of a run for somebody who was not there.
 *
 * @throws DgovError `run_unknown`; `usage` when keys are given without an attestation, and as `verifyAttestation`
 */
export async function readReport({ cwd, env }: From, order: ReportOrder): Promise<RunReport> {
  if (order.attestation === null && order.keys.length > 0)
    throw new DgovError("usage", "Cannot check a signature: keys are given, and no --attestation");
  const root = findRoot(cwd);
  const { id, events } = await withLog(root, (log) => {
    const row = order.run === null ? newestRun(log) : findRun(log, order.run);
    if (!row)
      throw new DgovError("run_unknown", "Cannot report on a run: nothing was ever run here", {
        hint: 'Begin with "dgov run PLAN"',
      });
    return { id: row.run, events: [...log.read({ run: row.run, after: row.first_seq - 1 })] };
  });
  const told = accountOf(id, events);
  const commits = told.tasks.flatMap(({ commit, reported }) => (commit === null || reported ? [] : [commit]));
  const landed = await describeCommits(createGit(root, env), commits);
  const receipts = events.flatMap(({ event }) =>
    event.kind === "seat_voted" && event.ballot ? [readReceipt(join(root, ".dgov/out", id), event, event.ballot)] : [],
  );
  const ground = await groundOf({ cwd, env }, events, order);
  return {
    ...told,
    sound:
      receipts.every(({ state }) => state !== "verification_failed") &&
      ground.fault === null &&
      ground.follows &&
      (ground.signed?.holds ?? true) &&
      (ground.signed?.same ?? true),
    landed: Object.fromEntries(landed),
    ground,
    grammars: grammarsHere(),
    receipts,
    does_not_say: [...DOES_NOT_ATTEST],
  };
}

async function groundOf(from: From, events: readonly Stored[], order: ReportOrder): Promise<Ground> {
  const log = logStatement(events);
  const { fault } = await verifyLog(from, null);
  return {
    ...log,
    fault: fault?.message ?? null,
    follows: rederive(events).difference === null,
    signed: order.attestation === null ? null : await signedOf(from, order.attestation, { order, log, events }),
  };
}

type Known = { order: ReportOrder; log: ReturnType<typeof logStatement>; events: readonly Stored[] };

async function signedOf({ cwd }: From, file: string, { order, log, events }: Known): Promise<Signed> {
  const { holds, why, signed_by, needed, statement } = await verifyAttestation(cwd, file, {
    ...{ keys: order.keys, needed: null, log: null },
  });
  const same = statement !== null && statement.run === events[0]?.run && statement.log.root === log.root;
  return { holds, why, signed_by, needed, same };
}

function grammarsHere(): ReportedGrammar[] {
  return Object.entries(openGrammarFiles().manifest.grammars).flatMap(([name, { package: from, version, files }]) => {
    const sha256 = files["grammar.wasm"];
    return from === null || version === null || sha256 === undefined ? [] : [{ name, package: from, version, sha256 }];
  });
}
