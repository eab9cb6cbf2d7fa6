import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { dgov, makeRepository, type Place, readIn, writeIn } from "./repo.ts";

setDefaultTimeout(120_000);

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

type Said = Partial<Record<"id" | "title" | "kind" | "status" | "sources" | "related" | "body" | "more", string>>;

/** An article as dgov 0.8 has them; `sources` and `related` as they stand in the file, after the colon. */
const article = (id: string, said: Said = {}): string => {
  const {
    title = `The ${id}`,
    kind = "concept",
    status = "living",
    sources = "\n  - src/a.py",
    related = " []",
  } = said;
  const { body = `# ${title}\n\nWhat there is to know.\n`, more = "" } = said;
  return `---\nid: ${said.id ?? id}\ntitle: ${title}\nkind: ${kind}\nstatus: ${status}\nsources:${sources}\nrelated:${related}\n${more}---\n\n${body}`;
};

function lay(files: Record<string, string>): Place {
  const placed = Object.entries(files).map(([name, text]) => [`docs/knowledge/${name}`, text]);
  const place = makeRepository({
    "src/a.py": "a = 1\nb = 2\nc = 3\n",
    "src/b.py": "b = 2\n",
    ...Object.fromEntries(placed),
  });
  open.push(place);
  return place;
}

const ask = (place: Place, ...args: string[]) => {
  const { status, stdout } = dgov(place, "kb", ...args, "--json");
  return { status, view: JSON.parse(stdout) };
};

/** Five articles, of which one is apart; a README is none. */
const FIVE = {
  "README.md": "# Not an article\n",
  "_index.md": article("index", { kind: "index", related: "\n  - flow\n  - memory" }),
  "concepts/flow.md": article("flow", { related: " [memory, 'deep']" }),
  "concepts/memory.md": article("memory", { sources: ' ["src/a.py", src/b.py]', related: "\n  - index" }),
  "concepts/deep.md": article("deep", { related: " [far]" }),
  "far.md": article("far", { title: '"The far"', body: "# The far\n" }),
};

describe("G14: a knowledge base in order", () => {
  test("G14 files of dgov 0.8 work unchanged: list, show, validate", () => {
    const place = lay(FIVE);
    expect(ask(place, "validate")).toEqual({
      status: 0,
      view: { status: "pass", article_count: 5, issues: [], stale: [] },
    });
    const { view } = ask(place, "list");
    expect(view.articles.map(({ id }: { id: string }) => id)).toEqual(["index", "deep", "flow", "memory", "far"]);
    expect(view.articles[3]).toEqual({
      ...{
        id: "memory",
        title: "The memory",
        kind: "concept",
        status: "living",
        path: "docs/knowledge/concepts/memory.md",
      },
      absolute_path: join(place.root, "docs/knowledge/concepts/memory.md"),
      ...{ sources: ["src/a.py", "src/b.py"], related: ["index"], stale: [] },
    });
    expect(ask(place, "show", "far")).toMatchObject({
      status: 0,
      view: { id: "far", title: "The far", body: "# The far" },
    });
    expect(ask(place, "open", "far").view.uri).toContain("obsidian://open?path=%2F");
    const away = dgov({ root: place.folder, env: place.env }, "kb", "list", "-r", place.root);
    expect({ status: away.status, lines: away.stdout.trim().split("\n").length }).toEqual({ status: 0, lines: 5 });
  });

  test("G14 the graph: what is linked, what leads where, and what it is derived from", () => {
    const place = lay(FIVE);
    const { view } = ask(place, "graph");
    expect(view.articles).toEqual(["deep", "far", "flow", "index", "memory"]);
    expect(view.sources).toEqual(["src/a.py", "src/b.py"]);
    expect(view.edges).toContainEqual({ source: "memory", target: "src/b.py", relation: "source" });
    expect(view.edges.filter(({ relation }: { relation: string }) => relation === "related")).toHaveLength(6);
    expect(ask(place, "related", "index").view).toEqual({ start: "index", depth: 1, related: ["flow", "memory"] });
    expect(ask(place, "related", "index", "-d", "2").view.related).toEqual(["flow", "memory", "deep"]);
    expect(ask(place, "related", "index", "-d", "9").view.related).toEqual(["flow", "memory", "deep", "far"]);
    expect(ask(place, "related", "index", "-d", "0").view.related).toEqual([]);
    expect(ask(place, "path", "memory", "far").view.path).toEqual(["memory", "index", "flow", "deep", "far"]);
    expect(ask(place, "path", "far", "index")).toEqual({ status: 0, view: { from: "far", to: "index", path: null } });
    expect(ask(place, "path", "far", "far").view.path).toEqual(["far"]);
    const { status, view: unknown } = ask(place, "path", "far", "inde");
    expect({ status, code: unknown.error.code, said: unknown.error.message }).toEqual({
      status: 1,
      code: "kb_unknown",
      said: 'Cannot find the article "inde": there is none by this id; did you mean "index"?',
    });
  });

  test("G14 the graph for Mermaid and as a picture, with names as an enemy would choose them", async () => {
    const evil = `src/"]<script>alert(1)</script>.py`;
    const place = lay({ "a.md": article("a", { sources: `\n  - ${evil}` }) });
    writeIn(place.root, evil, "x\n");
    const mermaid = dgov(place, "kb", "graph").stdout;
    expect(mermaid).toContain('s0[/"src/#34;]#60;script#62;alert(1)#60;/script#62;.py"/]');
    expect(mermaid).toContain("a0 -.-> s0");
    expect(dgov(place, "kb", "graph", "--svg", "kb.svg").status).toBe(0);
    const tags = new Set<string>();
    const look = new HTMLRewriter().on("*", { element: (one) => void tags.add(one.tagName) });
    await look.transform(new Response(readIn(place, "kb.svg"))).text();
    expect([tags.has("script"), tags.has("rect"), tags.has("path")]).toEqual([false, true, true]);
  });
});

describe("G14: what is refused", () => {
  test.each([
    ["a missing source", { sources: "\n  - src/gone.py" }, "missing_source", 6],
    ["no source", { sources: " []" }, "missing_source", 6],
    ["a source outside", { sources: "\n  - ../a.py" }, "bad_source", 6],
    ["an absolute source", { sources: "\n  - /etc/passwd" }, "bad_source", 6],
    ["a folder as a source", { sources: "\n  - src" }, "bad_source", 6],
    ["a source in the knowledge base", { sources: "\n  - docs/knowledge/b.md" }, "bad_source", 6],
    ["a source that leads outside by a link", { sources: "\n  - src/out.py" }, "bad_source", 6],
    ["lines that are not there", { sources: "\n  - src/a.py#L3-L9" }, "bad_source", 6],
    ["a source twice", { sources: " [src/a.py, src/a.py]" }, "duplicate_entry", 6],
    ["an id that is taken", { id: "b" }, "duplicate_id", 2],
    ["an id that is none", { id: "The A" }, "bad_id", 2],
    ["a link to nobody", { related: " [bb]" }, "bad_link", 8],
    ["a link to itself", { related: " [a]" }, "bad_link", 8],
    ["a link twice", { related: " [b, b]" }, "duplicate_entry", 8],
    ["a kind that is none", { kind: "essay" }, "bad_kind", 4],
    ["a status that is none", { status: "dead" }, "bad_status", 5],
    ["a field that is none", { more: "owner: me\n" }, "unknown_field", 9],
    ["a field twice", { more: "id: c\n" }, "duplicate_entry", 9],
    ["another heading than the title", { body: "# Else\n" }, "bad_body", 10],
    ["no body", { body: "\n" }, "bad_body", 10],
    ["a list as a title", { title: "[x]" }, "format", 3],
  ] as const)("G14 %s, with its place, and every command says so", (_name, said, code, line) => {
    const place = lay({ "0.md": article("b"), "1.md": article("a", said) });
    symlinkSync("/etc/hostname", join(place.root, "src/out.py"));
    const { status, view } = ask(place, "validate");
    const own = view.issues.filter((one: { path: string }) => one.path === "docs/knowledge/1.md");
    expect({ status, told: view.status }).toEqual({ status: 1, told: "fail" });
    expect(own).toMatchObject([{ code, line }]);
    const listed = ask(place, "show", "b");
    expect({ status: listed.status, same: listed.view.issues }).toEqual({ status: 1, same: view.issues });
  });

  test("G14 what has no front matter, no folder, or is no text", () => {
    const place = lay({
      "a.md": "# Plain\n",
      "b.md": "---\nid: b\n",
      "c.md": article("c").replace("The c", "The \u00e9"),
    });
    Bun.spawnSync(["sh", "-c", "printf '\\377\\376' >> docs/knowledge/c.md"], { cwd: place.root });
    const { view } = ask(place, "validate");
    expect(view.issues.map(({ code, message }: { code: string; message: string }) => [code, message])).toEqual([
      ["format", 'it must begin with front matter between "---" lines'],
      ["format", 'its front matter has no "---" at its end'],
      ["format", "it is not UTF-8 text"],
    ]);
    const none = makeRepository({ "x.txt": "x\n" });
    open.push(none);
    expect(ask(none, "validate")).toMatchObject({ status: 1, view: { issues: [{ code: "missing_folder" }] } });
  });
});

describe("G14: sources that change", () => {
  const sha256 = (text: string) => new Bun.CryptoHasher("sha256").update(text).digest("hex");

  test("G14 a source with its hash, whole or some lines of it, is stale when that changes, and not when other lines do", () => {
    const sources = `\n  - src/b.py@sha256:${sha256("b = 2\n").slice(0, 16)}\n  - src/a.py#L2-L3@sha256:${sha256("b = 2\nc = 3\n")}`;
    const place = lay({ "a.md": article("a", { sources }), "b.md": article("b", { sources: "\n  - src/a.py#L1" }) });
    expect(ask(place, "validate").view).toMatchObject({ status: "pass", stale: [] });
    writeIn(place.root, "src/a.py", "a = 100\nb = 2\nc = 3\nd = 4\n");
    expect(ask(place, "validate").status).toBe(0);
    writeIn(place.root, "src/a.py", "a = 100\nb = 200\nc = 3\n");
    const { status, view } = ask(place, "validate");
    expect({ status, issues: view.issues }).toEqual({ status: 1, issues: [] });
    expect(view.stale).toMatchObject([
      { id: "a", path: "docs/knowledge/a.md", line: 6, now: sha256("b = 200\nc = 3\n") },
    ]);
    const listed = dgov(place, "kb", "list");
    expect({
      status: listed.status,
      stale: /stale/.test(listed.stdout),
      cure: listed.stderr.includes(`@sha256:${view.stale[0].now.slice(0, 16)}`),
    }).toEqual({
      ...{ status: 0, stale: true, cure: true },
    });
    expect(ask(place, "show", "a").view.stale).toHaveLength(1);
  });

  test("G14 a file whose own name looks like a mark is that file, as in dgov 0.8", () => {
    const place = lay({ "a.md": article("a", { sources: "\n  - src/x#L9" }) });
    writeIn(place.root, "src/x#L9", "x\n");
    expect(ask(place, "validate").status).toBe(0);
  });
});
