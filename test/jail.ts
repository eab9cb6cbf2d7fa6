import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createIsolationMaker,
  type ExecResult,
  type Isolation,
  type IsolationSpec,
  parseClaim,
  type Scope,
  toolEnvironment,
} from "../packages/sandbox/src/index.ts";
import { LAB_CONFINEMENT, SCOPE } from "./lab.ts";

/** What the tests of the jails share: a real repository with a worktree, a real maker, and looks from outside. */
export const SERVE = join(import.meta.dir, "../packages/sandbox/src/serve.ts");
export const maker = createIsolationMaker({ self: [process.execPath, SERVE], now_ms: () => performance.now() });

export const FIXTURES = join(import.meta.dir, "fixtures/isolation");

// Every jail runs the same lists. One that this machine lacks is skipped under its name, with the reason. At level "wasm"
// nothing native runs, so none of these lists is for it.
const levels = (await maker.probe()).filter(({ level }) => level !== "wasm");
export const available = levels.filter((found) => found.available).map((found) => found.level);
export const missing = levels.flatMap((found) =>
  found.available ? [] : [{ title: `${found.level}: not on this machine (${found.why}; ${found.cure})` }],
);

const CLAIMS = ["src/claimed.py", "src/new.py"];

export type Place = { base: string; outside: string; main: string; root: string; commit: string };

/** A real repository with a linked worktree, as an attempt has it, and a folder that is nobody's business. */
export function makePlace(parent: string = tmpdir()): Place {
  const base = realpathSync(mkdtempSync(join(parent, "dgov-isolation-")));
  const [outside, main, root] = [join(base, "outside"), join(base, "main"), join(base, "work")];
  mkdirSync(outside);
  writeFileSync(join(outside, "victim.txt"), "victim\n");
  for (const folder of ["src", "docs"]) mkdirSync(join(main, folder), { recursive: true });
  const files = {
    "README.md": "read me\n",
    ".gitignore": "*.log\n",
    "src/claimed.py": "claimed = 1\n",
    "src/other.py": "other = 1\n",
    "docs/guide.md": "guide\n",
  };
  for (const [path, text] of Object.entries(files)) writeFileSync(join(main, path), text);
  const git = (...args: string[]) => {
    const words = ["git", "-C", main, "-c", "user.name=t", "-c", "user.email=t@t", ...args];
    const { exitCode, stdout, stderr } = Bun.spawnSync(words);
    if (exitCode !== 0) throw new Error(stderr.toString());
    return stdout.toString().trim();
  };
  git("init", "-q", "-b", "main");
  git("add", ".");
  git("commit", "-q", "-m", "base");
  git("worktree", "add", "-q", "--detach", root);
  return { base, outside, main, root, commit: git("rev-parse", "HEAD") };
}

const scopeOf = ({ commit }: Place): Scope => ({
  ...SCOPE,
  write: CLAIMS.map(parseClaim),
  read: [],
  test_targets: [],
  base: commit,
});

/** Keys, doors to daemons, and what would make a program load or run somebody's code. */
export const NOT_PASSED = [
  ...["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "NPM_TOKEN", "KUBECONFIG"],
  ...["SSH_AUTH_SOCK", "GPG_AGENT_INFO", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "DISPLAY", "WAYLAND_DISPLAY"],
  ...[
    "BUN_OPTIONS",
    "BUN_BE_BUN",
    "BUN_INSTALL",
    "GIT_DIR",
    "GIT_SSH_COMMAND",
    "GIT_EXTERNAL_DIFF",
    "GIT_CONFIG_COUNT",
  ],
  ...[
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
    "LD_AUDIT",
    "NODE_OPTIONS",
    "NODE_PATH",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PERL5OPT",
  ],
  ...[
    "RUBYOPT",
    "JAVA_TOOL_OPTIONS",
    "BASH_ENV",
    "ENV",
    "PROMPT_COMMAND",
    "IFS",
    "DOCKER_HOST",
    "SUDO_ASKPASS",
    "EDITOR",
  ],
  ...["HTTP_PROXY", "https_proxy", "ALL_PROXY", "DGOV_PROVIDER", "XDG_CONFIG_HOME", "USER", "LOGNAME", "MAIL"],
];

const homeless = {
  inherited: {
    ...Object.fromEntries(NOT_PASSED.map((name) => [name, "secret"])),
    PATH: process.env.PATH,
  },
  real_home: process.env.HOME ?? null,
};

export function specOf(place: Place, write: IsolationSpec["write"]): IsolationSpec {
  const tmp = mkdtempSync(join(place.base, "tmp-"));
  const env = toolEnvironment({ tmp, ...homeless });
  return {
    root: place.root,
    write,
    git_dir: join(place.main, ".git"),
    tmp,
    ...LAB_CONFINEMENT,
    read: [FIXTURES],
    env,
    scope: scopeOf(place),
  };
}

export const sh = (
  isolation: Isolation,
  command: string,
  more: { timeout_ms?: number; output_max_bytes?: number } = {},
): Promise<ExecResult> =>
  isolation.exec({ command, timeout_ms: 20_000, output_max_bytes: 1_000_000, clip_bytes: 8_000, ...more });

/** Processes whose command line has a word that only this test uses. */
export function alive(mark: string): number {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid) || !existsSync(`/proc/${pid}/cmdline`)) return false;
    const words = Bun.spawnSync(["cat", `/proc/${pid}/cmdline`], { stderr: "ignore" })
      .stdout.toString()
      .split("\0");
    return words.includes("sleep") && words.includes(mark);
  }).length;
}

export async function until(holds: () => boolean, limit_ms = 10_000): Promise<boolean> {
  for (let waited_ms = 0; waited_ms < limit_ms; waited_ms += 50) {
    if (holds()) return true;
    await Bun.sleep(50);
  }
  return holds();
}
