// The executable: dist/dgov, one file that needs neither Bun nor node_modules.
// Usage: bun scripts/build.ts [--outfile PATH] [--target bun-linux-x64] [--entry SCRIPT]

import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { SHELL_RULES } from "../packages/sandbox/src/shell/builtin.ts";
import { openShell } from "../packages/sandbox/src/shell/open.ts";
import { proveRules } from "../packages/sandbox/src/shell/rules.ts";

const { values } = parseArgs({
  options: { outfile: { type: "string" }, target: { type: "string" }, entry: { type: "string" } },
});
proveRules((await openShell()).parse, SHELL_RULES); // a rule that contradicts its examples does not come into it
const root = resolve(import.meta.dir, "..");
const outfile = resolve(values.outfile ?? `${root}/dist/dgov`);
mkdirSync(dirname(outfile), { recursive: true });

const { exitCode } = Bun.spawnSync(
  [
    process.execPath,
    "build",
    "--compile",
    "--minify-syntax", // names and lines stay readable in a stack: it is what a user reports
    "--minify-whitespace",
    "--bytecode",
    "--format=esm",
    "--splitting", // a command loads only what it uses
    "--no-compile-autoload-dotenv", // dgov starts in folders it does not trust
    "--no-compile-autoload-bunfig",
    ...(values.target ? [`--target=${values.target}`] : []),
    "--asset", // read by packages/semantic/src/grammar_files.ts
    "grammars",
    "--asset", // read by packages/cli/src/output_schema.ts
    "docs/schemas/output",
    resolve(values.entry ?? `${root}/packages/cli/src/main.ts`),
    "--outfile",
    outfile,
  ],
  { cwd: root, stdio: ["ignore", "inherit", "inherit"] },
);
process.exit(exitCode);
