import type { Finding } from "@dgov/kernel";
import type { IntegratedCandidate } from "./candidate.ts";
import { runProjectCommand, type Said, unanswered, wholeText } from "./command.ts";

/** A complaint of a checker. `identity` leaves out where in the file it stands: lines move. */
type Diagnostic = { identity: string; finding: Finding };

/** Whose words are compared; it begins the codes of the findings. */
type Kind = "type" | "lint";

/**
 * What a failing check says that it does not say of the target's head too. Any checker: lines it places in files
 * are compared by file, code and words, each as often as it occurs. When nothing a type checker says can be placed, its
 * lines are compared as they are; when those are the same on both sides, it may have crashed on both.
 *
 * @throws when it gives no answer that a comparison could use: the gate is broken then
 */
export async function newDiagnostics(candidate: IntegratedCandidate, said: Said, kind: Kind): Promise<Finding[]> {
  const { project, out, root } = candidate;
  const now = diagnostics(said, root, kind);
  if (now.length === 0 || (kind === "lint" && now.every(({ finding }) => finding.path === undefined)))
    return [wordless(said, kind)];
  const beside = await candidate.baseline();
  const timeout_ms = project.timeouts.settlement_ms;
  const before = await runProjectCommand(beside.isolation, {
    command: said.command,
    timeout_ms,
    out,
    log: `${kind}-before.log`,
  });
  const missing = unanswered(before, timeout_ms);
  if (missing) throw new Error(`The ${kind} check has no answer on the target's head: ${missing.message}`);
  const known = new Map<string, number>();
  if (before.result.exit !== 0)
    for (const { identity } of diagnostics(before, beside.root, kind))
      known.set(identity, (known.get(identity) ?? 0) + 1);
  const fresh = now.filter(({ identity }) => {
    const left = known.get(identity) ?? 0;
    known.set(identity, left - 1);
    return left <= 0;
  });
  if (fresh.length === 0 && now.every(({ finding }) => finding.path === undefined))
    throw new Error(
      `"${said.command}" fails alike on the target's head and on the integrated work (exit status ${said.result.exit}) and says of no place why: ${now[0]?.finding.message ?? ""}`,
    );
  if (fresh.length > 0 || before.result.exit === said.result.exit) return fresh.map(({ finding }) => finding);
  return [changedStatus(said, before, kind)];
}

/** It complains of nothing new, and yet it fails otherwise than before: what is unknown does not pass. */
const changedStatus = ({ command, result }: Said, before: Said, kind: Kind): Finding => ({
  code: `${kind}_failure`,
  message: `"${command}" ends with status ${result.exit} on the integrated work, and with ${before.result.exit} before`,
});

/** A check that fails and says nothing of use cannot be compared: what is unknown does not pass. */
const wordless = ({ command, result }: Said, kind: Kind): Finding => ({
  code: `${kind}_failure`,
  message: `"${command}" fails on the integrated work (exit status ${result.exit}) and says of no place why`,
});

/** `path:line:col: …`, `path(line,col): …`, and the arrow lines of ty and rustc below a heading. */
const PLACED = [
  /^\s*(?<path>[^\s:()][^:()]*):(?<line>\d+)(?::(?<column>\d+))?(?:-\d+(?::\d+)?)?[:\s]+(?<words>.+)$/,
  /^\s*(?<path>[^\s()][^()]*)\((?<line>\d+),(?<column>\d+)\):\s*(?<words>.+)$/,
];
const HEADING = /^(?<words>(?:error|warning)(?:\[[^\]]+\])?:?.*)$/;
const ARROW = /^\s*-->\s*(?<path>.+?):(?<line>\d+):(?<column>\d+)\s*$/;

/** Complaints that have a place, and errors that have none; where there is neither, every line. */
function diagnostics(said: Said, root: string, kind: Kind): Diagnostic[] {
  const lines = wholeText(said)
    .split("\n")
    .map((line) => line.trimEnd());
  const found: Diagnostic[] = [];
  let heading = "";
  let loose = ""; // an error whose place has not come yet
  for (const line of lines) {
    const arrow = ARROW.exec(line)?.groups;
    const placed = arrow
      ? { ...arrow, words: heading }
      : PLACED.map((pattern) => pattern.exec(line)?.groups).find(Boolean);
    if (placed) found.push(diagnostic(placed, root, kind));
    if (arrow) loose = "";
    const words = placed ? undefined : HEADING.exec(line)?.groups?.words;
    if (words === undefined) continue;
    if (loose !== "") found.push(unplaced(loose, root, kind));
    heading = words;
    loose = words.startsWith("error") ? words : "";
  }
  if (loose !== "") found.push(unplaced(loose, root, kind));
  if (found.length > 0) return found;
  return lines.filter((line) => line !== "").map((message) => unplaced(message, root, kind));
}

const unplaced = (message: string, root: string, kind: Kind): Diagnostic => ({
  identity: message.replaceAll(root, "."),
  finding: { code: `${kind}_failure`, message },
});

function diagnostic(groups: Record<string, string | undefined>, root: string, kind: Kind): Diagnostic {
  const path = (groups.path ?? "").replace(`${root}/`, "").replace(/^\.\//, "");
  const message = (groups.words ?? "").trim();
  const finding: Finding = { code: `${kind}_error`, message, path, line: Number(groups.line) };
  return {
    identity: `${path}\n${message.replaceAll(root, ".").replace(/\b\d+\b/g, "0")}`,
    finding: groups.column === undefined ? finding : { ...finding, column: Number(groups.column) },
  };
}
