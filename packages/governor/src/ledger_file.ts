import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Entry, type Ledger, openLedger } from "@dgov/kernel/ledger";
import { logPath, openWritable } from "./log.ts";

/** What is in the ledger of a root, newest first; nothing where there is none. */
export const readEntries = (root: string): Entry[] => withReadable(root, (ledger) => ledger.entries());

/** Opens the ledger to read in it, which is empty where there is none, and closes it again. */
export function withReadable<T>(root: string, work: (ledger: Ledger) => T): T {
  const ledger = openLedger(logPath(root), { readonly: true });
  try {
    return work(ledger);
  } finally {
    ledger.close();
  }
}

/** Opens the ledger to write in it, makes its file where there is none, and closes it again. */
export function withWritable<T>(root: string, work: (ledger: Ledger) => T): T {
  if (!existsSync(join(root, ".dgov"))) openWritable(root, { readonly: false }).close(); // makes the folder
  const ledger = openLedger(logPath(root));
  try {
    return work(ledger);
  } finally {
    ledger.close();
  }
}
