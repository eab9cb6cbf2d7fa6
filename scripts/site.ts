// The documentation as a site, built beside the workspace: the builder takes the packages that lie above the pages, and those of the
// workspace are not its own. It is installed for this where it is not on PATH.
// Usage: bun scripts/site.ts OUT [--from FOLDER]   FOLDER has docs/ and README.md; default: this repository

import { cpSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const BUILDER = "vitepress@1.6.4";

const { positionals, values } = parseArgs({ allowPositionals: true, options: { from: { type: "string" } } });
const [out] = positionals;
if (out === undefined) {
  console.error("Cannot build the site: say where to; bun scripts/site.ts OUT");
  process.exit(2);
}
const from = resolve(values.from ?? join(import.meta.dir, ".."));
const place = realpathSync(mkdtempSync(join(tmpdir(), "dgov-site-")));
try {
  for (const entry of ["docs", "README.md"]) cpSync(join(from, entry), join(place, entry), { recursive: true });
  const program = Bun.which("vitepress");
  if (program === null) perform(["npm", "install", "--prefix", place, "--no-fund", "--no-audit", "--silent", BUILDER]);
  else symlinkSync(join(realpathSync(program), "../../.."), join(place, "node_modules"));
  perform([join(place, "node_modules/.bin/vitepress"), "build", join(place, "docs"), "--outDir", resolve(out)]);
} finally {
  rmSync(place, { recursive: true, force: true });
}

/** What it says is shown; where it fails, so do we. */
function perform(argv: string[]): void {
  const { exitCode } = Bun.spawnSync(argv, { cwd: place, stdout: "inherit", stderr: "inherit" });
  if (exitCode !== 0) process.exitCode = 1;
}
