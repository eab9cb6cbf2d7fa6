import {
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { holdRoot } from "../../packages/sandbox/src/descent.ts";
import { createFiles, type Files } from "../../packages/sandbox/src/host.ts";
import { openLibc } from "../../packages/sandbox/src/isolate/libc.ts";
import { HostError } from "../../packages/sandbox/src/tool.ts";
import { claims, SCOPE } from "../lab.ts";

/** What stands outside of the worktree, or in it where a task has no business: nobody may be shown it or change it. */
const CANARY = "CANARY-path-41c8";
const WRITTEN = "written by the fuzzer\n";

const CLAIMED = {
  "src/a.py": "a\n",
  "src/deep/b.py": "b\n",
  "src/sp ace.py": "c\n",
  "src/-x": "d\n",
  "src/[x]*": "e\n",
};
const FOREIGN = {
  "lib/x.py": "x\n",
  "README.md": "read me\n",
  ".git/config": CANARY,
  "src/deep/.git/config": CANARY,
  ".dgov/project.toml": "[project]\n",
  "src/denied.py": "denied\n",
};
const LINKS = {
  "src/link": "../../outside/secret.txt",
  "src/out": "../../outside",
  "src/deep/up": "../..",
  "src/in": "../lib",
  "src/gone": "nowhere",
  "src/self": "self",
  "lib/git": "../.git",
};

/** A worktree with all that a path can run into, and a folder outside of it. `writes` are the only ones that are granted. */
export type PathWorld = {
  files: Files;
  held: Files; // the same, by one that holds its root open
  restore(): void; // the claimed part is made anew
  faults(): string[]; // what has changed that must not
  remove(): void;
};

export function openPathWorld(): PathWorld {
  const base = realpathSync(mkdtempSync(join(tmpdir(), "dgov-paths-")));
  const [root, outside, tmp] = [join(base, "root"), join(base, "outside"), join(base, "tmp")];
  for (const folder of [root, outside, tmp]) mkdirSync(folder);
  const restore = () => {
    rmSync(join(root, "src"), { recursive: true, force: true });
    put(root, CLAIMED);
    put(root, FOREIGN);
    for (const [name, target] of Object.entries(LINKS)) {
      rmSync(join(root, name), { force: true });
      symlinkSync(target, join(root, name));
    }
    linkSync(join(outside, "linked.txt"), join(root, "src/hard"));
    writeFileSync(join(root, "src/u\u0308.py"), "u\n");
    if (Bun.spawnSync(["mkfifo", join(root, "src/pipe")]).exitCode !== 0) throw new Error("Cannot make a pipe");
  };
  put(outside, { "secret.txt": CANARY, "linked.txt": "linked\n", "deep/b.py": CANARY });
  restore();
  const scope = { ...SCOPE, write: claims("src/", "docs/new.md"), deny: ["src/denied*"] };
  const seen = () => [...look(outside, ""), ...look(root, "", "src"), ...look(root, "src/deep/.git")].join("\n");
  let before = seen();
  return {
    files: createFiles({ root, tmp, scope }),
    held: createFiles({ root, tmp, scope, held: holdRoot(root, openLibc()) }),
    restore() {
      restore();
      before = seen();
    },
    faults() {
      const after = seen();
      if (readFileSync(join(root, "src/denied.py"), "utf8") !== FOREIGN["src/denied.py"])
        return ["the denied file changed"];
      return after === before ? [] : [`from:\n${before}\nto:\n${after}`];
    },
    remove: () => rmSync(base, { recursive: true, force: true }),
  };
}

function put(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

/** Every entry below a folder but one: number, size and time of change. */
function look(root: string, folder: string, except = ""): string[] {
  return readdirSync(join(root, folder)).flatMap((name) => {
    const path = folder === "" ? name : `${folder}/${name}`;
    if (path === except || path === "docs") return [];
    const { ino, size, mtimeMs, mode } = lstatSync(join(root, path));
    const own = `${path} ${ino} ${size} ${mtimeMs} ${mode}`;
    return lstatSync(join(root, path)).isDirectory()
      ? [own.split(" ").slice(0, 2).join(" "), ...look(root, path, except)]
      : [own];
  });
}

const NAMES = [
  ...[
    "src",
    "deep",
    "a.py",
    "b.py",
    "lib",
    "x.py",
    "up",
    "in",
    "out",
    "link",
    "gone",
    "self",
    "hard",
    "pipe",
    "denied.py",
  ],
  ...["outside", "secret.txt", "linked.txt", "git", "config", ".git", ".GIT", ".git.", ".git ", ".gi\u200ct", "GIT~1"],
  ...[
    ".dgov",
    "project.toml",
    "docs",
    "new.md",
    "README.md",
    "u\u0308.py",
    "\u00fc.py",
    "sp ace.py",
    "-x",
    "[x]*",
    "new",
  ],
  ...[
    ".",
    "..",
    "...",
    "",
    " ",
    "~",
    "root",
    "proc",
    "self",
    "fd",
    "etc",
    "passwd",
    "SRC",
    "A.py",
    "a.py.",
    "a.py ",
    "%2e%2e",
  ],
];
const GLUE = ["/", "/", "/", "/", "//", "/./", "/../", "\\", "\0", "\n", "", "::"];

const REAL = [
  ...Object.keys(CLAIMED),
  ...Object.keys(FOREIGN),
  ...Object.keys(LINKS),
  "src/hard",
  "src/pipe",
  "src/out/secret.txt",
];
REAL.push(
  "src/deep/up/outside/secret.txt",
  "lib/git/config",
  "src/in/x.py",
  "src",
  "src/deep",
  ".git",
  "../outside/secret.txt",
);
/** What can be done to one part of a path so that a careless reader, or another file system, still finds the file. */
const TWISTS: readonly ((part: string) => string)[] = [
  (part) => part.toUpperCase(),
  (part) => `${part}.`,
  (part) => `${part} `,
  (part) => `./${part}`,
  (part) => `/${part}`,
  (part) => `x/../${part}`,
  (part) => `${part.slice(0, 1)}\u200c${part.slice(1)}`,
  (part) => part.normalize("NFD"),
  (part) => `${part}\0`,
  (part) => `${part}/.`,
  (part) => part.replaceAll("/", "\\"),
];
const twisted = fc
  .tuple(fc.constantFrom(...REAL), fc.array(fc.tuple(fc.nat(4), fc.constantFrom(...TWISTS)), { maxLength: 2 }))
  .map(([path, twists]) => {
    const parts = path.split("/");
    for (const [at, twist] of twists) parts[at % parts.length] = twist(parts[at % parts.length]!);
    return parts.join("/");
  });
/** Spellings of paths: names that mean something here, in any order, glued in any way, with what is put before and after. */
const spelling = fc.oneof(
  { weight: 6, arbitrary: twisted },
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          "",
          "",
          "",
          "src/",
          "src/deep/",
          "./",
          "/",
          "../",
          "~/",
          "lib/",
          " ",
          "file://",
          "C:\\",
          "src/../",
        ),
        fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...GLUE)), { minLength: 1, maxLength: 6 }),
        fc.constantFrom("", "", "", "/", "/.", " ", ".", "\0", "/..", "/a.py"),
      )
      .map(
        ([start, parts, end]) =>
          start + parts.map(([name, glue], at) => (at === 0 ? name : glue + name)).join("") + end,
      ),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 40 }).map((text) => `src/${text}`) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 300 }) },
);
const plain = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}(\/[a-z][a-z0-9_]{0,8}){0,3}\.(py|ts|md)$/);

const CALLS = ["readBytes", "readText", "write", "remove", "stat", "list"] as const;
const MAY_CHANGE = ["write", "remove"];

/** Whatever is called with whatever spelling: an answer or a refusal in words, and nothing foreign is shown or changed. */
const holds = (world: PathWorld) =>
  fc.property(fc.constantFrom(...CALLS), spelling, (call, path) => {
    const said = answer(world.files, call, path);
    if (said instanceof Error && !(said instanceof HostError)) throw said;
    const text = said instanceof Error ? said.message : Buffer.isBuffer(said) ? said.toString() : JSON.stringify(said);
    const faults = world.faults();
    if (text?.includes(CANARY)) faults.push("it shows what is not the task's");
    if (MAY_CHANGE.includes(call) && !(said instanceof Error)) world.restore();
    if (faults.length > 0) throw new Error(`${call} ${JSON.stringify(path)}: ${faults.join("; ")}`);
  });

/** A plain path below the claim can be written, read, looked at and removed. */
const works = (world: PathWorld) =>
  fc.property(plain, (name) => {
    const { files } = world;
    const path = `src/made/${name}`;
    files.write(path, WRITTEN);
    if (files.readText(path) !== WRITTEN) throw new Error(`"${path}" is not what was written`);
    if (files.stat(path)?.kind !== "file") throw new Error(`"${path}" is no file`);
    files.remove(path);
    if (files.stat(path) !== null) throw new Error(`"${path}" is still there`);
  });

function answer(files: Files, call: (typeof CALLS)[number], path: string): unknown {
  try {
    return call === "write" ? files.write(path, WRITTEN) : files[call](path);
  } catch (error) {
    return error;
  }
}

/** @throws what a property found, with the smallest input and the seed */
export function fuzzPaths(world: PathWorld, runs: number, seed: number): void {
  const plainRuns = Math.ceil(runs / 10);
  fc.assert(holds(world), { numRuns: runs - plainRuns, seed, includeErrorInReport: true });
  fc.assert(works(world), { numRuns: plainRuns, seed, includeErrorInReport: true });
}
