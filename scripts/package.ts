// What is published: executables with their checksums, and the packages for npm around them.
//   OUT/dgov-NAME, OUT/SHA256SUMS          one executable for each machine
//   OUT/dgov.cdx.json                      what they are made of (CycloneDX 1.6)
//   OUT/npm/dgov, OUT/npm/@dgov/NAME       a launcher, and for each machine a package with its executable
// Usage: bun scripts/package.ts [--out DIR] [--target NAME]… [--executable NAME=FILE]…
// --target: only these (all by default). --executable: a file for this target that is built already.

import { chmodSync, copyFileSync, cpSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { COMMANDS } from "../packages/cli/src/commands.ts";
import { bashCompletion } from "../packages/cli/src/completions/bash.ts";
import { fishCompletion } from "../packages/cli/src/completions/fish.ts";
import { powershellCompletion } from "../packages/cli/src/completions/powershell.ts";
import { offersOf } from "../packages/cli/src/completions/words.ts";
import { zshCompletion } from "../packages/cli/src/completions/zsh.ts";
import { manPage } from "../packages/cli/src/man.ts";
import { billOf } from "./bill.ts";
import { checkSignature, signAdHoc } from "./mach_o.ts";
import { TARGETS, type Target } from "./targets.ts";

const ROOT = resolve(import.meta.dir, "..");
const { version, description } = JSON.parse(readFileSync(join(ROOT, "packages/cli/package.json"), "utf8"));
const { values } = parseArgs({
  options: {
    out: { type: "string" },
    target: { type: "string", multiple: true },
    executable: { type: "string", multiple: true },
  },
});
const out = resolve(values.out ?? join(ROOT, "dist/packages"));
const targets = values.target?.map(targetOf) ?? TARGETS;
const built = new Map(values.executable?.map((pair) => [pair.split("=")[0]!, pair.slice(pair.indexOf("=") + 1)]));

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const sums = targets.map(makeTarget);
const bill = join(out, "dgov.cdx.json");
writeFileSync(bill, `${JSON.stringify(billOf(version), null, 2)}\n`);
writeFileSync(join(out, "SHA256SUMS"), [...sums, sumOf(bill)].join(""));
await makeLauncher();
console.log(`${out}: dgov ${version} for ${targets.map(({ name }) => name).join(", ")}`);

function targetOf(name: string): Target {
  const found = TARGETS.find((target) => target.name === name);
  if (found) return found;
  throw new Error(`Cannot build for "${name}": there are ${TARGETS.map((target) => target.name).join(", ")}`);
}

/** The executable and its package. @returns its line for `sha256sum --check` */
function makeTarget(target: Target): string {
  const file = join(out, target.os === "win32" ? `dgov-${target.name}.exe` : `dgov-${target.name}`);
  const made = built.get(target.name);
  if (made === undefined) build(target, file);
  else copyFileSync(made, file);
  chmodSync(file, 0o755);
  const folder = join(out, "npm/@dgov", target.name);
  mkdirSync(join(folder, "bin"), { recursive: true });
  linkSync(file, join(folder, "bin", target.file)); // a hundred megabytes are not written twice
  const { os, cpu, libc } = target;
  writePackage(folder, {
    name: `@dgov/${target.name}`,
    description: `The executable of dgov for ${target.name}`,
    os: [os],
    cpu: [cpu],
    ...(libc === null ? {} : { libc: [libc] }),
    // On Windows npm cannot start a shell script, so there this package is the one to install.
    ...(os === "win32" ? { bin: { dgov: "bin/dgov.exe" } } : {}),
    files: ["bin"],
  });
  return sumOf(file);
}

/** A line for `sha256sum --check`. */
function sumOf(file: string): string {
  return `${new Bun.CryptoHasher("sha256").update(readFileSync(file)).digest("hex")}  ${basename(file)}\n`;
}

function build({ bun, os }: Target, outfile: string): void {
  const argv = [process.execPath, join(ROOT, "scripts/build.ts"), "--target", bun, "--outfile", outfile];
  const { exitCode } = Bun.spawnSync(argv, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
  if (exitCode !== 0) throw new Error(`Cannot build for ${bun}: the build ended with ${exitCode}`);
  if (os === "darwin") signWhereWrong(outfile);
}

/** Bun signs what it makes for arm64. For x64 it leaves the signature of its own runtime, which is of another file. */
function signWhereWrong(file: string): void {
  const bytes = readFileSync(file);
  if (checkSignature(bytes).wrong.length === 0) return;
  const signed = signAdHoc(bytes, "dgov");
  const { wrong } = checkSignature(signed);
  if (wrong.length > 0) throw new Error(`Cannot sign ${file}: ${wrong.length} pages are not as the signature says`);
  writeFileSync(file, signed);
}

/** The package that people name: a script that starts the executable, the manual page and the completions. It has no install script. */
async function makeLauncher(): Promise<void> {
  const folder = join(out, "npm/dgov");
  mkdirSync(join(folder, "bin"), { recursive: true });
  cpSync(join(ROOT, "packages/cli/npm/dgov"), join(folder, "bin/dgov"));
  chmodSync(join(folder, "bin/dgov"), 0o755);
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  const offers = offersOf(commands);
  const texts = {
    "man/dgov.1": manPage(commands, version),
    "completions/dgov.bash": bashCompletion(offers),
    "completions/_dgov": zshCompletion(offers),
    "completions/dgov.fish": fishCompletion(offers),
    "completions/dgov.ps1": powershellCompletion(offers),
    "README.md": readFileSync(join(ROOT, "README.md"), "utf8"),
  };
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text.endsWith("\n") ? text : `${text}\n`);
  }
  cpSync(bill, join(folder, "dgov.cdx.json"));
  cpSync(join(ROOT, "docs/schemas"), join(folder, "schemas"), { recursive: true });
  writePackage(folder, {
    name: "dgov",
    description,
    bin: { dgov: "bin/dgov" },
    man: ["man/dgov.1"],
    files: ["bin", "man", "completions", "schemas", "dgov.cdx.json"],
    optionalDependencies: Object.fromEntries(TARGETS.map(({ name }) => [`@dgov/${name}`, version])),
  });
}

function writePackage(folder: string, own: Record<string, unknown>): void {
  cpSync(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
  writeFileSync(join(folder, "package.json"), `${JSON.stringify({ ...own, version, license: "MIT" }, null, 2)}\n`);
}
