import type { Faults, Ledger } from "@dgov/kernel/ledger";
import { withReadable, withWritable } from "./ledger_file.ts";
import { findRoot } from "./root.ts";

/** `whole` when no fact and no entry that was taken a hash of has changed since; `entries`: how many there are. */
export type LedgerCheck = { whole: boolean; entries: number; sealed: number; faults: Faults };

/** Compares what the ledger says with the hashes that were taken of it. Reads only. */
export const verifyLedger = ({ cwd }: { cwd: string }): LedgerCheck =>
  withReadable(findRoot(cwd), (ledger) => checkOf(ledger));

/** Takes the ledger as it now stands; of a whole one nothing is written. @returns what it was before */
export function acceptLedger({ cwd, now_ms }: { cwd: string; now_ms: () => number }): LedgerCheck {
  const before = verifyLedger({ cwd });
  if (!before.whole) withWritable(findRoot(cwd), (ledger) => ledger.accept(now_ms()));
  return before;
}

function checkOf(ledger: Ledger): LedgerCheck {
  const faults = ledger.faults();
  const entries = ledger.entries();
  const sealed = entries.filter(({ integrity }) => integrity.is === "sealed").length;
  const whole = faults.broken_at === null && faults.edited.length + faults.missing.length === 0;
  return { whole, entries: entries.length, sealed, faults };
}
