import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { commitAll, dgov, type Place, readIn, writeIn } from "./repo.ts";
import { done, layTasks, write } from "./scripted.ts";

setDefaultTimeout(180_000);

const HOSTILE = `</pre></style><script src="https://evil.example/x.js">alert(1)</script><img src=x onerror=alert(2)>`;
let place: Place;
let page = "";

beforeAll(() => {
  const says = { tool: "done", args: { summary: HOSTILE } };
  place = layTasks({
    one: { claims: 'files.create = ["src/one.py"]', attempts: [[write("src/one.py", `-- ${HOSTILE}\n`), says]] },
    two: { claims: 'files.create = ["src/two.py"]\ndepends_on = ["one"]', attempts: [[done], [done]] },
    three: { claims: 'files.create = ["src/3.py"]\ndepends_on = ["two"]', attempts: [[done]] },
  });
  const toml = readIn(place, ".dgov/plans/p/tasks/main.toml").replace("Do two", `Do ${HOSTILE.replaceAll('"', "'")}`);
  writeIn(place.root, ".dgov/plans/p/tasks/main.toml", toml);
  commitAll(place, "a hostile summary");
  dgov(place, "run", "p");
  const { status, stdout } = dgov(place, "plan", "review", "p", "--html", "page.html");
  expect({ status, last: stdout.trimEnd().split("\n").at(-1) }).toEqual({
    status: 1,
    last: `The page is ${join(place.root, "page.html")}`,
  });
  page = readIn(place, "page.html");
});
afterAll(() => place.stop());

/** Every element of the page with what would make it do or load something. */
async function elements(): Promise<{ tag: string; attributes: [string, string][] }[]> {
  const found: { tag: string; attributes: [string, string][] }[] = [];
  const look = new HTMLRewriter().on("*", {
    element: (one) => void found.push({ tag: one.tagName, attributes: [...one.attributes] as [string, string][] }),
  });
  await look.transform(new Response(page)).text();
  return found;
}

test("the page has no script, loads nothing, and would be let do neither", async () => {
  const found = await elements();
  const tags = new Set(found.map(({ tag }) => tag));
  for (const tag of ["script", "img", "link", "iframe", "object", "form", "base"]) expect(tags.has(tag)).toBe(false);
  for (const { attributes } of found)
    for (const [name, value] of attributes) {
      expect(name).not.toMatch(/^(on|src|style$|action)/);
      if (/href$/.test(name)) expect(value).toMatch(/^#task-\d+$/);
    }
  const policy = found
    .flatMap(({ tag, attributes }) => (tag === "meta" ? attributes : []))
    .find(([name]) => name === "content");
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? "";
  const hash = new Bun.CryptoHasher("sha256").update(style).digest("base64");
  expect(policy?.[1].replaceAll("&#39;", "'")).toBe(
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
  );
  expect(style).toContain("prefers-color-scheme: dark");
});

test("what models, plans and patches say is there as text", () => {
  const text = HOSTILE.replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const quoted = text.replaceAll('"', "&quot;");
  expect(page).toContain(`The worker: “${quoted}”`);
  expect(page).toContain(`<span class="add">+-- ${quoted}</span>`);
  expect(page).toContain(text.replaceAll('"', "&#39;"));
  expect(page).not.toContain("<script");
});

test("it has the tasks and what they wait for, when they were at work, verdicts, patches and cost", async () => {
  const found = await elements();
  const ids = found.flatMap(({ attributes }) => attributes.filter(([name]) => name === "id").map(([, value]) => value));
  expect(ids.filter((id) => id.startsWith("task-"))).toEqual(["task-1", "task-2", "task-3"]);
  expect(page).toContain("<title>tasks/main.two waits for tasks/main.one</title>");
  expect(page).toContain('<g class="box failed"><title>tasks/main.two: failed</title>');
  expect(page).toMatch(/<title>attempt 2, at work, \d+s<\/title>/);
  expect(page).toContain("empty_diff at claims</strong> after 2 attempts");
  expect(page).toContain("<td>claims</td><td");
  expect(page).toContain("<td>scripted/scripted</td>");
  expect(page).toContain("diff --git a/src/one.py b/src/one.py");
});

test("with --json the place of the page is beside the review, whose patches are those that were asked for", () => {
  const { stdout } = dgov(place, "plan", "review", "p", "--html", "page.html", "--json", "--diff", "tasks/main.one");
  const { html, units } = JSON.parse(stdout);
  expect(html).toBe(join(place.root, "page.html"));
  expect(
    units.map(({ full_diff, activity }: { full_diff: string | null; activity: object[] }) => [
      full_diff === null,
      activity.length,
    ]),
  ).toEqual([
    [false, 0],
    [true, 0],
    [true, 0],
  ]);
});

test("a page that cannot be written is refused, and of a plan that never ran there is one all the same", () => {
  const { status, stderr } = dgov(place, "plan", "review", "p", "--html", "nowhere/page.html");
  expect({ status, said: stderr.split(":")[1] }).toEqual({
    status: 4,
    said: ' Cannot write the page "nowhere/page.html"',
  });
  const fresh = layTasks({ one: { attempts: [[done]] } });
  try {
    expect(dgov(fresh, "compile", "p").status).toBe(0);
    expect(dgov(fresh, "plan", "review", "p", "--html", "p.html").status).toBe(0);
    expect(readIn(fresh, "p.html")).toContain("It was never run.");
    expect(dgov(fresh, "plan", "review", "q", "--html", "q.html").status).toBe(3);
    expect(existsSync(join(fresh.root, "q.html"))).toBe(false);
  } finally {
    fresh.stop();
  }
});
