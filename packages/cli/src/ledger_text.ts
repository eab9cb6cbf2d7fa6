import type { LedgerCheck } from "@dgov/governor/ledger_check";

/** A sentence for each thing that is not as it was written. */
export function ledgerFaults({ broken_at, edited, missing }: LedgerCheck["faults"]): string[] {
  return [
    ...(broken_at === null
      ? []
      : [`Fact ${broken_at} of the ledger was changed: what no entry says can be proved by it`]),
    ...edited.map((id) => `Entry #${id} was changed after it was written, and no worker is told of it`),
    ...missing.map((id) => `Entry #${id} was deleted`),
  ];
}

export const LEDGER_CURE =
  'Read the entries ("dgov ledger list -s all -v"); "dgov ledger accept" takes them as they are';
