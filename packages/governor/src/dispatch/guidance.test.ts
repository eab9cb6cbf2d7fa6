import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { parseClaim } from "@dgov/sandbox";
import { openSite } from "../testing/site.ts";
import { guidanceFor, wholeGuidance } from "./guidance.ts";
import { orderOf } from "./order.ts";
import { scopeOf } from "./scope.ts";

setDefaultTimeout(60_000); // many processes each, and the machine may be busy

const open: { repo: { remove(): void } }[] = [];
afterEach(() => {
  for (const { repo } of open.splice(0)) repo.remove();
});

const FILES = {
  "a.txt": "1\n",
  "AGENTS.md": "The root's rules\n",
  "CLAUDE.md": "@AGENTS.md\n",
  "api/AGENTS.md": "The rules of api\n",
  "api/v1/x.py": "",
  "api/v1/CLAUDE.md": "The rules of v1\n",
  "web/AGENTS.md": "The rules of web\n",
};

async function lay(...[parts = {}]: Parameters<typeof openSite>) {
  const place = await openSite({ files: FILES, ...parts });
  open.push(place);
  return place;
}

async function told({ site, head }: Awaited<ReturnType<typeof lay>>): Promise<string> {
  const unit = site.plan.tasks[0]!;
  const made = await orderOf(site, {
    ...{ unit, attempt: 1, failed: null, carried: false, program: null },
    scope: scopeOf(site.project, unit, head),
  });
  return made.messages.map(({ text }) => text).join("\n");
}

const pathsOf = (found: readonly { path: string }[]) => found.map(({ path }) => path);

test("A11 whoever works is told of the root and of the folders above their claims, the nearest first, and of no other", async () => {
  const { site, head } = await lay();
  const asked = async (...claims: string[]) => pathsOf(await guidanceFor(site.git, head, claims.map(parseClaim)));
  expect(await asked("a.txt")).toEqual(["AGENTS.md"]);
  expect(await asked("api/v1/x.py")).toEqual(["api/v1/CLAUDE.md", "api/AGENTS.md", "AGENTS.md"]);
  expect(await asked("api/v1/new/deep.py")).toEqual(["api/v1/CLAUDE.md", "api/AGENTS.md", "AGENTS.md"]);
  expect(await asked("api/v*/x.py")).toEqual(["api/AGENTS.md", "AGENTS.md"]);
  expect(await asked("api/", "web/app.ts")).toEqual(["api/AGENTS.md", "web/AGENTS.md", "AGENTS.md"]);
  expect(await asked("api/v1/x.py::f")).toEqual(["api/v1/CLAUDE.md", "api/AGENTS.md", "AGENTS.md"]);
});

test("A11 whoever plans is told of all of it", async () => {
  const { site, head } = await lay();
  const all = ["api/v1/CLAUDE.md", "api/AGENTS.md", "web/AGENTS.md", "AGENTS.md"];
  expect(pathsOf(await wholeGuidance(site.git, head))).toEqual(all);
  const order = await told(await lay({ unit: { role: "planner" } }));
  for (const path of all) expect(order).toContain(`## Guidance: ${path}\n`);
  expect(await told(await lay())).not.toContain("## Guidance: web/");
});

test("A11 guidance is of the base: what the checkout says since is nobody's, and a link is not followed", async () => {
  const place = await lay({ files: { "a.txt": "1\n" } });
  const { site, head, repo } = place;
  symlinkSync("/etc/passwd", join(repo.root, "AGENTS.md"));
  expect(await guidanceFor(site.git, head, [])).toEqual([]);
  await repo.user("add", "-A");
  await repo.user("commit", "-qm", "a link");
  expect(await guidanceFor(site.git, await repo.user("rev-parse", "HEAD"), [])).toEqual([]);
});

test("A9 the charter stands above procedures, guidance and conventions, and the order says who is obeyed", async () => {
  const place = await lay({ unit: { sops: ["style"] } });
  const bullets = { heading: "Do", bullets: ["tabs"] };
  const sop = { file: "", name: "style", title: "Style", summary: "", applies_to: [], sections: [bullets] };
  const { project } = place.site;
  const worker = { ...project.worker, conventions: { indent: "four spaces" } };
  const site = {
    ...place.site,
    project: { ...project, worker },
    charter: "Two spaces.\n",
    sops: [{ ...sop, priority: "must" as const }],
  };
  const text = await told({ ...place, site });
  const order = [
    "## Authority",
    "1. the rules above",
    "2. the charter",
    "## Charter",
    "Two spaces.",
    "## Procedure: Style",
  ];
  const places = [...order, "- tabs", "## Guidance: AGENTS.md", "The root's rules"].map((part) => text.indexOf(part));
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(text.indexOf("indent: four spaces")).toBeGreaterThan(0);
});

test("A9 without charter and guidance nothing is said of authority", async () => {
  expect(await told(await lay({ files: { "a.txt": "1\n" } }))).not.toContain("## Authority");
});

test("A15 the prompt has each convention once", async () => {
  const place = await lay();
  const { project } = place.site;
  const worker = { ...project.worker, conventions: { errors: "raise, never return None", names: "no abbreviations" } };
  const text = await told({ ...place, site: { ...place.site, project: { ...project, worker } } });
  for (const line of ["- errors: raise, never return None\n", "- names: no abbreviations\n"])
    expect(text.split(line)).toHaveLength(2);
});
