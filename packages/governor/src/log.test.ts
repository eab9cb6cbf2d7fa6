import { expect, test } from "bun:test";
import { LogUnavailable } from "@dgov/kernel";
import { explainLogError } from "./log.ts";

test.each<[sqlite: string, code: string, says: string]>([
  ["SQLITE_FULL", "log_unavailable", "the disk is full"],
  ["SQLITE_READONLY_DIRECTORY", "log_unavailable", "cannot be written"],
  ["SQLITE_IOERR_WRITE", "log_unavailable", "the disk fails"],
  ["SQLITE_NOTADB", "log_corrupt", "no database"],
  ["SQLITE_CORRUPT_VTAB", "log_corrupt", "damaged"],
  ["FOREIGN", "log_corrupt", "another program"],
  ["SQLITE_PROTOCOL", "log_unavailable", "SQLITE_PROTOCOL"],
])("a log that fails with %s is told as %s", (sqlite, code, says) => {
  const told = explainLogError(new LogUnavailable(".dgov/state.db", sqlite));
  expect([told?.code, told?.message]).toEqual([code, expect.stringContaining(says)]);
});
