import type { Cause, Finding } from "@dgov/kernel";
import type { Said } from "../project_command.ts";
import { type Judgement, pass } from "./gate.ts";

/** A command's answer as a gate gives it. `findings` are read only when it did not pass. */
export function judged(
  said: Said,
  verdict: Judgement["verdict"],
  { cause, findings }: { cause: Cause; findings: readonly Finding[] },
): Judgement {
  return {
    ...pass,
    verdict,
    cause: verdict === "broken" ? "broken" : cause,
    findings: verdict === "pass" ? [] : [...findings, ...refusals(said)],
    command: said.command,
    exit: said.result.exit,
    output: said.output,
  };
}

/** What of the network and of the files outside it was refused may be why it failed. */
const refusals = ({ result }: Said): Finding[] => [
  ...(result.refused_hosts ?? []).map((message) => ({ code: "host_refused", message })),
  ...(result.unreadable ?? []).map((message) => ({ code: "read_refused", message })),
];

/** Words of a shell for paths, each one word whatever it is called. */
export const shellPaths = (paths: readonly string[]): string =>
  paths
    .map((path) => (path.startsWith("-") ? `./${path}` : path))
    .map((path) => (/^[A-Za-z0-9_./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`))
    .join(" ");
