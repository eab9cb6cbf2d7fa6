import { type CallView, callForUser } from "@dgov/governor/sandbox_call";
import { z } from "zod";
import { paint, plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { TRIAL_FLAGS } from "./sandbox_explain.ts";

export const sandboxCall = defineCommand({
  name: "sandbox call",
  summary: "Make one tool call for real, in a worktree of HEAD that is thrown away, and show what came of it",
  details:
    "What is not committed is not seen, setup_cmd is not run, nothing of the checkout is touched, and the jail gets no\n" +
    "key. Exits with 1 when the call failed or was refused.",
  examples: ['dgov sandbox call --tool read_file --args \'{"path":"src/server.py"}\''],
  args: z.strictObject({}),
  flags: z.strictObject({
    tool: z.string().describe("The tool"),
    args: z.string().default("{}").describe("Its arguments, as one JSON object"),
    ...TRIAL_FLAGS,
  }),
  async run({ level, ...trial }, here): Promise<CallView> {
    const { cwd, self, now_ms, env, signal } = here;
    return callForUser({ cwd, self, now_ms, env, signal }, trial, level ?? null);
  },
  text: renderCall,
  exit: ({ ok }) => (ok ? 0 : 1),
});

export function renderCall(view: CallView): string {
  const { tool, level, commit, ok, refused_by, text, took_ms, calls, violations } = view;
  const how = ok ? paint("green", "✔ ok") : refused_by === null ? paint("red", "✘ failed") : paint("red", "✘ refused");
  const who = refused_by === null ? "" : ` by ${refused_by}`;
  return [
    `${how}${who}: ${plain(tool)} at level ${level}, on ${commit.slice(0, 8)}, in ${took_ms} ms`,
    ...lines(text),
    ...calls.map(
      (one) =>
        `  ${one.ok ? "✔" : "✘"} ${plain(one.tool)} ${plain(one.input)}${one.refused_by === null ? "" : `: refused by ${one.refused_by}`}`,
    ),
    "",
    ...(violations.length > 0 ? ["Violations"] : []),
    ...violations.map(({ by, what }) => `  ${paint("red", "✘")} ${plain(by)}: ${plain(what)}`),
    ...(violations.length > 0 ? [""] : []),
    ...changed(view),
  ].join("\n");
}

/** What stands against each other: what the call says that it wrote, and what differs afterwards. */
function changed({ touched, changes, diff }: CallView): string[] {
  const kept = changes.map(({ path, kind }) => `${plain(path)} (${kind})`).join(", ");
  const undone = touched.filter((path) => !changes.some((change) => change.path === path));
  return [
    changes.length === 0 ? "Nothing was changed" : `Changed, and thrown away: ${kept}`,
    ...(undone.length > 0 ? [`Written, and as before now: ${undone.map(plain).join(", ")}`] : []),
    ...(diff === "" ? [] : lines(diff)),
  ];
}

const lines = (text: string): string[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => `  ${line.split("\t").map(plain).join("\t")}`.trimEnd());
