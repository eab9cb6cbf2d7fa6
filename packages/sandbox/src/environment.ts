import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * What a tool environment is made from.
 *
 * `tmp`       absolute path of the private folder; home, temporary files and every tool's cache go below it
 * `inherited` the governor's own environment; only the names listed here are ever taken from it
 * `real_home` the user's home, or null: toolchains that live there are found although HOME is replaced
 */
export type EnvironmentSource = {
  tmp: string;
  inherited: Readonly<Record<string, string | undefined>>;
  real_home: string | null;
};

/** Names that may pass as they are: where toolchains are, never what they are told to load. No key has such a name. */
const PASSED = [
  "PATH",
  "PYENV_ROOT",
  "PYENV_VERSION",
  "RUSTUP_HOME",
  "RUSTUP_TOOLCHAIN",
  "CARGO_HOME",
  "GOROOT",
  "GOPATH",
  "GOMODCACHE",
  "GOTOOLCHAIN",
  "NVM_DIR",
  "JAVA_HOME",
  "RBENV_ROOT",
  "VIRTUAL_ENV",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "TZ",
] as const;

/** Toolchains that look for themselves below HOME when nothing tells them where they are. */
const BELOW_HOME: readonly [name: string, folder: string][] = [
  ["PYENV_ROOT", ".pyenv"],
  ["RUSTUP_HOME", ".rustup"],
  ["CARGO_HOME", ".cargo"],
  ["GOPATH", "go"],
  ["NVM_DIR", ".nvm"],
  ["RBENV_ROOT", ".rbenv"],
];

/** The whole environment of what runs isolated, built anew: a name that is not written here does not pass. */
export function toolEnvironment({ tmp, inherited, real_home }: EnvironmentSource): Record<string, string> {
  const passed = Object.fromEntries(
    PASSED.flatMap((name) => (inherited[name] ? [[name, inherited[name]] as const] : [])),
  );
  const found = BELOW_HOME.flatMap(([name, folder]): [string, string][] => {
    const path = real_home === null ? null : join(real_home, folder);
    return path !== null && existsSync(path) ? [[name, path]] : [];
  });
  return {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    ...Object.fromEntries(found),
    ...passed,
    HOME: `${tmp}/home`,
    TMPDIR: `${tmp}/tmp`,
    LANG: "C.UTF-8",
    TERM: "dumb",
    NO_COLOR: "1",
    CI: "1", // tools neither ask nor watch
    ...caches(`${tmp}/cache`),
  };
}

/** Tools write caches beside the code, which is not claimed: each is told of another place, or to keep none. */
function caches(cache: string): Record<string, string> {
  return {
    XDG_CACHE_HOME: cache,
    PYTHONDONTWRITEBYTECODE: "1",
    PYTHONPYCACHEPREFIX: `${cache}/python`,
    PYTEST_ADDOPTS: "-p no:cacheprovider",
    RUFF_CACHE_DIR: `${cache}/ruff`,
    MYPY_CACHE_DIR: `${cache}/mypy`,
    COVERAGE_FILE: `${cache}/coverage`,
    UV_CACHE_DIR: `${cache}/uv`,
    PIP_CACHE_DIR: `${cache}/pip`,
    npm_config_cache: `${cache}/npm`,
    YARN_CACHE_FOLDER: `${cache}/yarn`,
    GOCACHE: `${cache}/go`,
    GOFLAGS: "-buildvcs=false", // the builder would ask git, whose index it cannot refresh
    CARGO_TARGET_DIR: `${cache}/cargo`,
    GIT_OPTIONAL_LOCKS: "0", // reading commands of git do not try to write the index
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
  };
}
