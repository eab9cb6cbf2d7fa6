import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bareEnvironment, commitAll, dgov, git, makeRepository, type Place, readIn, writeIn } from "./repo.ts";

setDefaultTimeout(120_000);

const stops: (() => void)[] = [];
afterEach(() => stops.splice(0).forEach((stop) => void stop()));

type Files = Readonly<Record<string, string | Uint8Array>>;
type Sides = { base: Files; ours: Files; theirs: Files };

/** A place in no repository, with the three sides as folders. */
function folders(sides: Partial<Sides>): Pick<Place, "root" | "env"> {
  const folder = mkdtempSync(join(tmpdir(), "dgov-test-"));
  stops.push(() => rmSync(folder, { recursive: true, force: true }));
  const root = join(folder, "place");
  mkdirSync(join(folder, "home"));
  for (const side of ["base", "ours", "theirs"] as const) {
    mkdirSync(join(root, side), { recursive: true });
    for (const [path, content] of Object.entries(sides[side] ?? {})) {
      writeIn(join(root, side), path, "");
      writeFileSync(join(root, side, path), content);
    }
  }
  return { root, env: bareEnvironment(join(folder, "home")) };
}

const check = (place: Pick<Place, "root" | "env">, ...more: string[]) => {
  const { status, stdout, stderr } = dgov(place, "merge-check", "base", "ours", "theirs", "--json", ...more);
  if (!stdout.startsWith("{")) throw new Error(`dgov says ${status}: ${stdout}${stderr}`);
  return { status, stderr, view: JSON.parse(stdout) };
};

const LONG = "def f(x):\n    a = x\n    b = a\n    c = b\n    d = c\n    e = d\n    return e\n";
const PADDED = (value: number, last: string) =>
  `LIMIT = ${value}\n\n\ndef one():\n    return 1\n\n\ndef two():\n    return 2\n\n\ndef last():\n    return ${last}\n`;

const VERDICTS: Readonly<Record<string, { sides: Sides; kind: string | null; exit: Record<string, number> }>> = {
  merge: {
    sides: {
      base: { "m.py": 'D = {\n    "a": 1,\n}\n' },
      ours: { "m.py": 'D = {\n    "a": 1,\n    "l": 2,\n}\n' },
      theirs: { "m.py": 'D = {\n    "a": 1,\n    "r": 3,\n}\n' },
    },
    kind: null,
    exit: { note: 0, block: 0, conflict: 0 },
  },
  note: {
    sides: {
      base: { "m.py": PADDED(3, "0") },
      ours: { "m.py": PADDED(30, "0") },
      theirs: { "m.py": PADDED(3, "LIMIT") },
    },
    kind: "value_drift",
    exit: { note: 1, warn: 0, block: 0 },
  },
  warn: {
    sides: {
      base: { "m.py": LONG },
      ours: { "m.py": LONG.replace("    a = x\n", "    if x == 0:\n        return 0\n    a = x\n") },
      theirs: { "m.py": LONG.replace("    return e\n", "    LOG.append(e)\n    return e\n") },
    },
    kind: "same_symbol",
    exit: { warn: 1, block: 0 },
  },
  block: {
    sides: {
      base: { "util.py": "def f():\n    return 1\n", "app.py": "A = 1\n" },
      ours: { "app.py": "A = 1\n" },
      theirs: { "util.py": "def f():\n    return 1\n", "app.py": "import util\n\nA = util.f()\n" },
    },
    kind: "import_break",
    exit: { block: 1, conflict: 0 },
  },
  conflict: {
    sides: {
      base: { "m.py": "def f(x):\n    return x\n" },
      ours: { "m.py": "def f(x):\n    return x + 1\n" },
      theirs: { "m.py": "def f(x):\n    return x + 2\n" },
    },
    kind: "text_conflict",
    exit: { block: 10, conflict: 10, note: 10 },
  },
};

test.each(Object.keys(VERDICTS))("%s is told, with its exit status", (verdict) => {
  const { sides, kind, exit } = VERDICTS[verdict]!;
  const place = folders(sides);
  const { view } = check(place);
  expect(view.verdict).toBe(verdict);
  const kinds = view.findings.map((finding: { kind: string }) => finding.kind);
  if (kind === null) expect(kinds).toEqual([]);
  else expect(kinds).toContain(kind);
  for (const [least, status] of Object.entries(exit))
    expect([least, check(place, "--fail-on", least).status]).toEqual([least, status]);
});

test("a person reads a sentence and the lines of both sides", () => {
  const place = folders(VERDICTS.block!.sides);
  const { stdout, status } = dgov(place, "merge-check", "base", "ours", "theirs");
  expect(status).toBe(1);
  expect(stdout).toContain("✘ block: git merges it, and it is broken then (ours changed 1 file, theirs 1 file)");
  expect(stdout).toContain("import_break  app.py:1");
  expect(stdout).toContain("1 │ import util");
  expect(stdout).toContain("ours removed");
});

test("of a conflict a person reads what both sides have between the markers", () => {
  const { stdout } = dgov(folders(VERDICTS.conflict!.sides), "merge-check", "base", "ours", "theirs");
  expect(stdout).toContain(
    [
      "    2 │ <<<<<<< ours",
      "    3 │     return x + 1",
      "    4 │ =======",
      "    5 │     return x + 2",
      "    6 │ >>>>>>> theirs",
    ].join("\n"),
  );
});

test("the merged tree is written, and what nobody could merge has its markers", () => {
  const place = folders({
    base: { "m.py": "def f(x):\n    return x\n", "n.py": "import os\n", "keep.txt": "k\n" },
    ours: {
      "m.py": "def f(x):\n    return x + 1\n",
      "n.py": "import os\n\n\ndef a():\n    return 1\n",
      "keep.txt": "k\n",
    },
    theirs: {
      "m.py": "def f(x):\n    return x + 2\n",
      "n.py": "import os\n\n\ndef b():\n    return 2\n",
      "keep.txt": "k\n",
    },
  });
  const { status, view } = check(place, "--write", "out");
  expect({ status, by: view.by_symbols, written: view.written }).toEqual({
    status: 10,
    by: ["n.py"],
    written: join(place.root, "out"),
  });
  expect(readIn(place, "out/n.py")).toBe("import os\n\n\ndef a():\n    return 1\n\n\ndef b():\n    return 2\n");
  expect(readIn(place, "out/keep.txt")).toBe("k\n");
  expect(readIn(place, "out/m.py")).toMatch(
    /^def f\(x\):\n<{7} ours\n {4}return x \+ 1\n={7}\n {4}return x \+ 2\n>{7} theirs\n$/,
  );
  const again = dgov(place, "merge-check", "base", "ours", "theirs", "--write", "out");
  expect({ status: again.status, said: again.stderr.split("\n")[0] }).toEqual({
    status: 2,
    said: 'Error: Cannot write the merged tree to "out": there is something in it',
  });
});

test("commits of any repository, in a checkout and in a bare one, and nothing of it is changed", () => {
  const place = makeRepository({ "util.py": "def f():\n    return 1\n", "app.py": "A = 1\n" });
  stops.push(place.stop);
  git(place, "checkout", "-qb", "topic");
  git(place, "mv", "util.py", "helper.py");
  commitAll(place, "renamed");
  git(place, "checkout", "-q", "main");
  writeIn(place.root, "util.py", "def f():\n    return 2\n");
  commitAll(place, "edited");
  const before = git(place, "status", "--porcelain", "--ignored") + git(place, "count-objects", "-v");
  const asked = ["merge-check", "main~1", "main", "topic", "--json", "--write"];
  const inCheckout = dgov(place, ...asked, join(place.folder, "one"));
  expect({ status: inCheckout.status, stderr: inCheckout.stderr }).toEqual({ status: 0, stderr: "" });
  expect(readIn({ root: join(place.folder, "one") }, "helper.py")).toContain("return 2"); // git has followed the rename
  expect(git(place, "status", "--porcelain", "--ignored") + git(place, "count-objects", "-v")).toBe(before);
  git(place, "clone", "-q", "--bare", place.root, join(place.folder, "bare.git"));
  const bare = { root: join(place.folder, "bare.git"), env: place.env };
  expect(dgov(bare, ...asked, join(place.folder, "two")).status).toBe(0);
  const mixed = dgov(place, "merge-check", "main~1", "HEAD^{tree}", join(place.folder, "one"), "--json");
  expect(JSON.parse(mixed.stdout).files).toEqual({ ours: 1, theirs: 2 });
});

test.each<[words: string[], said: string]>([
  [["base", "ours", "nothing"], 'Cannot merge "nothing": there is no such folder, and no repository here'],
  [["base", "ours", "base/m.py"], 'Cannot merge "base/m.py": it is a file'],
  [["base", "ours", ""], 'Cannot merge "": there is no such folder'],
  [["base", "ours"], "THEIRS is missing"],
  [["base", "ours", "theirs", "--write", "base/m.py"], 'Cannot write the merged tree to "base/m.py": it is no folder'],
])("what is no tree is refused: %p", (words, said) => {
  const place = folders({ base: { "m.py": "" } });
  const { status, stderr } = dgov(place, "merge-check", ...words);
  expect(status).toBe(2);
  expect(stderr).toContain(said);
});

test("a word that is a folder and a branch is asked back", () => {
  const place = makeRepository({ "a.py": "A = 1\n", "topic/b.py": "B = 1\n" });
  stops.push(place.stop);
  git(place, "branch", "topic");
  const { status, stderr } = dgov(place, "merge-check", "main", "main", "topic");
  expect({ status, told: stderr.includes('Write "./topic" for the folder') }).toEqual({ status: 2, told: true });
  expect(dgov(place, "merge-check", "main", "main", "refs/heads/topic").status).toBe(0);
  expect(dgov(place, "merge-check", "main:topic", "./topic", "topic/").status).toBe(0);
});

test("what nobody can look into is merged by git, told, and never followed", () => {
  const big = `${"x = 1\n".repeat(500_000)}`;
  const bytes = new Uint8Array([0, 1, 2, 255]);
  const place = folders({
    base: { "a.bin": bytes, "b.unheard": "1\n", "big.py": big, "both.bin": bytes, "latin.py": Buffer.from("a = 1\n") },
    ours: {
      "a.bin": new Uint8Array([0, 9]),
      "b.unheard": "1\n",
      "big.py": `${big}y = 1\n`,
      "both.bin": new Uint8Array([0, 5]),
      "latin.py": Buffer.from([0x23, 0xe4, 0x0a]),
    },
    theirs: {
      "a.bin": bytes,
      "b.unheard": "2\n",
      "big.py": `z = 1\n${big}`,
      "both.bin": new Uint8Array([0, 6]),
      "latin.py": "a = 1\n",
      "sp ace/ü\n.py": "A = 1\n",
    },
  });
  symlinkSync("/etc/passwd", join(place.root, "theirs/link.py"));
  symlinkSync("..", join(place.root, "theirs/up"));
  mkdirSync(join(place.root, "ours/sub/.git"), { recursive: true });
  writeFileSync(join(place.root, "ours/sub/.git/config"), "[core]\n\tfsmonitor = touch ran\n");
  writeFileSync(join(place.root, "ours/sub/a.py"), "A = 1\n");
  writeIn(join(place.root, "ours"), ".GIT/config", "x");
  writeIn(join(place.root, "theirs"), ".gitattributes", "* filter=evil ident eol=crlf\n");
  writeIn(join(place.root, "theirs"), ".gitignore", "*\n");
  chmodSync(join(place.root, "theirs/b.unheard"), 0o755);
  Bun.spawnSync(["mkfifo", join(place.root, "ours/pipe")]);
  const { status, view, stderr } = check(place, "--write", "out");
  expect(status).toBe(10);
  expect(view.conflicts).toEqual([{ path: "both.bin", reason: expect.stringContaining("not text in UTF-8") }]);
  expect(view.left_out.toSorted()).toEqual(["ours/.GIT", "ours/pipe"]);
  expect(stderr).toContain("Left out, for git can hold it in no tree: ours/pipe");
  expect(view.unchecked.map(({ path }: { path: string }) => path)).toContain("big.py");
  expect(readIn(place, "out/big.py")).toBe(`z = 1\n${big}y = 1\n`);
  expect(readIn(place, "out/sub/a.py")).toBe("A = 1\n");
  expect(readIn(place, "out/sp ace/ü\n.py")).toBe("A = 1\n");
  expect(readlinkSync(join(place.root, "out/link.py"))).toBe("/etc/passwd");
  expect(readlinkSync(join(place.root, "out/up"))).toBe("..");
  expect(lstatSync(join(place.root, "out/b.unheard")).mode & 0o111).not.toBe(0);
  expect(existsSync(join(place.root, "out/sub/.git"))).toBe(false);
});

test("another repository inside, links on both sides and a file that became a folder end in words", () => {
  const place = makeRepository({ "a.py": "A = 1\n", f: "1\n" });
  stops.push(place.stop);
  symlinkSync("a.py", join(place.root, "link"));
  git(place, "update-index", "--add", "--cacheinfo", `160000,${"1".repeat(40)},module`);
  git(place, "add", "link");
  git(place, "commit", "-qm", "base");
  const side = (branch: string, oid: string, target: string, work: () => void) => {
    git(place, "checkout", "-qb", branch, "main");
    rmSync(join(place.root, "link"));
    symlinkSync(target, join(place.root, "link"));
    work();
    git(place, "add", "link", "f");
    git(place, "update-index", "--cacheinfo", `160000,${oid.repeat(40)},module`);
    git(place, "commit", "-qm", branch);
  };
  side("ours", "2", "x", () => writeIn(place.root, "f", "2\n"));
  side("theirs", "3", "y", () => {
    rmSync(join(place.root, "f"));
    writeIn(place.root, "f/g", "3\n");
  });
  const { status, stdout } = dgov(place, "merge-check", "main", "ours", "theirs", "--json", "--write", "../out");
  expect(status).toBe(10);
  const paths = JSON.parse(stdout).conflicts.map(({ path }: { path: string }) => path);
  expect(paths).toContain("link");
  expect(paths).toContain("module");
  expect(paths.some((path: string) => path.startsWith("f"))).toBe(true);
  expect(existsSync(join(place.folder, "out/a.py"))).toBe(true);
});

let tmp = "";
beforeEach(() => {
  tmp = mkdtempSync(join(tmpdir(), "dgov-test-"));
});
test("nothing is left behind", () => {
  const place = folders(VERDICTS.block!.sides);
  stops.push(() => rmSync(tmp, { recursive: true, force: true }));
  dgov({ ...place, env: { ...place.env, TMPDIR: tmp } }, "merge-check", "base", "ours", "theirs");
  dgov({ ...place, env: { ...place.env, TMPDIR: tmp } }, "merge-check", "base", "ours", "none");
  expect(readdirSync(tmp)).toEqual([]);
});
