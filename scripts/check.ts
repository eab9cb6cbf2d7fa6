// Format, lint, types, layout and tidiness: what the hook and CI run, and the only definition of a clean tree.
// Usage: bun scripts/check.ts [--fix]

const fix = process.argv.includes("--fix");
const bun = process.execPath;
const steps: [name: string, argv: string[]][] = [
  [
    "format and lint",
    fix
      ? [bun, "node_modules/@biomejs/biome/bin/biome", "check", "--write", "."]
      : [bun, "node_modules/@biomejs/biome/bin/biome", "ci", "--error-on-warnings", "--colors=off", "."],
  ],
  ["types", [bun, "node_modules/typescript/bin/tsc", "--noEmit", "-p", "."]],
  ["grammars", [bun, "scripts/grammars.ts", "--check"]],
  ["schemas", [bun, "scripts/schemas.ts", ...(fix ? [] : ["--check"])]],
  [
    "layout and tidiness",
    [bun, "test", "--timeout=60000", "--only-failures", "test/layout.test.ts", "test/tidy.test.ts"],
  ],
];

const failed: string[] = [];
for (const [name, argv] of steps) {
  const { exitCode, stdout, stderr } = Bun.spawnSync(argv, { cwd: `${import.meta.dir}/..`, env: environment() });
  console.log(`${exitCode === 0 ? "ok    " : "FAILED"}  ${name}`);
  if (exitCode === 0) continue;
  failed.push(name);
  console.log(`${stdout}${stderr}`);
}
console.log(failed.length === 0 ? "The tree is clean" : `Not clean: ${failed.join(", ")}`);
process.exit(failed.length === 0 ? 0 : 1);

/** A hook runs with git's own variables set, and they would lead the tests' git into this repository. */
function environment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith("GIT_")));
}
