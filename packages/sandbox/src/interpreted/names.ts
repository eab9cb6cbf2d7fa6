/**
 * Programs that an interpreted command may call; everything else is native, and not there. Written out, so that asking
 * whether a gate could run does not load the interpreter.
 */
export const INTERPRETED: readonly string[] = `
  alias awk base64 basename bash cat chmod clear column comm cp cut date diff dirname du echo egrep
  env expand expr false fgrep file find fold grep gunzip gzip head help history hostname
  html-to-markdown join jq ln ls md5sum mkdir mv nl od paste printenv printf pwd readlink rev rg rm
  rmdir sed seq sh sha1sum sha256sum sleep sort split stat strings tac tail tee time timeout touch tr
  tree true unalias unexpand uniq wc which whoami xargs zcat
`
  .trim()
  .split(/\s+/);

/** Words of the shell itself that may begin a command. */
const SHELL_WORDS = [
  ":",
  ".",
  "[",
  "[[",
  "!",
  "(",
  "{",
  "cd",
  "eval",
  "exec",
  "exit",
  "export",
  "for",
  "if",
  "set",
  "source",
  "test",
  "while",
];

/** What the interpreted shell does by itself. Of bash's own it has no trap, jobs, kill or ulimit. */
export const BUILTINS: readonly string[] = `
  . : [ [[ break builtin cd command compgen complete compopt continue declare dirs eval exec exit export getopts hash
  let local mapfile popd pushd readarray readonly read return set shift shopt source test time type typeset unset wait
`
  .trim()
  .split(/\s+/);

/** Whether the first program of a command could run without a jail. The rest of it is found out when it runs. */
export function isInterpretable(command: string): boolean {
  const [, first = ""] = /^\s*(?:[A-Za-z_]\w*=\S*\s+)*([^\s;&|<>()]+|[({])/.exec(command) ?? [];
  return INTERPRETED.includes(first) || SHELL_WORDS.includes(first);
}
