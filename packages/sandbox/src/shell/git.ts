/** Git commands that only show. Everything else may write refs, configuration, the index or files, or start a program. */
const SHOWING = [
  "status",
  "diff",
  "log",
  "show",
  "blame",
  "annotate",
  "grep",
  "ls-files",
  "ls-tree",
  "rev-parse",
  "rev-list",
  "cat-file",
  "merge-base",
  "describe",
  "shortlog",
  "name-rev",
  "diff-tree",
  "diff-files",
  "diff-index",
  "show-ref",
  "for-each-ref",
  "check-ignore",
  "check-attr",
  "count-objects",
  "whatchanged",
  "range-diff",
  "cherry",
  "version",
  "help",
  "var",
];
/** Global options before the command, and whether they take a value. */
const GLOBAL: Readonly<Record<string, boolean>> = {
  "--no-pager": false,
  "--no-optional-locks": false,
  "--literal-pathspecs": false,
  "-P": false,
  "--version": false,
  "--help": false,
};
/** Options of showing commands that write a file or start a program. */
const HARMFUL = /^(--output(=.*)?|--ext-diff|--textconv|-O.+|--open-files-in-pager.*|-p=.*)$/;

/** Why a git command is refused, or null when it only shows something. `argv[0]` is `git`. */
export function gitFault(argv: readonly string[]): string | null {
  let at = 1;
  while (argv[at]?.startsWith("-")) {
    const option = argv[at]!;
    if (GLOBAL[option] === undefined) return `git's option "${option}" may start a program or leave the worktree`;
    if (option === "--version" || option === "--help") return null;
    at++;
  }
  const command = argv[at];
  if (command === undefined) return null;
  if ((command === "branch" || command === "tag") && argv.slice(at + 1).every((word) => LISTING.test(word)))
    return null;
  if (command === "stash" && argv[at + 1] === "list") return null;
  if (!SHOWING.includes(command))
    return `"git ${command}" changes the repository or asks another; dgov commits for you: call done when the work is ready`;
  const rest = argv.slice(at + 1, argv.includes("--") ? argv.indexOf("--") : undefined);
  const harmful = rest.find((word) => HARMFUL.test(word) && !(command !== "grep" && /^-O/.test(word)));
  return harmful === undefined ? null : `git's option "${harmful}" writes a file or starts a program`;
}

const LISTING = /^(-a|-r|-l|-v|-vv|--all|--list|--show-current|--remotes|--no-color|--sort=.*|--format=.*)$/;
