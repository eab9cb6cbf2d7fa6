import type { Finding } from "@dgov/kernel";
import { fnmatch } from "@dgov/sandbox/fnmatch";
import type { Change } from "../git/tree_changes.ts";
import type { Action, PathPolicy, PathRule } from "../policy_file.ts";

/** One rule that matched, in the order of reading. `strongest`: what holds after it. */
export type Step = { rule: string; from: PathRule["from"]; says: Action; strongest: Action; final: boolean };

/**
 * How a change at a path is judged, and by which steps. `action` is what the rules say, `verdict` what it comes to in the
 * mode. `asks`: the rules that the task's summary must name, and does not.
 */
export type Explained = {
  path: string;
  kind: RuleKind;
  steps: readonly Step[];
  action: Action;
  mode: PathPolicy["mode"];
  verdict: "pass" | "warn" | "refuse";
  asks: readonly string[];
  why: string;
};
export type RuleKind = PathRule["changes"][number];

/** Pure: the same path, summary and policy give the same steps. */
export function explainPath(
  { mode, rules }: PathPolicy,
  { path, kind, summary }: { path: string; kind: RuleKind; summary: string },
): Explained {
  const read: { rule: PathRule; step: Step }[] = [];
  for (const rule of rules) {
    if (!isAbout(rule, path, kind)) continue;
    const before = read.at(-1)?.step.strongest ?? "allow";
    const { name, from, action, final } = rule;
    read.push({ rule, step: { rule: name, from, says: action, strongest: stronger(before, action), final } });
    if (final) break;
  }
  const action = read.at(-1)?.step.strongest ?? "allow";
  const deciding = read.filter(({ rule }) => rule.action === action).map(({ rule }) => rule);
  const asked = (action === "ask" && mode !== "advisory") || (action === "forbid" && mode === "guarded");
  const asks = asked ? deciding.map(({ name }) => name).filter((name) => !isNamed(name, summary)) : [];
  const refused = asked ? asks.length > 0 : action === "forbid" && mode !== "advisory";
  const verdict = refused ? "refuse" : action === "allow" ? "pass" : "warn";
  const why = deciding.map((rule) => rule.why).find((text) => text !== "") ?? "";
  return { path, kind, steps: read.map(({ step }) => step), action, mode, verdict, asks, why };
}

/** Refusals and warnings of all changes; nothing of those that no rule is about. */
export function judgeByPath(
  changes: readonly Pick<Change, "path" | "kind">[],
  { policy, summary }: { policy: PathPolicy; summary: string },
): { refused: Finding[]; noted: Finding[] } {
  const explained = changes.map(({ path, kind }) => explainPath(policy, { path, kind: kindOf(kind), summary }));
  const finding = (one: Explained): Finding => ({
    code: one.verdict === "refuse" ? "path_rule" : "path_rule_noted",
    message: sayExplained(one),
    path: one.path,
  });
  return {
    refused: explained.filter(({ verdict }) => verdict === "refuse").map(finding),
    noted: explained.filter(({ verdict }) => verdict === "warn").map(finding),
  };
}

/** One line with each step. */
export function sayExplained({ path, kind, steps, mode, verdict, asks, why }: Explained): string {
  if (steps.length === 0) return `no rule is about "${path}"`;
  const read = steps.map(({ rule, from, says, final }) => {
    const whose = from === "project" ? "" : ` (preset ${from})`;
    return `${rule}${whose} says ${says}${final ? ", and ends the reading" : ""}`;
  });
  const cure =
    asks.length > 0 ? `; a task whose summary names ${asks.map((name) => `"${name}"`).join(" and ")} may` : "";
  const because = why === "" ? "" : `: ${why}`;
  return `to ${kind} "${path}": ${read.join("; ")}; in mode ${mode} that is ${SAID[verdict]}${because}${cure}`;
}

const SAID = { pass: "passed", warn: "told", refuse: "refused" } as const;

const isAbout = ({ paths, except, changes }: PathRule, path: string, kind: RuleKind): boolean =>
  changes.includes(kind) && paths.some((one) => fnmatch(one, path)) && !except.some((one) => fnmatch(one, path));

/** Said once more than in the schema: a commit that needs no schema must not load one. */
const STRENGTH: Readonly<Record<Action, number>> = { allow: 0, warn: 1, ask: 2, forbid: 3 };
const stronger = (a: Action, b: Action): Action => (STRENGTH[a] >= STRENGTH[b] ? a : b);

/** As a word of its own: `ci` is not in `circle`. */
const isNamed = (name: string, summary: string): boolean =>
  new RegExp(`(^|[^a-z0-9_-])${name}($|[^a-z0-9_-])`, "i").test(summary);

const kindOf = (kind: Change["kind"]): RuleKind =>
  kind === "added" ? "create" : kind === "deleted" ? "delete" : "edit";
