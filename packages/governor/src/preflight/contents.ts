import type { Finding } from "@dgov/kernel";
import type { Git } from "../git/git.ts";
import { type Change, diffTrees } from "../git/tree_changes.ts";
import type { Project } from "../project.ts";
import { PROJECT_FILE } from "../project_file.ts";
import { judgePaths } from "../settlement/claimed_paths.ts";
import { unsafeContent } from "../settlement/content.ts";
import { type Gate, pass, reject, settle } from "../settlement/gate.ts";
import { mirrorDrift } from "../settlement/mirrors.ts";
import { RULES_FOLDER } from "../settlement/rules/load.ts";
import type { TakenDown } from "./answer.ts";
import type { Subject } from "./subject.ts";

/** What of a project is asked about paths. */
export type PathRules = Pick<Project["rules"], "scope">;

/** `rules`: those of the configuration at `head`; null: it has none. */
export type Contents = Pick<Subject, "head" | "before"> & {
  git: Pick<Git, "objects">;
  tree: string;
  rules: PathRules | null;
};

/** Judges what is in the files, and tells what else a person should know. `stopped`: it did not pass. */
export async function judgeContents(
  { git, head, before, tree, rules }: Contents,
  { notes, settling }: TakenDown,
): Promise<{ changes: readonly Change[]; stopped: boolean }> {
  const changes = await diffTrees(git, before, tree);
  notes.push(...pathNotes(changes, rules), ...(head === null ? [] : await judgeNotes(git, { head, tree, rules })));
  const { allow_binary = true, mirrors = [] } = rules?.scope ?? {};
  const asked = { git, tree, changes, allow_binary, mirrors };
  return { changes, stopped: (await settle([contentGate], asked, settling)) !== null };
}

type Asked = Pick<Contents, "git" | "tree"> &
  Pick<PathRules["scope"], "allow_binary" | "mirrors"> & { changes: readonly Change[] };

/** What may come into the repository from nobody: the half of the gate `claims` that needs no claim. */
const contentGate: Gate<Asked> = {
  name: "content",
  async check({ git, tree, changes, allow_binary, mirrors }) {
    const unsafe = await unsafeContent(changes, { git, allow_binary });
    const wrong = unsafe.length > 0 ? unsafe : await mirrorDrift(changes, { git, tree, mirrors });
    return wrong.length > 0 ? reject("path_policy", wrong) : pass;
  },
};

/** What a task would be refused for by its paths, and a person is only told. */
function pathNotes(changes: readonly Change[], rules: PathRules | null): Finding[] {
  if (rules === null) return [];
  const judged = judgePaths(changes, { unit: { files: ANYTHING, summary: "" }, touched: [], project: { rules } });
  const told = (judged?.findings ?? []).slice(0, TOLD_MAX);
  return told.map((finding) => ({ ...finding, message: `A task would be refused: ${finding.message}` }));
}

const ANYTHING = { create: [], edit: [], delete: [], read: [], touch: ["**"] };
const TOLD_MAX = 20;

/** The candidate never brings its own judges: who did judge, where that is not what stands there. */
async function judgeNotes(
  git: Pick<Git, "objects">,
  { head, tree, rules }: { head: string; tree: string; rules: PathRules | null },
): Promise<Finding[]> {
  const short = head.slice(0, 12);
  const names = (of: string) => JUDGES.map((path) => `${of}:${path}`);
  const found = await git.objects.info([...names(head), ...names(tree)]);
  const differ = JUDGES.some((_, at) => found[at]?.oid !== found[at + JUDGES.length]?.oid);
  const said: [code: string, message: string][] = [
    ...(rules === null
      ? [["no_project", `${short} has no ${PROJECT_FILE}: only the contents were judged`] as [string, string]]
      : []),
    ...(differ
      ? [
          [
            "judges_differ",
            `The configuration and rules of ${short} judged; the change to them holds once it is committed`,
          ] as [string, string],
        ]
      : []),
  ];
  return said.map(([code, message]) => ({ code, message }));
}

const JUDGES = [PROJECT_FILE, RULES_FOLDER];
