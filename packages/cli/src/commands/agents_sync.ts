import { syncSkills } from "@dgov/governor/skills";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const agentsSync = defineCommand({
  name: "agents sync",
  summary: "Give your agents the skills of dgov: writing plans, running them, the ledger",
  details:
    "Writes DIR/NAME/SKILL.md. What somebody else wrote there, or you have changed, stays as it is; then the exit status is 1. With --from other skills are taken, and only if the digest of all of them is as said.",
  examples: ["dgov agents sync", "dgov agents sync --skills-dir .agents/skills"],
  args: z.strictObject({}),
  flags: z.strictObject({
    skills_dir: z.string().optional().describe("Where agents look for skills; default: ~/.agents/skills"),
    check: z.boolean().default(false).describe("Write nothing; exit with 1 unless all are there as they should be"),
    from: z.string().optional().describe("A folder with skills of your own, one folder each"),
    sha256: z.string().optional().describe("The digest that the skills of --from must have"),
  }),
  run: async ({ skills_dir, check, from, sha256 }, here) => ({
    checked: check,
    ...syncSkills(here, { dir: skills_dir ?? null, from: from ?? null, sha256: sha256 ?? null, check }),
  }),
  text: ({ target, checked, created, updated, current, foreign }) => {
    const named = (words: string, names: readonly string[]) =>
      names.length === 0 ? [] : [`${words}: ${names.join(", ")}`];
    const changed = [...created, ...updated, ...foreign].length > 0;
    return [
      `Skills in ${plain(target)}`,
      ...named(checked ? "missing" : "created", created),
      ...named(checked ? "not the newest" : "updated", updated),
      ...named("already current", changed ? current : []),
      ...named(
        "left as they are, for they are not dgov's or were changed (remove one, and sync again, to have dgov's)",
        foreign,
      ),
      ...(changed ? [] : [`All ${current.length} are already current`]),
    ].join("\n");
  },
  exit: ({ checked, created, updated, foreign }) =>
    foreign.length > 0 || (checked && created.length + updated.length > 0) ? 1 : 0,
});
