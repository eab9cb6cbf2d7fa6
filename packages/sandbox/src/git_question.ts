/**
 * What the tools ask git, as data: where no native process may be started inside, the governor answers it outside. Paths
 * are relative to the root, and stand for themselves.
 *
 * `followed`  names of what differs from the base commit, each with a letter; `untracked`: new and not ignored
 * `files`     all that is not ignored; `deleted`: those of them that are gone
 * `diff`      of these paths against the base; `log`: the last commits up to the base that changed a path
 * `entry`     the base's line for a path, "": none; `blob`: its content there as a checkout would write it
 */
export type GitQuestion =
  | { ask: "followed" | "untracked" | "files" | "deleted" }
  | { ask: "diff"; paths: readonly string[] }
  | { ask: "log"; path: string; most: number }
  | { ask: "entry" | "blob"; path: string };

/** `why` is a clause for the model. */
export type GitReply = { ok: true; base64: string } | { ok: false; why: string };

export type AnswerGit = (question: GitQuestion) => Promise<GitReply>;

/** The words of a git that takes paths literally. No question has a word that could be an option, or a commit of its own. */
export function gitWords(question: GitQuestion, base: string): string[] {
  switch (question.ask) {
    case "followed":
      return [...DIFF, "--name-status", base];
    case "untracked":
      return ["ls-files", "--others", "--exclude-standard"];
    case "files":
      return ["ls-files", "--cached", "--others", "--exclude-standard"];
    case "deleted":
      return ["ls-files", "--deleted"];
    case "diff":
      return [...DIFF, base, "--", ...question.paths];
    case "log":
      return [...LOG, `--max-count=${Number(question.most)}`, base, "--", question.path];
    case "entry":
      return ["ls-tree", base, "--", question.path];
    case "blob":
      return ["cat-file", "--filters", `${base}:${question.path}`];
  }
}

const DIFF = ["diff", "--no-ext-diff", "--no-textconv", "--no-renames"];
const LOG = ["log", "--oneline", "--no-decorate", "--no-show-signature"];
