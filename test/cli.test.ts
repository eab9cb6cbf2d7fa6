import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..");
const MAIN = join(ROOT, "packages/cli/src/main.ts");

const folder = mkdtempSync(join(tmpdir(), "dgov-test-"));
const exe = join(folder, "dgov");
const env = { PATH: `${join(ROOT, "node_modules/.bin")}:${process.env.PATH}`, HOME: join(folder, "home"), LANG: "C" };

beforeAll(() => {
  mkdirSync(env.HOME);
  const built = Bun.spawnSync([process.execPath, join(ROOT, "scripts/build.ts"), "--outfile", exe], { cwd: ROOT });
  if (built.exitCode !== 0) throw new Error(`The build failed: ${built.stdout}${built.stderr}`);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Ran = { status: number | null; out: string; err: string };

function run(argv: readonly string[], cwd: string): Ran {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...argv], { cwd, env, stdin: "ignore", timeout: 30_000 });
  return { status: exitCode, out: stdout.toString(), err: stderr.toString() };
}

test("docs/reference.md is what the program says of itself", () => {
  const { status, out, err } = run([MAIN, "help", "--markdown"], folder);
  expect({ status, err }).toEqual({ status: 0, err: "" });
  const file = join(ROOT, "docs/reference.md");
  if (process.env.UPDATE) writeFileSync(file, out);
  expect(out).toBe(existsSync(file) ? readFileSync(file, "utf8") : "(none yet: UPDATE=1 bun test test/cli.test.ts)");
});

describe.each([
  ["source", () => MAIN],
  ["executable", () => exe],
])("from %s", (_name, program) => {
  test.each<[argv: string[], status: number, out: string]>([
    [["--version"], 0, "dgov "],
    [["status"], 0, "idle"],
    [[], 0, "idle"],
    [["status", "--json"], 0, '"status": "idle"'],
    [["nothing"], 2, ""],
    [["plan", "status", "nowhere"], 3, ""],
  ])("dgov %p ends with %d", (argv, status, out) => {
    const ran = run([program(), ...argv], folder);
    expect({ status: ran.status, err: ran.err.startsWith("Error: Cannot ") }).toEqual({ status, err: status !== 0 });
    expect(ran.out).toContain(out);
  });

  test("a reader that has seen enough is no error", () => {
    const { status, err } = run(["/bin/sh", "-c", `"${program()}" help status | true; echo $?`], folder);
    expect({ status, err }).toEqual({ status: 0, err: "" });
  });

  test("a repository runs nothing of its own when dgov starts in it", () => {
    const hostile = makeHostile();
    for (const argv of [["--version"], ["status"], ["plan", "list"], ["help", "status"], ["watch", "--no-follow"]]) {
      const { status, out } = run([program(), ...argv], hostile);
      expect({ argv, status, altered: out.includes("altered") }).toEqual({ argv, status: 0, altered: false });
    }
    expect(existsSync(join(hostile, "ran"))).toBe(false);
    expect(run([program(), "status"], hostile).out).toStartWith("idle"); // and not JSON, as its .env would have it
  });
});

/** Everything that Bun or Node would pick up from a folder, each of which leaves a mark when it runs. */
function makeHostile(): string {
  const root = mkdtempSync(join(folder, "hostile-"));
  const mark = `require("node:fs").writeFileSync(${JSON.stringify(join(root, "ran"))}, "x"); console.log("altered");\n`;
  const files: Record<string, string> = {
    "bunfig.toml": 'preload = ["./evil.js"]\n[run]\nshell = "bun"\n[test]\npreload = ["./evil.js"]\n',
    ".env": "DGOV_JSON=1\nBUN_OPTIONS=--preload=./evil.js\nNODE_OPTIONS=--require=./evil.js\n",
    ".env.local": "DGOV_JSON=1\n",
    "evil.js": mark,
    "index.ts": mark,
    "package.json": JSON.stringify({
      name: "hostile",
      scripts: { preinstall: "bun evil.js", status: "bun evil.js", dgov: "bun evil.js" },
      imports: { "#x": "./evil.js" },
    }),
    "tsconfig.json": '{ "compilerOptions": { "paths": { "zod": ["./evil.js"], "@dgov/*": ["./evil.js"] } } }',
    "node_modules/zod/index.js": mark,
    "node_modules/zod/package.json": '{ "name": "zod", "main": "index.js" }',
    "node_modules/@dgov/governor/index.js": mark,
    "node_modules/.bin/git": `#!/bin/sh\necho x > "${join(root, "ran")}"\n`,
    ".dgov/.keep": "",
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  chmodSync(join(root, "node_modules/.bin/git"), 0o755);
  return root;
}
