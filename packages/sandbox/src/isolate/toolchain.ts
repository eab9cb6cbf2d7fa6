import { basename, dirname, isAbsolute, join, resolve } from "node:path";

/**
 * What the detection asks of the machine.
 *
 * `link`   where a symbolic link points, as it is written; null: it is none, or is not there
 * `has`    whether there is anything under that path
 * `links`  the names of the symbolic links in a folder; none where there is no such folder
 */
export type Looks = {
  link(path: string): string | null;
  has(path: string): boolean;
  links(folder: string): readonly string[];
};

/**
 * `env`       what commands will see: PATH, and the names that say where a toolchain is
 * `programs`  absolute paths that the project's own commands name
 * `home`      the user's real home, which is never given whole; nor is a folder that `keeps` lies in
 */
export type Wanted = {
  env: Readonly<Record<string, string>>;
  programs: readonly string[];
  home: string;
  keeps: readonly string[];
};

/** Folders of a toolchain, each given whole; for a GOPATH only what the toolchain itself puts there. */
const ROOTS = ["PYENV_ROOT", "RUSTUP_HOME", "CARGO_HOME", "GOROOT", "GOMODCACHE", "NVM_DIR", "JAVA_HOME"] as const;
const MORE_ROOTS = [
  ...["RBENV_ROOT", "NODENV_ROOT", "GOENV_ROOT", "ASDF_DIR", "ASDF_DATA_DIR", "MISE_DATA_DIR", "VOLTA_HOME"],
  ...["FNM_DIR", "SDKMAN_DIR", "VIRTUAL_ENV", "SSL_CERT_FILE", "SSL_CERT_DIR"],
] as const;
/** Every name of the environment that the detection looks at. */
export const TOOLCHAIN_NAMES: ReadonlySet<string> = new Set(["PATH", "GOPATH", ...ROOTS, ...MORE_ROOTS]);
const BELOW_GOPATH = ["bin", "pkg"];

/** What every program may read anyway, or only in the part that is chosen elsewhere; links that lead out are followed. */
const SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/proc", "/dev", "/sys"];

/**
 * The folders outside of the system's own that the programs on PATH and the named toolchains need, without those that
 * others of them hold. A bin folder brings what it was installed with; a program that is a link brings what it links to.
 */
export function toolchainFolders(wanted: Wanted, looks: Looks): string[] {
  const found = new Set<string>();
  const add = (path: string) => {
    const at = resolve(path);
    if (isAbsolute(path) && !isSystem(at) && !holdsOthers(at, wanted) && looks.has(at)) found.add(at);
  };
  const path = (wanted.env.PATH ?? "").split(":").filter(isAbsolute);
  for (const name of [...ROOTS, ...MORE_ROOTS]) add(wanted.env[name] ?? "");
  for (const folder of (wanted.env.GOPATH ?? "").split(":"))
    for (const part of BELOW_GOPATH) if (folder !== "") add(join(folder, part));
  for (const folder of path) add(installOf(folder, wanted, looks));
  const linked = path.flatMap((folder) => looks.links(folder).map((name) => join(folder, name)));
  for (const program of [...linked, ...wanted.programs])
    for (const at of hopsOf(program, looks)) add(wholeOf(at, wanted, looks));
  for (const folder of [...found]) for (const at of pythonOf(folder, looks)) add(wholeOf(at, wanted, looks));
  return withoutInner([...found]);
}

/**
 * Where the Python of a virtual environment lies whose folder somebody else may have written: only what is the bin folder
 * of a Python installation counts, since a link may lead anywhere.
 */
export function interpreterFolders(venv: string, wanted: Wanted, looks: Looks): string[] {
  const whole = pythonOf(venv, looks).flatMap((at) => {
    const folder = installOf(dirname(at), wanted, looks);
    const isPython = basename(dirname(at)) === "bin" && folder !== dirname(at) && looks.has(join(folder, "lib"));
    return isPython && !isSystem(folder) && /^python[\d.]*$/.test(basename(at)) ? [folder] : [];
  });
  return withoutInner(whole.filter((folder) => folder !== venv));
}

/** Whether a folder holds more than a toolchain: the home, what many programs share in it, or one of `keeps`. */
export const holdsOthers = (at: string, { home, keeps }: Pick<Wanted, "home" | "keeps">): boolean =>
  at === "/" || [home, ...SHARED.map((name) => join(home, name)), ...keeps].some((kept) => isWithin(kept, at));

/** Folders that no other of them holds. */
export function withoutInner(folders: readonly string[]): string[] {
  const each = [...new Set(folders)];
  return each.filter((path) => !each.some((other) => other !== path && isWithin(path, other))).sort();
}

export const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);

const isSystem = (path: string) => SYSTEM.some((folder) => isWithin(path, folder));

const pythonOf = (folder: string, looks: Looks): string[] =>
  ["python", "python3"].flatMap((name) => hopsOf(join(folder, "bin", name), looks).slice(1));

/** A program and every link on the way to what it is in the end. */
function hopsOf(program: string, looks: Looks): string[] {
  const hops = [program];
  for (let at = looks.link(program); at !== null && hops.length < HOPS_MAX; at = looks.link(hops.at(-1) ?? ""))
    hops.push(resolve(dirname(hops.at(-1) ?? ""), at));
  return hops;
}
const HOPS_MAX = 16;

/** What a program was installed with; for a file that is in no bin folder, the file alone. */
function wholeOf(program: string, wanted: Wanted, looks: Looks): string {
  const folder = dirname(program);
  const whole = installOf(folder, wanted, looks);
  return whole === folder && !BIN.test(basename(folder)) ? program : whole;
}

/** The folder that a bin folder was installed with, or itself: not every neighbour of a bin folder belongs to it. */
function installOf(folder: string, wanted: Wanted, looks: Looks): string {
  const modules = /^(.*?\/node_modules)(\/|$)/.exec(folder)?.[1];
  const whole = modules ?? (BIN.test(basename(folder)) ? dirname(folder) : folder);
  if (whole === folder || whole.split("/").length < 3 || holdsOthers(whole, wanted)) return folder;
  if (looks.has(join(whole, ".git")) && !basename(whole).startsWith(".")) return folder; // somebody's project
  const isInstalled = modules !== undefined || SIGNS.some((name) => looks.has(join(whole, name)));
  return isInstalled ? whole : folder;
}

const BIN = /^(bin|sbin|\.bin|shims|libexec)$/;
const SHARED = [".local", ".config", ".cache", ".local/share"];
const SIGNS = [
  "lib",
  "lib64",
  "libexec",
  "share",
  "pyvenv.cfg",
  "VERSION",
  "node_modules",
  "registry",
  "toolchains",
  "installs",
];
