import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { DgovError } from "../error.ts";

/** What a person has taken as it is: documents by path. Below `.dgov`, where no task may write. */
export const SPECS_BASELINE = ".dgov/specs.json";

/** `blob`: the content's id in git. `requirements`: a digest of each by its id. */
const Baseline = z.strictObject({
  version: z.literal(1),
  documents: z.record(z.string(), z.strictObject({ blob: z.string(), requirements: z.record(z.string(), z.string()) })),
});
export type SpecsBaseline = z.infer<typeof Baseline>;

/** null: nobody has made one. @throws DgovError `config_invalid` */
export function readSpecsBaseline(root: string): SpecsBaseline | null {
  const path = join(root, SPECS_BASELINE);
  if (!existsSync(path)) return null;
  const read = Baseline.safeParse(parsed(readFileSync(path, "utf8")));
  if (read.success) return read.data;
  throw new DgovError("config_invalid", `Cannot use "${SPECS_BASELINE}": it is no baseline of documents`, {
    hint: 'Make it anew with "dgov spec baseline", and look at what changed before you commit it',
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return error; // which is no baseline
    throw error;
  }
}
