import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { jsonOrNull } from "../json_or_null.ts";
import { writeAtomic } from "../write.ts";
import { isThere } from "./plan_tree.ts";
import { Question, Recon } from "./recon.ts";

/** In the folder of a plan: whose answers it was made from, and what is needed to go on with it. Compile leaves it out. */
export const MADE_FROM = "_made_from.json";

const Answered = Question.extend({ answer: z.string(), by: z.enum(["person", "recommendation"]) });

/** `later`: its tasks are not made yet, and this is what they will be made from, besides the spec as it is then. */
const MadeFrom = z.object({
  goal: z.string(),
  runs: z.array(z.object({ what: z.string(), run: z.string() })),
  later: z
    .object({
      ...{ recon: Recon, answered: z.array(Answered) },
      ...{ model: z.string().nullable(), critique: z.boolean(), apply_config: z.boolean() },
    })
    .optional(),
});
export type MadeFrom = z.infer<typeof MadeFrom>;

/** @returns null where there is none, or nobody of ours has written it */
export function readMadeFrom(root: string, dir: string): MadeFrom | null {
  const path = join(root, dir, MADE_FROM);
  return isThere(path) ? (MadeFrom.safeParse(jsonOrNull(readFileSync(path, "utf8"))).data ?? null) : null;
}

export const madeFromText = (made: MadeFrom): string => `${JSON.stringify(made, null, 2)}\n`;
export const writeMadeFrom = (root: string, dir: string, made: MadeFrom): void =>
  writeAtomic(join(root, dir, MADE_FROM), madeFromText(made));

/** The runs that plans of a folder, and of its archive, were made from. Who asks for the same when that is there wants another. */
export function usedRuns(root: string, above: string): ReadonlySet<string> {
  const folders = [above, `${above}/archive`].flatMap((folder) =>
    isThere(join(root, folder)) ? readdirSync(join(root, folder)).map((name) => `${folder}/${name}`) : [],
  );
  return new Set(folders.flatMap((dir) => readMadeFrom(root, dir)?.runs.map(({ run }) => run) ?? []));
}
