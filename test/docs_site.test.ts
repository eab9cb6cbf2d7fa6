import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

setDefaultTimeout(300_000); // a build of all pages
const HOME = join(import.meta.dir, "..");
const BUILDER = Bun.which("vitepress");
const folder = mkdtempSync(join(tmpdir(), "dgov-site-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function build(docs: string, out: string): { exit: number; said: string } {
  const { exitCode, stdout, stderr } = Bun.spawnSync([BUILDER ?? "", "build", docs, "--outDir", out], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, NO_COLOR: "1" },
  });
  return { exit: exitCode, said: `${stdout}${stderr}` };
}

/** The documentation as it is, in a place that can be written: the builder leaves its cache beside its configuration. */
function copied(name: string, pages: readonly string[] | null): string {
  const root = join(folder, name);
  mkdirSync(join(root, "docs"), { recursive: true });
  cpSync(join(HOME, "README.md"), join(root, "README.md"));
  for (const entry of pages ?? readdirSync(join(HOME, "docs")))
    cpSync(join(HOME, "docs", entry), join(root, "docs", entry), { recursive: true });
  return join(root, "docs");
}

test.skipIf(BUILDER === null)(
  "the documentation is a site: every page is in it, as it is written, and no link leads nowhere",
  () => {
    const out = join(folder, "out");
    const { exit, said } = build(copied("all", null), out);
    expect({ exit, said }).toEqual({ exit: 0, said: expect.stringContaining("build complete") });
    for (const file of readdirSync(join(HOME, "docs")).filter((name) => name.endsWith(".md")))
      expect(existsSync(join(out, file.replace(/\.md$/, ".html")))).toBe(true);
    expect(readFileSync(join(out, "gates.html"), "utf8")).toContain("<h1");
    expect(readFileSync(join(out, "symbols.html"), "utf8")).toContain("&lt;imports&gt;");
  },
);

test.skipIf(BUILDER === null)("a link that leads to no page fails the build", () => {
  const docs = copied("broken", [".vitepress/config.mjs", "decisions/0001-packages.md"]);
  writeFileSync(join(docs, "index.md"), "# A page\n\n[nowhere](missing.md)\n");
  const pages = readFileSync(join(docs, "../README.md"), "utf8").replace(/^\| \[docs\/.*\n/gm, "");
  writeFileSync(join(docs, "../README.md"), pages);
  const { exit, said } = build(docs, join(folder, "broken-out"));
  expect({ exit, said }).toEqual({ exit: 1, said: expect.stringContaining("dead link") });
});

test("the README's table has every page, so that the site's list of pages has it", () => {
  const readme = readFileSync(join(HOME, "README.md"), "utf8");
  const pages = readdirSync(join(HOME, "docs")).filter((name) => name.endsWith(".md") && name !== "index.md");
  expect(pages.filter((name) => !readme.includes(`](docs/${name})`))).toEqual([]);
});
