import { counted } from "@dgov/governor/counted";
import { checkPolicy, type PolicyView } from "@dgov/governor/policy_check";
import { sayFinding } from "@dgov/governor/run";
import { z } from "zod";
import { paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";

export const policyCheck = defineCommand({
  name: "policy check",
  summary: "Try the project's rules on a change, without a run",
  details:
    "Asks the rules of .dgov/policy and the review hooks that are scripts, as they stand in the checkout. Without a\n" +
    "change only their examples are tried. Exits with 1 when one refuses, and with 3 when one cannot be used.",
  examples: ["dgov policy check HEAD"],
  args: z.strictObject({ range: z.string().optional().describe("A commit, or two with .. between them") }),
  flags: z.strictObject({ staged: z.boolean().default(false).describe("Look at what is staged") }),
  run: async ({ range, staged }, here) => {
    const { cwd, self, now_ms, env, signal } = here;
    return checkPolicy({ cwd, self, now_ms, env, signal }, { range: range ?? null, staged });
  },
  text: renderPolicy,
  exit: ({ findings }) => (findings.length > 0 ? 1 : 0),
});

export function renderPolicy({ scripts, change, files, findings, notes }: PolicyView): string {
  if (scripts.length === 0) return "There are no rules: write one as .dgov/policy/NAME.js";
  const line = ({ code, ...finding }: PolicyView["findings"][number], sign: string) =>
    `${sign} ${code}: ${plain(sayFinding({ code, ...finding }))}`;
  const count = counted(scripts.length, "script");
  const about = change === null ? "their examples hold" : `asked about ${plain(change)} (${counted(files, "file")})`;
  return [
    ...findings.map((finding) => line(finding, paint("red", "✘"))),
    ...notes.map((finding) => line(finding, paint("dim", "·"))),
    ...(findings.length + notes.length > 0 ? [""] : []),
    `${count}, ${about}: ${findings.length === 0 ? "nothing is refused" : `${findings.length} refused`}`,
  ].join("\n");
}
