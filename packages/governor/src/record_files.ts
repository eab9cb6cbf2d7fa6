import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { lastOf, type RecordOf, readRecords, recordFile } from "@dgov/kernel/records";
import type { z } from "zod";
import { DgovError, type Place } from "./error.ts";
import { writeAtomic } from "./write.ts";

/** A stream of records, and the folder of the repository that holds one file for each. */
export type Stream<Schema extends z.ZodType> = { name: string; folder: string; said: Schema };

/** A repository may be anybody's: what is larger, or more, than any record of ours is not read. */
const FILE_MAX_BYTES = 256 * 1024;
const FILES_MAX = 50_000;

/**
 * All records of a stream, in their order; none where there is no folder.
 *
 * @throws DgovError `work_corrupt` when any of them is not as it was written: what it means then nobody can say
 */
export function readStream<Schema extends z.ZodType>(
  root: string,
  { name, folder, said }: Stream<Schema>,
): readonly RecordOf<z.infer<Schema>>[] {
  const { records, faults } = readRecords(name, said, filesIn(root, folder));
  if (faults.length === 0) return records;
  const places = faults.map((fault) => placeOf(`${folder}/${fault.name}`, WHY[fault.why]));
  throw corrupt(folder, `${faults.length} of its records are not as they were written`, places);
}

/** Adds a record after all that are there. @returns its id */
export function appendRecord<Schema extends z.ZodType>(
  root: string,
  stream: Stream<Schema>,
  { at_ms, said }: { at_ms: number; said: z.infer<Schema> },
): string {
  const after = lastOf(readStream(root, stream));
  const { id, name, text } = recordFile(stream.name, { at_ms, after, said: stream.said.parse(said) });
  writeAtomic(join(root, stream.folder, name), text);
  return id;
}

const WHY = {
  name: "Its content is not what its name says",
  schema: "It is no record of this folder",
  missing: "A record that it was written after is gone",
} as const;

function filesIn(root: string, folder: string): Map<string, string> {
  const path = join(root, folder);
  const files = new Map<string, string>();
  const at = lstatSync(path, { throwIfNoEntry: false });
  if (!at) return files;
  if (!at.isDirectory()) throw corrupt(folder, "it is no folder", []);
  const names = readdirSync(path).filter((name) => name.endsWith(".json"));
  if (names.length > FILES_MAX) throw corrupt(folder, `it holds more than ${FILES_MAX} files`, []);
  for (const name of names) {
    const file = lstatSync(join(path, name));
    if (!file.isFile() || file.size > FILE_MAX_BYTES)
      throw corrupt(folder, "one of its files is none", [placeOf(`${folder}/${name}`, "It is no file of a record")]);
    files.set(name, readFileSync(join(path, name), "utf8"));
  }
  return files;
}

const corrupt = (folder: string, why: string, places: readonly Place[]) =>
  new DgovError("work_corrupt", `Cannot read "${folder}": ${why}`, { places });

const placeOf = (file: string, message: string): Place => ({
  ...{ severity: "error", code: "record_invalid", message, file, line: null, column: null, unit: null },
});
