import {
  type Dirent,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  type Stats,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { IsolationSpec } from "./isolation.ts";
import type { Place } from "./landlock.ts";
import {
  interpreterFolders,
  isWithin,
  type Looks,
  TOOLCHAIN_NAMES,
  toolchainFolders,
  type Wanted,
} from "./toolchain.ts";

/**
 * What may be read, as the machine has it.
 *
 * `places`  real paths, none within another
 * `links`   symbolic links that lead to them and lie in none of them
 * `hidden`  what lies within the places and may not be read: the machine's keys, the credentials of package managers
 */
export type Readable = { places: readonly Place[]; links: readonly Link[]; hidden: readonly Place[] };
export type Link = { path: string; target: string };

const SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store"];

/** What run times ask of the machine: how many processors there are, the size of pages, the memory of their container. */
const MACHINE = ["/sys/devices/system/cpu", "/sys/kernel/mm/transparent_hugepage", "/sys/fs/cgroup"];

/** The part of /etc that says how programs are found and run. No passwords, machine keys, or programs' own secrets. */
const ETC = named([
  ...[
    "ld\\.so\\..+",
    "ld-musl-.+\\.path",
    "alternatives",
    "static",
    "ssl",
    "pki",
    "crypto-policies",
    "ca-certificates(\\.conf)?",
  ],
  ...[
    "passwd",
    "group",
    "nsswitch\\.conf",
    "services",
    "protocols",
    "shells",
    "profile",
    "(bash\\.)?bashrc",
    "inputrc",
  ],
  ...[
    "localtime",
    "timezone",
    "locale\\..+",
    ".+-release",
    "debian_version",
    "terminfo",
    "fonts",
    "xdg",
    "xml",
    "sgml",
  ],
  ...["mime\\.types", "magic(\\.mime)?", "java.*", "maven", "gradle", "python[\\d.]*", "perl", "php.*", "ruby.*", "R"],
  ...["julia", "dotnet"],
]);
const ETC_NETWORK = named([
  ...["hosts", "resolv\\.conf", "host\\.conf", "gai\\.conf", "networks"],
  ...["pip\\.conf", "npmrc"], // where packages come from: they may hold a key, which only helps who has a network
]);

/** Of an entry of /etc, by its name. */
export const isReadableInEtc = (name: string, network: boolean): boolean =>
  ETC.test(name) || (network && ETC_NETWORK.test(name));

function named(patterns: readonly string[]): RegExp {
  return new RegExp(`^(${patterns.join("|")})$`);
}

/** In /etc/ssl and /etc/pki, where the keys of this machine lie. */
const MACHINE_KEYS = ["/etc/ssl/private", "/etc/pki/tls/private", "/etc/pki/CA/private", "/etc/pki/nssdb"];
const CREDENTIALS =
  /^(credentials(\.toml)?|\.?npmrc|\.netrc|\.pypirc|\.git-credentials|auth\.json|settings\.xml|gradle\.properties)$/;

export type ReadableOrder = {
  spec: Pick<IsolationSpec, "root" | "tmp" | "git_dir" | "read" | "network" | "env"> & Pick<IsolationSpec, "programs">;
  self: readonly string[];
};

/** Finds what an isolated process may read, and knows the toolchain of a run after the first one. */
export type FindReadable = (order: ReadableOrder) => Readable | "all";

export function createFindReadable(): FindReadable {
  const known = new Map<string, Fixed>();
  return ({ spec, self }) => {
    const { root, tmp, git_dir, read, network, env, programs = [] } = spec;
    if (read === "all") return "all";
    const keeps = [...(git_dir === null ? [] : [git_dir]), dirname(root), dirname(tmp)];
    const wanted = { env: toolchainNames(env), programs, home: homedir(), keeps };
    const key = JSON.stringify([wanted, network !== "none"]);
    const fixed = known.get(key) ?? fixedPart(wanted, { network: network !== "none", self });
    known.set(key, fixed);
    const venvs = VENVS.flatMap((name) => interpreterFolders(join(root, name), wanted, looksOfMachine));
    const git = git_dir === null ? [] : [git_dir, ...alternatesOf(join(git_dir, "objects"))];
    const found = resolveAll([root, tmp, ...git, ...read, ...venvs], fixed);
    return { ...found, hidden: hiddenIn([...fixed.toolchain, ...venvs], found.places) };
  };
}

/** What is the same for every start of a run, looked up once: which folders, and where they are in the end. */
type Fixed = { toolchain: readonly string[]; real: readonly string[]; links: ReadonlyMap<string, string> };

function fixedPart(wanted: Wanted, { network, self }: { network: boolean; self: readonly string[] }): Fixed {
  const toolchain = toolchainFolders(wanted, looksOfMachine);
  const etc = names("/etc").filter((name) => isReadableInEtc(name, network));
  const paths = [...SYSTEM, ...MACHINE, ...etc.map((name) => `/etc/${name}`), ...ownProgram(self), ...toolchain];
  const links = new Map<string, string>();
  return { toolchain, real: paths.flatMap((path) => follow(path, links) ?? []), links };
}

/** Without the names that differ from one private folder to the next. */
const toolchainNames = (env: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(env).filter(([name]) => TOOLCHAIN_NAMES.has(name)));

/** Object stores that git's own borrows from: without them its commits are broken. Nobody in a jail writes that list. */
function alternatesOf(objects: string, depth = 0): string[] {
  const list = join(objects, "info/alternates");
  if (depth > ALTERNATES_MAX || !existsSync(list)) return [];
  const lines = readFileSync(list, "utf8").split("\n");
  const stores = lines.filter((line) => line !== "" && !line.startsWith("#")).map((line) => resolve(objects, line));
  return stores.flatMap((store) => [store, ...alternatesOf(store, depth + 1)]);
}
const ALTERNATES_MAX = 5; // as git has it

const VENVS = [".venv", "venv"];

const looksOfMachine: Looks = {
  has: existsSync,
  link: (path) => linkAt(path),
  links: (folder) => entriesOf(folder).flatMap((entry) => (entry.isSymbolicLink() ? [entry.name] : [])),
};

const linkAt = (path: string): string | null => unless(NO_LINK, () => readlinkSync(path));
const NO_LINK = ["EINVAL", "ENOENT", "ENOTDIR", "EACCES", "ELOOP"];

/** What is in a folder; nothing where it is none, or is closed to us: then it is closed to what we start, too. */
const entriesOf = (folder: string): Dirent[] =>
  unless(["ENOENT", "ENOTDIR", "EACCES"], () => readdirSync(folder, { withFileTypes: true })) ?? [];

const names = (folder: string): string[] => entriesOf(folder).map(({ name }) => name);

function unless<T>(codes: readonly string[], look: () => T): T | null {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && "code" in error && codes.includes(String(error.code))) return null;
    throw error;
  }
}

/**
 * This program must be able to read itself: the executable, or Bun and the entry file with what it imports. From source
 * that is the workspace's packages, grammars and modules, not its other files.
 */
export function ownProgram([program = "", ...words]: readonly string[]): string[] {
  const entry = words.find((word) => /^\/.*\.(ts|js|mjs)$/.test(word));
  if (entry === undefined) return [program];
  const modules = /^(.*?\/node_modules)\//.exec(entry)?.[1];
  if (modules !== undefined) return [program, modules];
  for (let at = dirname(entry); at !== "/"; at = dirname(at))
    if (existsSync(join(at, "bun.lock")))
      return [
        program,
        ...["packages", "grammars", "node_modules", "package.json", "tsconfig.json"].map((name) => join(at, name)),
      ];
  return [program, entry];
}

/** Real places without what lies in others, and the links on the way that lie in none. What is not there is left out. */
function resolveAll(paths: readonly string[], fixed: Fixed): Pick<Readable, "places" | "links"> {
  const links = new Map(fixed.links);
  const real = new Set([...fixed.real, ...paths.flatMap((path) => follow(path, links) ?? [])]);
  const outer = [...real].filter((path) => ![...real].some((other) => other !== path && isWithin(path, other)));
  const places = outer.flatMap((path) => placeOf(path, lstatSync(path)));
  const outside = [...links].filter(([path]) => !places.some((place) => isWithin(path, place.path)));
  return { places, links: outside.map(([path, target]) => ({ path, target })) };
}

/** Where a path ends when every link on it is followed, each noted; null: nowhere. */
function follow(path: string, links: Map<string, string>, hops = 0): string | null {
  const parts = resolve(path).split("/").slice(1);
  for (let count = 1; count <= parts.length; count++) {
    const at = `/${parts.slice(0, count).join("/")}`;
    const target = linkAt(at);
    if (target === null) continue;
    if (hops > LINKS_MAX) return null;
    links.set(at, target);
    return follow(join(resolve(dirname(at), target), ...parts.slice(count)), links, hops + 1);
  }
  return existsSync(path) ? resolve(path) : null;
}
const LINKS_MAX = 40;

const placeOf = (path: string, stat: Pick<Stats, "isDirectory" | "isFile">): Place[] => {
  if (stat.isDirectory()) return [{ kind: "directory", path }];
  return stat.isFile() ? [{ kind: "file", path }] : []; // sockets and devices are nobody's to read
};

function hiddenIn(toolchain: readonly string[], places: readonly Place[]): Place[] {
  const within = toolchain.flatMap((folder) => [folder, join(folder, "etc")]).flatMap(credentialsIn);
  return [...MACHINE_KEYS, ...within]
    .filter(existsSync)
    .map((path) => realpathSync(path))
    .filter((path) => places.some((place) => place.path !== path && isWithin(path, place.path)))
    .flatMap((path) => placeOf(path, lstatSync(path)));
}

const credentialsIn = (folder: string): string[] =>
  names(folder)
    .filter((name) => CREDENTIALS.test(name))
    .map((name) => join(folder, name));

/** The places again, without the hidden, for a level that can only give: a folder with one in it is given entry by entry. */
export function withoutHidden({ places, hidden }: Pick<Readable, "places" | "hidden">): Place[] {
  return places.flatMap((place): Place[] => {
    if (hidden.some(({ path }) => path === place.path)) return [];
    if (!hidden.some(({ path }) => isWithin(path, place.path))) return [place];
    return withoutHidden({
      places: entriesOf(place.path).flatMap((entry) => placeOf(join(place.path, entry.name), entry)),
      hidden,
    });
  });
}

/** Whether a path that a program named lies outside of what may be read. */
export function isUnreadable(path: string, { places, links }: Pick<Readable, "places" | "links">): boolean {
  const seen = [...places, ...links, ...KERNEL.map((kernel) => ({ path: kernel }))];
  return !seen.some((one) => isWithin(path, one.path));
}
const KERNEL = ["/dev", "/proc"];
