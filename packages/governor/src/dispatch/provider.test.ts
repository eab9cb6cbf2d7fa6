import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DgovError } from "../error.ts";
import type { CompiledPlan, CompiledTask } from "../plan/compiled.ts";
import type { Project, Provider } from "../project.ts";
import { projectWith, unitWith } from "../settlement/testing/parts.ts";
import { planOf } from "../testing/site.ts";
import { bindModels } from "./provider.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const openai = (name: string, more: Partial<Provider> = {}): Provider => ({
  name,
  kind: "openai",
  base_url: "http://127.0.0.1:1/v1",
  api_key_env: "KEY",
  default_agent: null,
  script: null,
  price: null,
  ...more,
});
const SCRIPTED: Provider = { ...openai("scripted"), kind: "scripted", base_url: null, api_key_env: null };

type Asked = {
  task?: Partial<CompiledTask["worker"]>;
  plan?: Partial<CompiledPlan>;
  project?: Partial<Project>;
  env?: Record<string, string>;
  script?: string;
  tier?: number;
};

/** @returns provider and agent, or the code of the refusal */
function bind({ task = {}, plan = {}, project = {}, env = { KEY: "k" }, script, tier = 0 }: Asked): string {
  const root = mkdtempSync(join(tmpdir(), "dgov-bind-"));
  folders.push(root);
  if (script !== undefined) writeFileSync(join(root, "script.json"), script);
  const unit = unitWith({});
  const one = { ...unit, worker: { ...unit.worker, ...task } };
  const providers = { a: openai("a", { default_agent: "of-a" }), b: openai("b"), scripted: SCRIPTED };
  const whole: Project = { ...projectWith(root, {}), providers, ...project };
  const world = { env, now_ms: () => 0, sleep_ms: async () => undefined, random: () => 0 };
  try {
    const { provider, agent } = bindModels(
      { plan: { ...planOf([one]), dir: ".", ...plan }, project: whole },
      world,
    ).binding({ task: one.id, tier });
    return `${provider.name} ${agent}`;
  } catch (error) {
    if (error instanceof DgovError) return error.code;
    throw error;
  }
}

const limited = { ...projectWith("/", {}).limits, run: { calls: null, tokens: null, cost_micros: 1, wall_ms: null } };
const FREE = { input: 0, cached: 0, output: 0 };
const escalation = [
  { agent: "strong", provider: null },
  { agent: "best", provider: "b" },
];
const ABOVE: Partial<Project> = {
  agents: { strong: "strong-1" },
  limits: { ...projectWith("/", {}).limits, escalation },
};
const SCRIPT = '{"version":1,"tasks":{},"default":{"turns":[]}}';

test.each<[string, Asked, string]>([
  ["nobody names a provider", {}, "provider_unknown"],
  ["the project does", { project: { provider: "a" } }, "a of-a"],
  ["the plan goes before the project", { plan: { default_provider: "a" }, project: { provider: "b" } }, "a of-a"],
  ["the task goes before both", { task: { provider: "a" }, plan: { default_provider: "b" } }, "a of-a"],
  ["an unknown name", { task: { provider: "c" } }, "provider_unknown"],
  ["no agent", { task: { provider: "b" } }, "provider_unknown"],
  ["the project's agent, for its own provider", { project: { provider: "b", default_agent: "own" } }, "b own"],
  [
    "and for no other",
    { task: { provider: "b" }, project: { provider: "a", default_agent: "own" } },
    "provider_unknown",
  ],
  ["an alias", { task: { provider: "b", agent: "fast" }, project: { agents: { fast: "model-1" } } }, "b model-1"],
  ["the next rung, at the task's own provider", { project: { provider: "a", ...ABOVE }, tier: 1 }, "a strong-1"],
  ["the next rung, at a provider of its own", { project: { provider: "a", ...ABOVE }, tier: 2 }, "b best"],
  ["a rung above the last", { project: { provider: "a", ...ABOVE }, tier: 3 }, "b best"],
  ["the first rung of a ladder", { project: { provider: "a", ...ABOVE } }, "a of-a"],
  [
    "a rung without a price under a money limit, though the task's own agent has one",
    {
      project: {
        ...{ provider: "a", ...ABOVE },
        limits: {
          ...limited,
          escalation,
          budget: { ...limited.budget, prices: { "a/of-a": FREE, "a/strong-1": FREE } },
        },
      },
    },
    "config_invalid",
  ],
  [
    "a rung whose key is not set, before anything is spent",
    {
      project: {
        ...{ provider: "a", ...ABOVE },
        providers: { a: openai("a", { default_agent: "m" }), b: openai("b", { api_key_env: "OTHER" }) },
      },
    },
    "key_missing",
  ],
  ["a key that is not set", { project: { provider: "a" }, env: {} }, "key_missing"],
  ["a key that is empty", { project: { provider: "a" }, env: { KEY: "" } }, "key_missing"],
  ["a money limit without a price", { project: { provider: "a", limits: limited } }, "config_invalid"],
  [
    "a money limit with a price of nothing",
    {
      project: {
        provider: "f",
        providers: { f: openai("f", { default_agent: "m", price: FREE }) },
        limits: limited,
      },
    },
    "f m",
  ],
  [
    "a money limit with a price of the model",
    {
      project: {
        provider: "a",
        limits: { ...limited, budget: { ...limited.budget, prices: { "a/of-a": FREE } } },
      },
    },
    "a of-a",
  ],
  [
    "a money limit with a price of another model",
    { project: { provider: "a", limits: { ...limited, budget: { ...limited.budget, prices: { "a/m": FREE } } } } },
    "config_invalid",
  ],
  [
    "a task's money limit without a price",
    { task: { budget: { money: "0.5" } }, project: { provider: "a" } },
    "config_invalid",
  ],
  ["a task's token limit without a price", { task: { budget: { tokens: 5 } }, project: { provider: "a" } }, "a of-a"],
  [
    "a script, and its money is nothing",
    { project: { provider: "scripted", limits: limited }, script: SCRIPT },
    "scripted scripted",
  ],
  ["a script that is not there", { project: { provider: "scripted" } }, "script_invalid"],
  ["a script that is not JSON", { project: { provider: "scripted" }, script: "{" }, "script_invalid"],
])("%s", (_, asked, expected) => {
  expect(bind(asked)).toBe(expected);
});

test("a script may be named by an absolute path", () => {
  const place = mkdtempSync(join(tmpdir(), "dgov-script-"));
  folders.push(place);
  writeFileSync(join(place, "s.json"), SCRIPT);
  const scripted = { ...SCRIPTED, script: join(place, "s.json") };
  expect(bind({ project: { provider: "scripted", providers: { scripted } } })).toBe("scripted scripted");
});

describe("seats of the review", () => {
  const seated = (agent: string, more: Partial<Project> = {}): Asked => {
    const project = projectWith("/", {});
    const seats = [{ name: "oak", provider: "b", agent, family: "oak", look_for: "" }];
    const review = { approvals: 1, turns: 9, time_ms: 1000, seats };
    return { task: { provider: "a" }, project: { rules: { ...project.rules, review }, ...more } };
  };

  test("are bound before anything is spent, with their keys and prices", () => {
    expect(bind(seated("oak-9"))).toBe("a of-a");
    expect(bind({ ...seated("oak-9"), env: {} })).toBe("key_missing");
    const known = { a: openai("a", { default_agent: "of-a", price: FREE }), b: openai("b") };
    expect(bind(seated("oak-9", { providers: known, limits: limited }))).toBe("config_invalid");
    expect(bind(seated("oak-9", { providers: { ...known, b: openai("b", { price: FREE }) }, limits: limited }))).toBe(
      "a of-a",
    );
  });

  test("E6 nobody sits in judgement over what it has made itself", () => {
    expect(bind({ ...seated("of-b"), task: { provider: "b", agent: "of-b" } })).toBe("config_invalid");
    expect(bind({ ...seated("of-b"), task: { provider: "a", agent: "of-b" } })).toBe("a of-b");
    expect(bind({ ...seated("of-b"), task: { provider: "b", agent: "other" } })).toBe("b other");
    expect(bind(seated("best", ABOVE))).toBe("config_invalid"); // nor over what it may be asked to make
    expect(bind(seated("oak-9", ABOVE))).toBe("a of-a");
  });
});
