import type { Finding } from "@dgov/kernel";
import type { IntegratedCandidate } from "./candidate.ts";
import { runProjectCommand, type Said, unanswered, wholeText } from "./command.ts";

/** A complaint of a checker. `identity` leaves out where in the file it stands: lines move. */
type Diagnostic = { identity: string; finding: Finding };

/**
 * What a failing type check says that it does not say of the target's head too. Any checker: lines it places in files
 * are compared by file, code and words, each as often as it occurs. When nothing it says can be placed, its lines are
 * compared as they are; when those are the same on both sides, the change is not what fails.
 */
export async function newDiagnostics(candidate: IntegratedCandidate, said: Said): Promise<Finding[]> {
  const { project, out, root } = candidate;
  const beside = await candidate.baseline();
  const timeout_ms = project.timeouts.settlement_ms;
  const before = await runProjectCommand(beside.isolation, {
    command: said.command,
    timeout_ms,
    out,
    log: "types-before.log",
  });
  const missing = unanswered(before, timeout_ms);
  if (missing) throw new Error(`The type check has no answer on the target's head: ${missing.message}`);
  const now = diagnostics(said, root);
  if (now.length === 0) return [wordless(said)];
  const known = new Map<string, number>();
  if (before.result.exit !== 0)
    for (const { identity } of diagnostics(before, beside.root)) known.set(identity, (known.get(identity) ?? 0) + 1);
  const fresh = now.filter(({ identity }) => {
    const left = known.get(identity) ?? 0;
    known.set(identity, left - 1);
    return left <= 0;
  });
  return fresh.map(({ finding }) => finding);
}

/** A check that fails and says nothing cannot be compared: what is unknown does not pass. */
const wordless = ({ command, result }: Said): Finding => ({
  code: "type_failure",
  message: `"${command}" fails on the integrated work (exit status ${result.exit}) and says nothing`,
});

/** `path:line:col: …`, `path(line,col): …`, and the arrow lines of ty and rustc below a heading. */
const PLACED = [
  /^\s*(?<path>[^\s:()][^:()]*):(?<line>\d+)(?::(?<column>\d+))?(?:-\d+(?::\d+)?)?[:\s]+(?<words>.+)$/,
  /^\s*(?<path>[^\s()][^()]*)\((?<line>\d+),(?<column>\d+)\):\s*(?<words>.+)$/,
];
const HEADING = /^(?<words>(?:error|warning)(?:\[[^\]]+\])?:?.*)$/;
const ARROW = /^\s*-->\s*(?<path>.+?):(?<line>\d+):(?<column>\d+)\s*$/;

/** Complaints that have a place, and errors that have none; where there is neither, every line. */
function diagnostics(said: Said, root: string): Diagnostic[] {
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
    if (placed) found.push(diagnostic(placed, root));
    if (arrow) loose = "";
    const words = placed ? undefined : HEADING.exec(line)?.groups?.words;
    if (words === undefined) continue;
    if (loose !== "") found.push(unplaced(loose, root));
    heading = words;
    loose = words.startsWith("error") ? words : "";
  }
  if (loose !== "") found.push(unplaced(loose, root));
  if (found.length > 0) return found;
  return lines.filter((line) => line !== "").map((message) => unplaced(message, root));
}

const unplaced = (message: string, root: string): Diagnostic => ({
  identity: message.replaceAll(root, "."),
  finding: { code: "type_failure", message },
});

function diagnostic(groups: Record<string, string | undefined>, root: string): Diagnostic {
  const path = (groups.path ?? "").replace(`${root}/`, "").replace(/^\.\//, "");
  const message = (groups.words ?? "").trim();
  const finding: Finding = { code: "type_error", message, path, line: Number(groups.line) };
  return {
    identity: `${path}\n${message.replaceAll(root, ".").replace(/\b\d+\b/g, "0")}`,
    finding: groups.column === undefined ? finding : { ...finding, column: Number(groups.column) },
  };
}
