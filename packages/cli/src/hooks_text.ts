import type { HooksView } from "@dgov/governor/lifecycle";
import { plain } from "./ansi.ts";
import { columns } from "./print.ts";

const STATES: Readonly<Record<HooksView["state"], string>> = {
  none: "No hooks",
  unapproved: "Nobody has approved of these hooks, and they do not run: dgov hooks approve",
  changed: "These hooks have changed since they were approved of, and do not run: dgov hooks approve",
  approved: "These hooks are approved of",
};

/** Each command as a person must see it who is to approve of it, with the files that go with them. */
export function hooksText({ state, sha256, timeout_s, hooks, files }: HooksView): string {
  if (sha256 === null) return STATES[state];
  const commands = hooks.map(({ hook, command }) => [hook, plain(command.replaceAll("\n", "\\n"))]);
  const named = files.map((file) => [plain(file.path), file.sha256]);
  return [
    columns(commands, ""),
    ...(named.length > 0 ? [`Files that they name:\n${columns(named, "  ")}`] : []),
    `They run outside of the jail, for at most ${timeout_s} s each. sha-256 of all: ${sha256}`,
    STATES[state],
  ].join("\n");
}
