import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COMMANDS } from "../packages/cli/src/commands.ts";
import { perform } from "./example_shop.ts";
import { bareEnvironment } from "./repo.ts";

setDefaultTimeout(60_000);

// Each shell is asked as it would be by a key of its user's. One that is not installed skips its cases, by name.
const folder = mkdtempSync(join(tmpdir(), "dgov-test-"));
const env = bareEnvironment(folder);
const HOSTILE = '$(touch ran) `touch ran` "x';

beforeAll(async () => {
  for (const plan of ["add-limits", "rework", HOSTILE])
    mkdirSync(join(folder, ".dgov/plans", plan), { recursive: true });
  for (const made of ["auto-plans/made", "auto-plans/archive", "fix-plans/typo"])
    mkdirSync(join(folder, ".dgov/runtime", made), { recursive: true });
  writeFileSync(join(folder, "release.key"), "");
  for (const shell of ["bash", "zsh", "fish", "powershell"]) {
    const { text } = await perform({ root: folder, env }, `dgov completions ${shell}`);
    writeFileSync(join(folder, `dgov.${shell}`), text());
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SHELLS: Readonly<Record<string, (line: string) => string[]>> = {
  bash: (line) => [
    "bash",
    "-c",
    `source ./dgov.bash; COMP_WORDS=(${words(line)}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _dgov; printf '%s\\n' "\${COMPREPLY[@]}"`,
  ],
  fish: (line) => ["fish", "-c", `source ./dgov.fish; complete -C ${JSON.stringify(line)}`],
  zsh: (line) => ["zsh", "-f", "-c", ZSH, "zsh", line],
};

/** A second zsh on a terminal, to which the line and a tab are typed; what it shows is listed a word a line. */
const ZSH = `zmodload zsh/zpty
zpty inner zsh -f -i
zpty -w inner "PS1=; autoload -U compinit; compinit -u -D; source ./dgov.zsh; setopt no_beep no_menu_complete list_ambiguous; unsetopt auto_menu; LISTMAX=9999; COLUMNS=200; zstyle ':completion:*' list-separator '--'; echo rea''dy"
zpty -r inner line '*ready*2004h*'
zpty -w inner "$1"$'\\t\\t\\x15'"echo e''nd"
while zpty -r inner line; do [[ "$line" == *end* && "$line" != *echo* ]] && break; printf '%s' "$line"; done
zpty -d inner`;

const words = (line: string) =>
  [...line.split(" ").slice(0, -1), line.endsWith(" ") ? '""' : line.split(" ").at(-1)].join(" ");

function offered(shell: string, line: string): string {
  const { stdout, stderr } = Bun.spawnSync(SHELLS[shell]!(line), {
    cwd: folder,
    env,
    stdin: "ignore",
    timeout: 30_000,
  });
  return `${stdout}${stderr}`;
}

describe.each(Object.keys(SHELLS))("%s", (shell) => {
  test.skipIf(Bun.which(shell) === null).each<[line: string, has: readonly string[], hasNot: readonly string[]]>([
    ["dgov re", ["replay", "report"], ["status"]],
    ["dgov plan re", ["review", "remediate"], ["replay"]],
    ["dgov plan review --", ["--only", "--html", "--json"], ["--jobs"]],
    ["dgov watch --no", ["--no-follow"], ["--follow "]],
    ["dgov cost --by ", ["model", "attempt"], ["--plan"]],
    ["dgov run ", ["add-limits", "rework", "made", "typo"], ["release.key", "archive"]],
    ["dgov run --jobs 2 ", ["add-limits"], ["release.key"]],
    ["dgov attest sign RUN --key rel", ["release.key"], ["add-limits"]],
    ["dgov init --project-type ", ["python", "rust"], ["release.key"]],
    ["dgov help p", ["plan", "prune"], ["status"]],
    ["dgov help plan cre", ["create"], ["release.key"]],
    ["dgov jobs show ", [], ["release.key", "add-limits"]],
    ["dgov run --only ", [], ["release.key"]],
    ["dgov completions ", ["fish", "powershell"], ["add-limits"]],
  ])("%s", (line, has, hasNot) => {
    const told = offered(shell, line);
    for (const word of has) expect(told).toContain(word);
    for (const word of hasNot) expect(told).not.toContain(word);
  });

  test.skipIf(Bun.which(shell) === null)("a plan's name is no code", async () => {
    offered(shell, "dgov run ");
    expect(await Bun.file(join(folder, "ran")).exists()).toBe(false);
  });
});

test("a script names every command, and each shell has one", async () => {
  for (const shell of ["bash", "zsh", "fish", "powershell"]) {
    const script = await Bun.file(join(folder, `dgov.${shell}`)).text();
    const missing = Object.keys(COMMANDS).filter((name) => !script.includes(name) && shell !== "fish");
    expect(missing).toEqual([]);
    expect(script).toContain(`dgov completions ${shell}`);
  }
});
