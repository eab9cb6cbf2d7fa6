// The documentation as a site: `bun scripts/site.ts OUT` builds it. Pages are the Markdown files beside it, in
// the order of the README's table, so that there is one list of them. A link that leads to no page fails the build.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const docs = join(import.meta.dirname, "..");
const readme = readFileSync(join(docs, "../README.md"), "utf8");
const pages = [...readme.matchAll(/^\| \[docs\/([\w-]+)\.md\]\([^)]*\) \| (.+) \|$/gm)].map(([, name]) => ({
  text: titleOf(`${name}.md`),
  link: `/${name}`,
}));
const decisions = readdirSync(join(docs, "decisions"))
  .sort()
  .map((file) => ({ text: titleOf(`decisions/${file}`), link: `/decisions/${file.slice(0, -3)}` }));

/** The first heading of a page. */
function titleOf(file) {
  return /^# (.+)$/m.exec(readFileSync(join(docs, file), "utf8"))?.[1] ?? file;
}

export default {
  title: "dgov",
  description: "A deterministic kernel that governs AI coding agents",
  cleanUrls: true,
  lastUpdated: false,
  markdown: {
    html: false, // a claim like src/a.py::<imports> is a text
    config: (parser) => {
      // {{ }} is a text as well
      const { text, code_inline: inline } = parser.renderer.rules;
      const kept =
        (rule) =>
        (tokens, at, ...rest) =>
          rule(tokens, at, ...rest).replaceAll("{{", "&#123;&#123;");
      parser.renderer.rules.text = kept(text);
      parser.renderer.rules.code_inline = kept(inline);
    },
  },
  ignoreDeadLinks: [/^(\.\/)?(\.\.\/)+(?!docs\/)/, /schemas(\/|$)/, /\.schema\.json$/], // files of the repository that are no pages
  themeConfig: {
    search: { provider: "local" },
    sidebar: [
      { text: "Pages", items: pages },
      { text: "Decisions", collapsed: true, items: decisions },
    ],
  },
};
