import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "@dgov/kernel";
import type { Isolation } from "@dgov/sandbox";
import { addedLines } from "../../git/line_changes.ts";
import { runProjectCommand, type Said, unanswered, wholeText } from "../../project_command.ts";
import type { IntegratedCandidate } from "../candidate.ts";
import { shellPaths } from "../command.ts";
import type { Failing } from "../format.ts";
import { type Checker, checkerOf, withOption } from "./checker.ts";
import { type Complaint, findingOf, identity, type Kind, relative } from "./complaint.ts";
import { complaintsIn } from "./words.ts";

/** How the checker was got to say something of use: the same has to be asked of the head. */
type Form = { option: string | null; read: (text: string) => Complaint[] | null };
type Heard = { said: Said; complaints: Complaint[]; form: Form };
type Beside = { root: string; isolation: Isolation };

/**
 * What a failing check has against this change: what it does not say of the target's head too. Complaints are compared by
 * file, rule and words, each as often as it occurs. What a known linter finds on lines that the change brought in is the
 * change's in any case. When nothing can be placed the lines are compared as they are.
 *
 * @throws when it gives no answer that a comparison could use: the gate is broken then
 */
export async function freshFindings(candidate: IntegratedCandidate, failing: Failing, kind: Kind): Promise<Finding[]> {
  const checker = checkerOf(failing.template);
  const { said, complaints, form } = await hear(candidate, failing, { checker, kind });
  const now = counting(complaints, failing.template, checker);
  const unplaced = now.every(({ path }) => path === null);
  if (now.length === 0 || (kind === "lint" && unplaced)) return [wordless(failing.said, kind)];
  const own = await ownComplaints(candidate, now);
  const foreign = now.filter((one) => !own.has(one));
  const blamed = kind === "lint" && checker !== null;
  if (blamed && foreign.length === 0) return now.map((one) => findingOf(one, kind));
  const before = await ofHead(candidate, failing, { form, kind });
  const known = before === null ? [] : counting(before.complaints, failing.template, checker);
  const compared = blamed ? foreign : [...foreign, ...own]; // of two alike the one on the change's own lines is the new one
  const more = new Set(notAmong(compared, known, [candidate.root, before?.root ?? ""]));
  const fresh = now.filter((one) => more.has(one) || (blamed && own.has(one)));
  if (fresh.length > 0) return fresh.map((one) => findingOf(one, kind));
  if (unplaced) throw new Error(`${alike(failing.said)}: ${now[0]?.message ?? ""}`);
  return before?.exit === said.result.exit ? [] : [changedStatus(said, before?.exit ?? 0, kind)];
}

/** What it complains of, from its report where it has one for programs, else from its words. */
async function hear(
  candidate: IntegratedCandidate,
  { template, said, files }: Failing,
  { checker, kind }: { checker: Checker | null; kind: Kind },
): Promise<Heard> {
  const { root } = candidate;
  const read = checker?.read ?? complaintsIn;
  const at_once = checker?.read ? read(wholeText(said)) : null; // the project asks for the report by itself
  if (at_once) return { said, complaints: relative(at_once, root), form: { option: null, read } };
  const words: Form = { option: null, read: complaintsIn };
  const option = checker?.option ?? null;
  if (checker && option !== null) {
    const report = await ask(candidate, { template: withOption(template, checker, option), files, kind }, candidate);
    const complaints = unanswered(report, candidate.project.timeouts.settlement_ms) ? null : read(wholeText(report));
    if (complaints && report.result.exit === said.result.exit)
      return { said: report, complaints: relative(complaints, root), form: { option, read } };
  }
  return { said, complaints: relative(complaintsIn(wholeText(said)), root), form: words };
}

type Known = { complaints: Complaint[]; exit: number | null; root: string };

/** What it says of the target's head. Null: none of the files was there. */
async function ofHead(
  candidate: IntegratedCandidate,
  { template, files }: Failing,
  { form, kind }: { form: Form; kind: Kind },
): Promise<Known | null> {
  const beside = await candidate.baseline();
  const old = files.filter((path) => existsSync(join(beside.root, path)));
  if (template.includes("{file}") && old.length === 0) return null;
  const checker = checkerOf(template);
  const asked = form.option !== null && checker ? withOption(template, checker, form.option) : template;
  const said = await ask(candidate, { template: asked, files: old, kind }, beside);
  const missing = unanswered(said, candidate.project.timeouts.settlement_ms);
  if (missing) throw new Error(`The ${kind} check has no answer on the target's head: ${missing.message}`);
  const { exit } = said.result;
  if (exit === 0) return { complaints: [], exit, root: beside.root };
  const complaints = form.read(wholeText(said));
  if (complaints === null) throw new Error(`The ${kind} check has no report of the target's head`);
  return { complaints: relative(complaints, beside.root), exit, root: beside.root };
}

type Asking = { template: string; files: readonly string[]; kind: Kind };

/** Asks again, here or beside, on the target's head. */
const ask = (candidate: IntegratedCandidate, { template, files, kind }: Asking, { root, isolation }: Beside) =>
  runProjectCommand(isolation, {
    command: template.replaceAll("{file}", () => shellPaths(files)),
    timeout_ms: candidate.project.timeouts.settlement_ms,
    out: candidate.out,
    log: root === candidate.root ? `${kind}-report.log` : `${kind}-before.log`,
  });

/** Complaints for which it can have failed. Of a checker that is not known its warnings may be meant. */
function counting(complaints: readonly Complaint[], template: string, checker: Checker | null): readonly Complaint[] {
  if (checker === null || checker.strict.test(template)) return complaints;
  const errors = complaints.filter(({ grade }) => grade === "error");
  return errors.length > 0 ? errors : complaints;
}

/** Those on lines that the change brought in. */
async function ownComplaints(
  { git, head, tree }: IntegratedCandidate,
  complaints: readonly Complaint[],
): Promise<Set<Complaint>> {
  const added = await addedLines(git, head, tree);
  return new Set(complaints.filter(({ path, line }) => !!added.get(path ?? "")?.has(line ?? 0)));
}

/** Complaints that are not known, or not so often. */
function notAmong(
  now: readonly Complaint[],
  known: readonly Complaint[],
  roots: readonly [string, string],
): Complaint[] {
  const left = new Map<string, number>();
  for (const one of known) left.set(identity(one, roots[1]), (left.get(identity(one, roots[1])) ?? 0) + 1);
  return now.filter((one) => {
    const key = identity(one, roots[0]);
    const many = left.get(key) ?? 0;
    left.set(key, many - 1);
    return many <= 0;
  });
}

const alike = ({ command, result }: Said): string =>
  `"${command}" fails alike on the target's head and on the integrated work (exit status ${result.exit}) and says of no place why`;

/** It complains of nothing new, and yet it fails otherwise than before: what is unknown does not pass. */
const changedStatus = ({ command, result }: Said, before: number, kind: Kind): Finding => ({
  code: `${kind}_failure`,
  message: `"${command}" ends with status ${result.exit} on the integrated work, and with ${before} before`,
});

/** A check that fails and says nothing of use cannot be compared: what is unknown does not pass. */
const wordless = ({ command, result }: Said, kind: Kind): Finding => ({
  code: `${kind}_failure`,
  message: `"${command}" fails on the integrated work (exit status ${result.exit}) and says of no place why`,
});
