import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

setDefaultTimeout(300_000); // a build of all pages
const HOME = join(import.meta.dir, "..");
const BUILDER = Bun.which("vitepress");
const folder = mkdtempSync(join(tmpdir(), "dgov-site-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function build(from: string, out: string): { exit: number; said: string } {
  const script = [process.execPath, join(HOME, "scripts/site.ts"), out, "--from", from];
  const env = { PATH: process.env.PATH, HOME: folder, NO_COLOR: "1" };
  const { exitCode, stdout, stderr } = Bun.spawnSync(script, { cwd: folder, env });
  return { exit: exitCode, said: `${stdout}${stderr}` };
}

test.skipIf(BUILDER === null)(
  "the documentation is a site: every page is in it, as it is written, and no link leads nowhere",
  () => {
    const out = join(folder, "out");
    const { exit, said } = build(HOME, out);
    expect({ exit, said }).toEqual({ exit: 0, said: expect.stringContaining("build complete") });
    for (const file of readdirSync(join(HOME, "docs")).filter((name) => name.endsWith(".md")))
      expect(existsSync(join(out, file.replace(/\.md$/, ".html")))).toBe(true);
    expect(readFileSync(join(out, "gates.html"), "utf8")).toContain("<h1");
    expect(readFileSync(join(out, "symbols.html"), "utf8")).toContain("&lt;imports&gt;");
  },
);

test.skipIf(BUILDER === null)("a link that leads to no page fails the build", () => {
  const root = join(folder, "broken");
  for (const file of [".vitepress/config.mjs", "decisions/0001-packages.md"])
    cpSync(join(HOME, "docs", file), join(root, "docs", file), { recursive: true });
  writeFileSync(join(root, "docs/index.md"), "# A page\n\n[nowhere](missing.md)\n");
  writeFileSync(join(root, "README.md"), "# Pages\n");
  const { exit, said } = build(root, join(folder, "broken-out"));
  expect({ exit, said }).toEqual({ exit: 1, said: expect.stringContaining("dead link") });
});

test("the README's table has every page, so that the site's list of pages has it", () => {
  const readme = readFileSync(join(HOME, "README.md"), "utf8");
  const pages = readdirSync(join(HOME, "docs")).filter((name) => name.endsWith(".md") && name !== "index.md");
  expect(pages.filter((name) => !readme.includes(`](docs/${name})`))).toEqual([]);
});
