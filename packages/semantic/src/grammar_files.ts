import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";

/** In the executable the folder is an asset (scripts/build.ts), from source it is the repository's. */
const FOLDER = Bun.isStandaloneExecutable
  ? join(import.meta.dir, "grammars")
  : resolve(import.meta.dir, "../../../grammars");

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const manifestSchema = z.strictObject({
  grammars: z.record(
    z.string().regex(/^[a-z][a-z0-9_]*$/),
    z.strictObject({
      package: z.string().nullable(), // null: a part that other grammars inherit
      version: z.string().nullable(),
      files: z.record(z.string(), sha256),
    }),
  ),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** A folder of grammars: the program's own, or one that a test has made. */
export type GrammarFiles = { manifest: Manifest; read(grammar: string, file: string): Uint8Array<ArrayBuffer> | null };

/**
 * Reads `manifest.json` at once and the files when they are asked for; each is compared with its digest there. A file that
 * the manifest does not list is not there.
 *
 * @throws Error when a file is not what the manifest says: what judges code must be what was tested
 */
export function openGrammarFiles(folder: string = FOLDER): GrammarFiles {
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")));
  return {
    manifest,
    read(grammar, file) {
      const expected = manifest.grammars[grammar]?.files[file];
      if (expected === undefined) return null;
      const bytes = new Uint8Array(readFileSync(join(folder, grammar, file)));
      if (digest(bytes) !== expected)
        throw new Error(
          `Cannot load grammars/${grammar}/${file}: it is not the file that grammars/manifest.json lists; run \`bun scripts/grammars.ts\``,
        );
      return bytes;
    },
  };
}

/** SHA-256 in hex. */
export const digest = (bytes: Uint8Array | string): string =>
  new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
