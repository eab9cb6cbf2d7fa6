import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../packages/cli/package.json";
import { ownTarget, TARGETS } from "../scripts/targets.ts";
import { openRegistry, type Registry, VERDACCIO } from "./registry.ts";

setDefaultTimeout(300_000);

// What npm and Bun make of the packages as they are published. Where verdaccio is not installed, all of it skips itself.
describe.skipIf(VERDACCIO === null)("the published packages", () => {
  let registry: Registry;
  beforeAll(async () => {
    registry = await openRegistry();
  });
  afterAll(() => registry?.stop());

  const ran = (cwd: string, ...argv: string[]) => {
    mkdirSync(cwd, { recursive: true });
    const { exitCode, stdout, stderr } = Bun.spawnSync(argv, {
      cwd,
      env: registry.env,
      stdin: "ignore",
      timeout: 200_000,
    });
    return { exit: exitCode, out: stdout.toString().trim(), err: stderr.toString().trim() };
  };
  const done = (cwd: string, ...argv: string[]) => {
    const { exit, out, err } = ran(cwd, ...argv);
    if (exit !== 0) throw new Error(`${argv.join(" ")} ended with ${exit}: ${out}${err}`);
  };
  const at = (name: string) => join(registry.folder, name);
  const project = (name: string) => {
    mkdirSync(at(name));
    writeFileSync(join(at(name), "package.json"), '{ "private": true }');
    return at(name);
  };

  test("npm i -g brings the executable of this machine, the manual page, and runs nothing", () => {
    const prefix = at("global prefix");
    done(at("a"), "npm", "install", "--global", `--prefix=${prefix}`, "--ignore-scripts", "dgov");
    const dgov = join(prefix, "bin/dgov");
    expect(ran(at("b"), dgov, "--version")).toEqual({ exit: 0, out: `dgov ${version}`, err: "" });
    expect(ran(at("b"), dgov, "plan", "status", "a b")).toMatchObject({ exit: 3, out: "" });
    expect(existsSync(join(prefix, "share/man/man1/dgov.1"))).toBe(true);
    const modules = join(prefix, "lib/node_modules/dgov");
    expect(readdirSync(join(modules, "node_modules/@dgov"))).toEqual([ownTarget().name]);
    expect(JSON.parse(readFileSync(join(modules, "package.json"), "utf8")).scripts).toBeUndefined();
    expect(JSON.parse(readFileSync(join(modules, "dgov.cdx.json"), "utf8")).metadata.component).toMatchObject({
      version,
    });
    expect(readFileSync(join(modules, "completions/dgov.bash"), "utf8")).toContain("complete -F _dgov dgov");
  });

  test.each([
    ["npx", ["npx", "--yes", "dgov"]],
    ["bunx", ["bunx", "dgov"]],
  ])("%s starts it in an empty HOME", (name, argv) => {
    expect(ran(at(`with ${name}`), ...argv, "--version")).toMatchObject({ exit: 0, out: `dgov ${version}` });
    expect(ran(at(`with ${name}`), ...argv, "status", "--json").out).toContain('"status": "idle"');
  });

  test("in a project of Bun's, whose packages are links, and of npm's", () => {
    const bun = project("bun project");
    done(bun, "bun", "add", "--linker=isolated", "dgov");
    expect(ran(bun, join(bun, "node_modules/.bin/dgov"), "--version").out).toBe(`dgov ${version}`);
    const npm = project("npm project");
    done(npm, "npm", "install", "dgov");
    expect(ran(npm, join(npm, "node_modules/.bin/dgov"), "--version").out).toBe(`dgov ${version}`);
    expect(readdirSync(join(npm, "node_modules/@dgov"))).toEqual([ownTarget().name]);
  });

  test("an installed launcher becomes the executable, with neither Node nor Bun on the way", () => {
    const bare = project("no node");
    done(bare, "npm", "install", "dgov");
    const tools = at("tools");
    mkdirSync(tools);
    for (const name of ["readlink", "uname", "getconf"]) symlinkSync(Bun.which(name)!, join(tools, name));
    const argv = [join(bare, "node_modules/.bin/dgov"), "--version"];
    const { exitCode, stdout, stderr } = Bun.spawnSync(argv, { cwd: bare, env: { PATH: tools }, stdin: "ignore" });
    expect([exitCode, stdout.toString().trim(), stderr.toString()]).toEqual([0, `dgov ${version}`, ""]);
  });

  test("without its executable it says how to get one; among several it takes this machine's", () => {
    const bare = project("bare");
    done(bare, "npm", "install", "--omit=optional", "dgov");
    const said = ran(bare, join(bare, "node_modules/.bin/dgov"), "status");
    expect(said).toMatchObject({ exit: 5, out: "" });
    expect(said.err).toStartWith("Error: Cannot start dgov: there is no executable for ");
    expect(said.err).toContain("Hint: ");
    const several = project("several");
    const names = TARGETS.map(({ name }) => `@dgov/${name}`);
    done(several, "npm", "install", "--force", "dgov", ...names);
    expect(readdirSync(join(several, "node_modules/@dgov")).length).toBe(TARGETS.length);
    expect(ran(several, join(several, "node_modules/dgov/bin/dgov"), "--version").out).toBe(`dgov ${version}`);
  });

  test("checksums are of the executables and of the bill of what is in them, as sha256sum reads them", () => {
    const folder = at("packages");
    const { exit, out } = ran(folder, "sha256sum", "--check", "SHA256SUMS");
    expect({ exit, lines: out.split("\n").length }).toEqual({ exit: 0, lines: TARGETS.length + 1 });
  });
});

test("each machine has one package, and its name is that of its system and processor", () => {
  expect(TARGETS.map(({ name }) => name)).toEqual(
    TARGETS.map(({ os, cpu, libc }) => `${os}-${cpu}${libc === "musl" ? "-musl" : ""}`),
  );
  expect(new Set(TARGETS.map(({ bun }) => bun)).size).toBe(TARGETS.length);
});
