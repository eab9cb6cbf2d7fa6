import { makePullRequest, type PullRequest } from "@dgov/governor/pull_request";
import { readReport } from "@dgov/governor/report";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { pullRequestBody } from "../report/pull_request.ts";
import { shellWord } from "../shell_word.ts";

type View = PullRequest & { dry_run: boolean };

export const pr = defineCommand({
  name: "pr",
  summary: "Make a branch of what a run landed, and the words of a pull request with its verdicts",
  details:
    "Writes the branch and .dgov/out/RUN/pull_request.md, and says what is left to do by hand. Nothing leaves this machine unless\n" +
    "--push or --open says so: then git and gh do it, as they would for you. Of a run that is not complete it is a draft.",
  examples: ["dgov pr RUN --dry-run", "dgov pr RUN --branch limits --base main"],
  args: z.strictObject({
    run: z.string().optional().describe("A run, or the beginning of its id; default: the last one"),
  }),
  flags: z.strictObject({
    branch: z.string().optional().describe("Its branch (default: dgov/ and the plan's name)"),
    base: z
      .string()
      .optional()
      .describe("The branch to merge into (default: the remote's, else what the run landed on)"),
    remote: z.string().optional().describe("Where to push it (default: origin, or the only one)"),
    push: z.boolean().default(false).describe("Push the branch"),
    open: z.boolean().default(false).describe("Push the branch, and open the pull request with gh"),
    dry_run: z.boolean().default(false).describe("Show what would be made, and write nothing"),
  }),
  async run({ run = null, branch = null, base = null, remote = null, push, open, dry_run }, here): Promise<View> {
    const report = await readReport(here, { run, attestation: null, keys: [] });
    const order = { branch, base, remote, dry_run, open, push: push || open };
    return { ...(await makePullRequest(here, report, pullRequestBody(report), order)), dry_run };
  },
  text: renderPullRequest,
});

export function renderPullRequest(view: View): string {
  const { branch, head, base, title, draft, body, body_file, commands, done, dry_run } = view;
  const lines = [
    `Title:  ${plain(title)}${draft ? " (a draft)" : ""}`,
    `Branch: ${plain(branch)} at ${head.slice(0, 12)}, into ${plain(base)}`,
    dry_run ? "" : `Body:   ${plain(body_file)}`,
    ...(done.includes("push") ? ["Pushed"] : []),
    ...(done.includes("open") ? ["Opened"] : []),
    ...(dry_run ? ["", body.split("\n").map(plain).join("\n")] : []),
    ...(commands.length === 0
      ? []
      : [dry_run ? "" : "Next:", ...commands.map((argv) => `  ${argv.map(shellWord).join(" ")}`)]),
  ];
  return lines.filter((line, at) => line !== "" || at > 2).join("\n");
}
