import { afterEach, expect, test } from "bun:test";
import type { ComponentAnswer, ComponentOrder, Isolation, IsolationSpec } from "@dgov/sandbox";
import type { Component } from "@dgov/sandbox/component";
import { parseProject } from "../config.ts";
import { openSite } from "../testing/site.ts";
import type { IntegratedCandidate } from "./candidate.ts";
import { claimsGate } from "./claims.ts";
import { commandGates } from "./commands.ts";
import { componentGates } from "./components.ts";
import { openShell } from "./testing/isolation.ts";
import { projectWith, unitWith } from "./testing/parts.ts";

type Opened = Awaited<ReturnType<typeof openSite>>;
const opened: Opened[] = [];
afterEach(async () => {
  for (const { site, repo } of opened.splice(0)) {
    await site.pool.close();
    repo.remove();
  }
});

const GATE: Component = {
  name: "owners",
  kind: "gate",
  folder: "/nowhere",
  files: {},
  clock: false,
  timeout_ms: 1_000,
  memory_bytes: 1,
};

/** Judges a change of one file by a gate whose component answers so. */
async function judged(answer: ComponentAnswer | Error) {
  const place = await openSite();
  opened.push(place);
  const { site, repo, head, task } = place;
  const asked: { specs: Partial<IsolationSpec>[]; orders: ComponentOrder[]; stopped: number } = {
    specs: [],
    orders: [],
    stopped: 0,
  };
  const start = async (spec: Parameters<typeof site.jail.start>[0]): Promise<Isolation> => {
    asked.specs.push(spec);
    return {
      ...openShell(spec.root, repo.folder),
      async component(order) {
        asked.orders.push(order);
        if (answer instanceof Error) throw answer;
        return answer;
      },
      stop: async () => void asked.stopped++,
    };
  };
  const tree = await repo.user("rev-parse", "HEAD^{tree}");
  const base = await repo.user("hash-object", "-t", "tree", "/dev/null", "-w");
  const [gate] = componentGates(
    { components: { tools: [], gates: [GATE] }, jail: { ...site.jail, start } },
    new AbortController().signal,
  );
  // What a component's gate asks of a candidate, and no more.
  const candidate = { ...site, unit: unitWith({ edit: ["a.txt"] }), task, head: base, tree, root: repo.root };
  const check = async () => gate?.check(candidate as unknown as IntegratedCandidate);
  return { check, asked, head };
}

const ok = (findings: unknown): ComponentAnswer => ({
  ok: true,
  text: JSON.stringify(findings),
  touched: [],
  refused: [],
});

test("no findings pass, and the gate was told the change and could only read", async () => {
  const { check, asked } = await judged(ok([]));
  expect(await check()).toMatchObject({ verdict: "pass" });
  expect(asked.specs).toMatchObject([{ write: [], network: "none", scope: { role: "reviewer", write: [] } }]);
  const [order] = asked.orders;
  expect(order).toMatchObject({ do: "judge", component: { name: "owners" } });
  const change = JSON.parse(order?.do === "judge" ? order.input : "");
  expect(change).toMatchObject({ role: "worker", files: [{ path: "a.txt", status: "added", new: "one\n" }] });
  expect(asked.stopped).toBe(1);
});

test("findings reject, as they are", async () => {
  const findings = [
    { code: "no_owner", message: "a.txt has none", path: "a.txt", line: 3 },
    { code: "x", message: "y" },
  ];
  expect(await (await judged(ok(findings))).check()).toMatchObject({ verdict: "reject", cause: "gate", findings });
});

test.each<[what: string, answer: ComponentAnswer]>([
  ["an error", { ok: false, cause: "error", why: "cannot tell", touched: [], refused: [] }],
  ["a trap", { ok: false, cause: "trap", why: "it failed", touched: [], refused: [] }],
  ["a limit", { ok: false, cause: "timeout", why: "it was ended", touched: [], refused: [] }],
  ["no list", ok(null)],
  ["a finding without words", ok([{ code: "x" }])],
  ["a finding with an empty code", ok([{ code: " ", message: "x" }])],
  ["a line that cannot be", ok([{ code: "x", message: "y", line: 0 }])],
])("%s is no answer, and never passes", async (_, answer) => {
  const { check, asked } = await judged(answer);
  const said = [{ code: "gate_broken", message: expect.stringContaining("[gates.owners] gave no answer") }];
  expect(await check()).toMatchObject({ verdict: "broken", cause: "broken", findings: said });
  expect(asked.stopped).toBe(1);
});

test("where the isolated process is lost, the gate throws, and its process is ended", async () => {
  const { check, asked } = await judged(new Error("lost"));
  await expect(check()).rejects.toThrow("lost");
  expect(asked.stopped).toBe(1);
});

test("no component may bear the name of a gate of ours", () => {
  const all = { setup: "a", lint: "a", format_check: "a", type_check: "a", test: "a" };
  const project = projectWith("/r", { commands: all, rules: { review_hooks: ["true"] } });
  const names = [claimsGate, ...commandGates(project, unitWith({}))].map(({ name }) => name);
  expect(names.length).toBeGreaterThan(6);
  for (const name of [...names, "integration", "policy", "script_hooks"]) {
    const { places } = parseProject("/r", new TextEncoder().encode(`[gates.${name}]\ncomponent = "a.wasm"`));
    expect(places).toMatchObject([{ code: "name_taken" }]);
  }
});
