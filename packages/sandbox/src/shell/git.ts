import type { Word } from "./word.ts";

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
/** Options before the command. `-C` takes a folder, which is judged as a place. */
const GLOBAL = ["--no-pager", "--no-optional-locks", "--literal-pathspecs", "-P"];
/** Options of showing commands that write a file or start a program, and what git takes for their short forms. */
const HARMFUL = /^(--ou(t(p(ut?)?)?)?(=.*)?|--ext.*|--textc.*|--filters|-O.+|--op.*|-p=.*)$/;

/** Why a git command is refused, or null when it only shows something. The first word is `git`. */
export function gitFault(words: readonly Word[]): string | null {
  const argv = words.map(({ text }) => text);
  let at = 1;
  while (argv[at]?.startsWith("-")) {
    const option = argv[at]!;
    if (option === "--version" || option === "--help") return null;
    if (option === "-C" && words[at + 1]?.known) at += 2;
    else if (GLOBAL.includes(option)) at++;
    else return `git's option "${option}" may start a program or leave the worktree`;
  }
  const command = argv[at];
  if (command === undefined) return null;
  if (!words[at]!.known) return "git's command is computed";
  if ((command === "branch" || command === "tag") && onlyLists(words.slice(at + 1))) return null;
  if (READING.some((reading) => reading.test(argv.slice(at).join(" "))) && words.every(({ known }) => known))
    return null;
  if (!SHOWING.includes(command))
    return `"git ${command}" changes the repository or asks another; dgov commits for you: call done when the work is ready`;
  const rest = argv.slice(at + 1, argv.includes("--") ? argv.indexOf("--") : undefined);
  const harmful = rest.find((word) => HARMFUL.test(word) && !(command !== "grep" && /^-O/.test(word)));
  return harmful === undefined ? null : `git's option "${harmful}" writes a file or starts a program`;
}

/** Whether `git branch` or `git tag` is asked for a list: a name is a pattern where `--list` says so, and else makes one. */
function onlyLists(words: readonly Word[]): boolean {
  const patterns = words.some(({ text }) => text === "--list");
  return words.every(({ text, known }) => known && (LISTING.test(text) || (patterns && /^[^-]/.test(text))));
}

/** The forms of changing commands that only show. */
const READING = [
  /^(stash|worktree|notes) list\b(?!.* --out)/,
  /^remote( -v| --verbose)?( show -n \S+| get-url \S+)?$/,
  /^config (--(local|show-origin|null|name-only) )*[^-\s][^\s=]*\.[^\s=]+$/, // a name alone asks for it
  /^config (--(local|show-origin|null|name-only) )*(--get(-all|-regexp)?|--list|-l|get|list)( [^-\s]\S*)*$/,
  /^(tag (-l|--list)|branch --list)( [^-\s]\S*)+$/, // not "branch -l", which once made a branch
  /^submodule( status)?( --recursive| --cached)*$/,
  /^symbolic-ref( --short| -q)* [^-\s]\S*$/,
  /^reflog( show| -\d+|$)(?!.* (--out|-O))/,
];
const LISTING = new RegExp(
  `^(${[
    "-a|-r|-l|-v|-vv|-i|-q|--all|--list|--show-current|--remotes|--no-color|--ignore-case",
    "--sort=.*|--format=.*|--(no-)?(merged|contains)=.*|--points-at=.*",
  ].join("|")})$`,
);
