import { existsSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { holdsOthers, TOOLCHAIN_NAMES } from "./isolate/toolchain.ts";

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

/** Names that may pass as they are: which of the tools, never what they are told to load. No key has such a name. */
const PASSED = ["PATH", "PYENV_VERSION", "RUSTUP_TOOLCHAIN", "GOTOOLCHAIN", "TZ"] as const;

/** Names that say where a toolchain is. They pass when what they name is there, and is not the home of it all. */
const PLACES = [...TOOLCHAIN_NAMES].filter((name) => name !== "PATH");

/** Those of them that may name several folders. */
const LISTS: readonly string[] = ["GOPATH", "SSL_CERT_DIR"];

/** Toolchains that look for themselves below HOME when nothing tells them where they are. */
const BELOW_HOME: readonly [name: string, folder: string][] = [
  ["PYENV_ROOT", ".pyenv"],
  ["RUSTUP_HOME", ".rustup"],
  ["CARGO_HOME", ".cargo"],
  ["GOPATH", "go"],
  ["NVM_DIR", ".nvm"],
  ["RBENV_ROOT", ".rbenv"],
  ["ASDF_DATA_DIR", ".asdf"],
  ["MISE_DATA_DIR", ".local/share/mise"],
  ["VOLTA_HOME", ".volta"],
  ["SDKMAN_DIR", ".sdkman"],
];

/** The whole environment of what runs isolated, built anew: a name that is not written here does not pass. */
export function toolEnvironment({ tmp, inherited, real_home }: EnvironmentSource): Record<string, string> {
  const passed = Object.fromEntries(
    PASSED.flatMap((name) => (inherited[name] ? [[name, inherited[name]] as const] : [])),
  );
  const placed = PLACES.flatMap((name): [string, string][] => {
    const value = inherited[name] ?? "";
    const paths = LISTS.includes(name) ? value.split(":") : [value];
    const there = paths.filter((path) => isToolchain(path, real_home));
    return there.length === 0 ? [] : [[name, there.join(":")]];
  });
  const found = BELOW_HOME.flatMap(([name, folder]): [string, string][] => {
    const path = real_home === null ? null : join(real_home, folder);
    return path !== null && existsSync(path) ? [[name, path]] : []; // what the user has set comes after it
  });
  return {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    ...Object.fromEntries([...found, ...placed]),
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

/** As the jail has it: a folder that holds the home is never given, and a text that is no path says nothing of a place. */
const isToolchain = (path: string, real_home: string | null): boolean =>
  isAbsolute(path) && !holdsOthers(resolve(path), { home: real_home ?? "/", keeps: [] }) && existsSync(path);

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
