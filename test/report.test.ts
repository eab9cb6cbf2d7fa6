import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { commitAll, dgov, git, type Place, readIn, writeIn } from "./repo.ts";
import { done, layTasks, write } from "./scripted.ts";

setDefaultTimeout(180_000);

const EVIL = `</td></style><script src="https://evil.example/x.js">alert(1)</script>`;
const FILE = "src/<img src=x onerror=alert(2)>.py";
let place: Place;
let page = "";
let markdown = "";
let sbom: Record<string, unknown> = {};
let first = { run: "", head: "" };

/** One task lands with names as an enemy would choose them, one fails, and one waits for that. */
beforeAll(() => {
  place = layTasks(
    {
      one: {
        claims: `commit_message = '''one ${EVIL} | [x](y)'''\nfiles.create = ["${FILE}"]`,
        attempts: [[write(FILE, "a = 1\n"), done]],
      },
      two: { claims: 'files.create = ["src/two.py"]', attempts: [[done], [done]] },
      three: { claims: 'files.create = ["src/3.py"]\ndepends_on = ["two"]', attempts: [[done]] },
    },
    { project: { lint_cmd: "true '<script>|' {file}" } },
  );
  dgov(place, "run", "p");
  const asked = ["--html", "page.html", "--markdown", "page.md", "--sbom", "bom.json"];
  const { status, stdout, stderr } = dgov(place, "report", ...asked);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  for (const [what, file] of [
    ["page", "page.html"],
    ["report", "page.md"],
    ["bill of materials", "bom.json"],
  ] as const)
    expect(stdout).toContain(`The ${what} is ${join(place.root, file)}`);
  page = readIn(place, "page.html");
  markdown = readIn(place, "page.md");
  sbom = JSON.parse(readIn(place, "bom.json"));
  first = { run: told().view.account.run, head: git(place, "rev-parse", "main").trim() };
});
afterAll(() => place.stop());

const told = (...more: string[]) => {
  const { status, stdout } = dgov(place, "report", "--json", ...more);
  return { status, view: JSON.parse(stdout) };
};

describe("G12: the trust page", () => {
  test("G12 it says what landed, by whom, under which gates, at which jail and cost, and what it rests on", () => {
    const { status, view } = told();
    expect(status).toBe(0);
    expect(view).toMatchObject({ sound: true, account: { plan: "p", status: "partial", target: "refs/heads/main" } });
    expect(view.ground).toMatchObject({ fault: null, follows: true, signed: null });
    const [one, two, three] = view.tasks;
    expect(one).toMatchObject({ task: "tasks/main.one", status: "deployed", carried: false, why: null });
    expect(one.commit).toBe(first.head);
    expect(one.attempts).toMatchObject([{ attempt: 1, model: "scripted/scripted", tool_calls: 2, end: "landed" }]);
    expect(one.gates.map(({ gate }: { gate: string }) => gate)).toContain("lint");
    expect(one.gates.find(({ gate }: { gate: string }) => gate === "lint")).toMatchObject({ verdict: "pass", exit: 0 });
    expect(one.gates.find(({ gate }: { gate: string }) => gate === "lint").level).toBe(view.account.jails[0].level);
    expect(two).toMatchObject({
      status: "failed",
      commit: null,
      attempts: [{ end: "empty_diff" }, { end: "empty_diff" }],
    });
    expect(three).toMatchObject({ status: "skipped", attempts: [] });
    expect(view.landed[one.commit].files).toEqual([FILE]);
    expect(view.models).toMatchObject([{ model: "scripted/scripted", attempts: 3, votes: 0, roles: ["worker"] }]);
    expect(view.cost.total.calls).toBe(view.models[0].cost.calls);
    for (const text of ["scripted/scripted", one.commit.slice(0, 12), view.ground.root, "empty_diff", "unpriced"])
      expect([text, page.includes(text), markdown.includes(text.replace("_", "\\_"))]).toEqual([text, true, true]);
  });

  test("G12 the page has no script, loads nothing, and what others have said is there as text", async () => {
    const tags = new Set<string>();
    const attributes: string[] = [];
    const look = new HTMLRewriter().on("*", {
      element(one) {
        tags.add(one.tagName);
        attributes.push(...[...one.attributes].map(([name]) => name!));
      },
    });
    await look.transform(new Response(page)).text();
    for (const tag of ["script", "img", "link", "iframe", "a", "form"])
      expect([tag, tags.has(tag)]).toEqual([tag, false]);
    expect(attributes.filter((name) => /^(on|src|href|style|action)/.test(name))).toEqual([]);
    expect(page).toContain("default-src &#39;none&#39;");
    expect(page).toContain(FILE.replaceAll("<", "&lt;").replaceAll(">", "&gt;"));
    expect(page).toContain("&lt;/td&gt;&lt;/style&gt;&lt;script");
    expect(page).toContain("true &#39;&lt;script&gt;|&#39;");
  });

  test("G12 in Markdown no name ends a cell, a link or a tag", () => {
    expect(markdown).not.toMatch(/<(img|script|\/td)/);
    expect(markdown).toContain("\\| \\[x\\](y)");
    const rows = markdown.split("\n").filter((line) => line.startsWith("| tasks/main.one"));
    expect(rows).toHaveLength(1);
    expect(rows[0]?.match(/(?<!\\)\|/g)).toHaveLength(7);
  });

  test("G12 the report of another run, of none, and into a place that is none", () => {
    expect(told("r-no-such").view.error.code).toBe("run_unknown");
    const there = told(told().view.account.run);
    expect(there.status).toBe(0);
    const refused = dgov(place, "report", "--html", "nowhere/page.html");
    expect({
      status: refused.status,
      said: refused.stderr.includes('Cannot write the page "nowhere/page.html"'),
    }).toEqual({
      status: 4,
      said: true,
    });
    const fresh = layTasks({ one: { attempts: [[done]] } });
    try {
      const { status, stderr } = dgov(fresh, "report");
      expect({ status, said: stderr.includes("nothing was ever run here") }).toEqual({ status: 3, said: true });
    } finally {
      fresh.stop();
    }
  });
});

describe("G12: what it rests on", () => {
  test("G12 an attestation is checked with the keys that are given, and told of", () => {
    for (const name of ["ann", "eve"]) expect(dgov(place, "attest", "keygen", `../${name}`).status).toBe(0);
    const run = told().view.account.run;
    expect(dgov(place, "attest", "sign", run, "--key", "../ann", "--out", "../signed.json").status).toBe(0);
    const good = told("--attestation", "../signed.json", "--key", "../ann.pub");
    expect({ status: good.status, signed: good.view.ground.signed }).toMatchObject({
      status: 0,
      signed: { holds: true, same: true, needed: 1 },
    });
    const other = told("--attestation", "../signed.json", "--key", "../eve.pub");
    expect({ status: other.status, sound: other.view.sound, signed: other.view.ground.signed }).toMatchObject({
      status: 1,
      sound: false,
      signed: { holds: false, same: false, signed_by: [] },
    });
    const tasks = readIn(place, ".dgov/plans/p/tasks/main.toml");
    writeIn(place.root, ".dgov/plans/p/tasks/main.toml", tasks.replace("Do two", "Do two again"));
    commitAll(place, "another plan");
    dgov(place, "run", "p");
    const later = told("--attestation", "../signed.json", "--key", "../ann.pub");
    expect(later.view.account.run).not.toBe(run);
    expect({ status: later.status, signed: later.view.ground.signed }).toMatchObject({
      status: 1,
      signed: { holds: true, same: false },
    });
    expect(told("--key", "../ann.pub").status).toBe(2);
    expect(told("--attestation", "../signed.json").status).toBe(2);
  });

  test("G12 a log that is not what was written is told of, and the report is not sound", () => {
    const file = new Database(join(place.root, ".dgov/state.db"));
    const head = readFileSync(join(place.root, ".dgov/state.db-head"));
    for (const trigger of ["event_is_never_updated", "event_is_never_deleted", "event_is_only_appended"])
      file.run(`DROP TRIGGER ${trigger}`);
    const last = file.query("SELECT * FROM event ORDER BY seq DESC LIMIT 1").get() as Record<string, string>;
    file.run("DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)");
    try {
      const { status, view } = told();
      expect({ status, sound: view.sound, ended: view.account.ended_at }).toEqual({
        status: 1,
        sound: false,
        ended: null,
      });
      expect(view.ground.fault).toContain("missing");
    } finally {
      const { seq, run, at_ms, kind, prev, hash, body } = last;
      file.run("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)", [seq!, run!, at_ms!, kind!, prev!, hash!, body!]);
      file.close();
      expect(readFileSync(join(place.root, ".dgov/state.db-head"))).toEqual(head);
    }
    expect(told().status).toBe(0);
  });
});

const SCHEMAS = join(import.meta.dir, "fixtures/cyclonedx");

/** Says what is wrong with a document by the official schema; null: nothing. */
function validator(): (document: unknown) => string | null {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addFormat("iri-reference", (text) => !/[\s<>"{}|\\^`]/.test(text));
  ajv.addFormat("idn-email", (text) => /^[^@\s]+@[^@\s]+$/.test(text));
  const schema = (name: string) => JSON.parse(readFileSync(join(SCHEMAS, `${name}.SNAPSHOT.schema.json`), "utf8"));
  for (const name of ["spdx", "jsf-0.82"])
    ajv.addSchema(schema(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
  const valid = ajv.compile(schema("bom-1.6"));
  return (document) => (valid(document) ? null : ajv.errorsText(valid.errors));
}

describe("G12: the bill of materials", () => {
  test("G12 CycloneDX 1.6 by its official schema, which refuses what is none", () => {
    const faults = validator();
    expect(faults(sbom)).toBeNull();
    expect(faults({ ...sbom, specVersion: 16 })).not.toBeNull();
    expect(faults({ ...sbom, serialNumber: "urn:uuid:1" })).not.toBeNull();
    expect(faults({ ...sbom, components: [{ type: "model", name: "x" }] })).not.toBeNull();
    expect(faults({ ...sbom, more: 1 })).not.toBeNull();
  });

  test("G12 it has models, checkers, grammars with their hashes, dgov, and the landed commits", () => {
    const { components, metadata, dependencies } = sbom as {
      components: {
        type: string;
        name: string;
        "bom-ref": string;
        hashes?: { content: string }[];
        properties?: object[];
      }[];
      metadata: { tools: { components: object[] }; component: { pedigree: { commits: object[] } } };
      dependencies: { dependsOn: string[] }[];
    };
    expect(metadata.tools.components).toMatchObject([{ name: "dgov" }, { name: "bun", version: Bun.version }]);
    expect(metadata.component.pedigree.commits).toMatchObject([{ uid: first.head }]);
    const [model] = components.filter(({ type }) => type === "machine-learning-model");
    expect(model).toMatchObject({ name: "scripted", supplier: { name: "scripted" } });
    const lint = components.find(({ name }) => name === "lint");
    expect(lint?.properties).toContainEqual({ name: "dgov:pass", value: "1" });
    const grammar = components.find((one) => one["bom-ref"] === "grammar:python");
    const compiled = readFileSync(join(import.meta.dir, "../grammars/python/grammar.wasm"));
    expect(grammar?.hashes?.[0]?.content).toBe(new Bun.CryptoHasher("sha256").update(compiled).digest("hex"));
    expect(dependencies[0]?.dependsOn).toEqual(components.map((one) => one["bom-ref"]));
    expect(new Set(components.map((one) => one["bom-ref"])).size).toBe(components.length);
  });

  test("G12 who asks twice gets the same document", () => {
    expect(dgov(place, "report", first.run, "--sbom", "again.json").status).toBe(0);
    expect(readIn(place, "again.json")).toBe(readIn(place, "bom.json"));
  });
});
