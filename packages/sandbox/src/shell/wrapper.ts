/**
 * A program that runs the rest of its words as a command. Its options are listed, since one that is not known could take
 * the next word: then nobody can say which word is the program.
 *
 * `flags`   short options without a value, together
 * `valued`  short options with one, together; the value may be joined to it or be the next word
 * `long`    long options; with a trailing `=` they take a value, joined by `=` or as the next word
 * `skip`    words before the command: the time of `timeout`
 */
export type Wrapper = { flags: string; valued: string; long: readonly string[]; skip: number };

const wrapper = (flags: string, valued = "", long: readonly string[] = [], skip = 0): Wrapper => ({
  flags,
  valued,
  long,
  skip,
});

// biome-ignore format: a table reads by its columns
export const WRAPPERS: ReadonlyMap<string, Wrapper> = new Map(Object.entries({
  env:       wrapper("i0v", "uCP", ["ignore-environment", "null", "debug", "unset=", "chdir=", "list-signal-handling"]),
  command:   wrapper("p"),
  builtin:   wrapper(""),
  exec:      wrapper("cl", "a"),
  nohup:     wrapper(""),
  setsid:    wrapper("cfw", "", ["ctty", "fork", "wait"]),
  time:      wrapper("apvqV", "fo", ["append", "portability", "verbose", "quiet", "format=", "output="]),
  coproc:    wrapper(""),
  nice:      wrapper("0123456789", "n", ["adjustment="]),
  ionice:    wrapper("t", "cn", ["ignore", "class=", "classdata="]),
  chrt:      wrapper("bfiomrvaR", "TPD", [], 1),
  taskset:   wrapper("ac", "", ["all-tasks", "cpu-list"], 1),
  stdbuf:    wrapper("", "ioe", ["input=", "output=", "error="]),
  unbuffer:  wrapper("p"),
  timeout:   wrapper("vfp", "sk", ["foreground", "preserve-status", "verbose", "signal=", "kill-after="], 1),
  xargs:     wrapper("0rtpxo", "aInLPdEs", ["null", "no-run-if-empty", "verbose", "interactive", "exit", "arg-file=", "delimiter=", "max-args=", "max-procs=", "max-lines=", "max-chars=", "replace="]),
  busybox:   wrapper(""),
  toybox:    wrapper(""),
  chpst:     wrapper("vP012", "uUbenmdofprt/"),
  prlimit:   wrapper(""),
  setarch:   wrapper("R", "", [], 1),
  linux64:   wrapper("R"),
  linux32:   wrapper("R"),
  flock:     wrapper("sxeunoFv", "wE", ["shared", "exclusive", "nonblock", "no-fork", "close", "timeout=", "wait="], 1),
  strace:    wrapper("fFqrtTvxyc", "eopsaEu"),
  ltrace:    wrapper("fSctTrL", "eopsanu"),
  caffeinate: wrapper("dimsu", "tw"),
  setpriv:   wrapper("", "", ["no-new-privs", "reuid=", "regid=", "clear-groups"]),
  sudo:      wrapper("EHnkKbiSs", "ugCTph"),
  doas:      wrapper("ns", "uC"),
  jobs:      wrapper("lnprsx"),
}));

/** Wrappers behind a verb: `poetry run CMD`. They run it in the project's environment, as `uv run` does. */
export const RUNNERS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    poetry: ["run"],
    pdm: ["run"],
    pipenv: ["run"],
    rye: ["run"],
    hatch: ["run"],
    pixi: ["run"],
    coverage: ["run"],
    "cargo-llvm-cov": ["run"],
    bundle: ["exec"],
    pnpm: ["exec", "dlx", "x"],
    yarn: ["exec", "dlx"],
    npm: ["exec", "x"],
    bun: ["x"],
    mise: ["exec", "x"],
    asdf: ["exec"],
  }),
);
/** Programs that fetch another and run it. */
export const FETCHERS = ["npx", "bunx", "pnpx", "pipx"];

/** Programs that run the rest of their words, after options that are too many to list. */
export const LOOSE = new Set(
  `xvfb-run dbus-run-session fakeroot faketime valgrind hyperfine numactl proxychains proxychains4 torsocks direnv dotenv
  cross-env cross-env-shell watchexec nodemon tsx ts-node concurrently nyc c8 kcov catchsegv cgexec runcon rr`.split(
    /\s+/,
  ),
);

/** Where the command of a wrapper begins among the words after its name; or why that cannot be said. */
export function commandAt(
  name: string,
  texts: readonly { text: string; known: boolean }[],
): number | { problem: string } {
  const { flags, valued, long, skip } = WRAPPERS.get(name)!;
  const value = (option: string) => (option.length > 0 ? 1 : 2);
  let at = 0;
  while (at < texts.length) {
    const { text, known } = texts[at]!;
    if (!known && !text.startsWith("-")) break;
    if (text === "--") {
      at++;
      break;
    }
    if (assigns(text) || (name === "env" && text === "-")) at++;
    else if (!text.startsWith("-") || text === "-") break;
    else if (!known) return { problem: `an option of ${name} is computed` };
    else if (text.startsWith("--")) {
      const [option = "", joined] = text.slice(2).split("=");
      if (long.includes(`${option}=`)) at += joined === undefined ? 2 : 1;
      else if (long.includes(option)) at++;
      else return { problem: `"${text.slice(0, 40)}" is an option of ${name} that is not known` };
    } else {
      const end = [...text.slice(1)].findIndex((letter) => !flags.includes(letter));
      if (end < 0) at++;
      else if (valued.includes(text[end + 1]!)) at += value(text.slice(end + 2));
      else return { problem: `"${text.slice(0, 40)}" is an option of ${name} that is not known` };
    }
  }
  at += skip;
  while (assigns(texts[at]?.text ?? "")) at++; // `time A=1 make`; where it is none, the program is looked for too far
  return at;
}

/** To `env` every word with `=` is an assignment; `time` knows those of the shell. */
const assigns = (text: string) => /^[^-=][^=]*=/.test(text);
