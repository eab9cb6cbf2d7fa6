import { expect, test } from "bun:test";
import { TaskId } from "@dgov/kernel";
import { parseProject } from "./config.ts";
import { DgovError } from "./error.ts";
import { wishOf } from "./routing.ts";
import { unitWith } from "./settlement/testing/parts.ts";

const FILE = `
[project]
provider = "near"
default_agent = "mine"
lint_cmd = "lint {file}"
[providers.far]
base_url = "https://far.example/v1"
api_key_env = "FAR_KEY"
default_agent = "far-own"
[providers.near]
base_url = "http://near.example/v1"
api_key_env = "NEAR_KEY"
[agents]
small = "small-7b"
judge = "oak-9"
[review.seats.oak]
provider = "far"
agent = "judge"
family = "oak"
[[routing.rules]]
name = "all"
candidates = ["far/small"]
[[tiers.escalation]]
agent = "strong"
[profiles.as_is]
[profiles.far]
provider = "far"
[profiles.cheap]
default_agent = "cheap"
worker_iteration_budget = 7
script = "other.json"
tiers = {}
[profiles.alias.agents]
small = "small-70b"
judge = "worker-too"
[profiles.routed]
default_agent = "cheap"
[[profiles.routed.routing.rules]]
name = "here"
candidates = ["near/small"]
`;
const parsed = (profile: string | null, more = "") =>
  parseProject("/nowhere", new TextEncoder().encode(FILE + more), { profile });
const projectOf = (profile: string | null) => parsed(profile).project!;
const plan = { default_agent: "planned", default_provider: "near" };
const wish = (profile: string | null) => {
  const {
    route,
    role: _role,
    ...asked
  } = wishOf({ ...unitWith({}), id: TaskId.parse("a/b.c") }, plan, projectOf(profile));
  return { ...asked, rule: route?.rule ?? null };
};

test("H4 a profile says who works, before the plan's default; what it does not say is as without it", () => {
  expect(projectOf("as_is")).toEqual({
    ...projectOf(null),
    limits: {
      ...projectOf(null).limits,
      routing: { ...projectOf(null).limits.routing, profile: { name: "as_is", provider: null, agent: null } },
    },
  });
  const nobody = { agent: null, provider: null, rule: null };
  expect(wish("far")).toEqual({ ...nobody, default_agent: null, default_provider: "far" });
  expect(wish("cheap")).toEqual({ ...nobody, default_agent: "cheap", default_provider: "near" });
  expect(wish("as_is")).toMatchObject({ agent: "small-7b", provider: "far", rule: "all", ...plan });
  expect(wish("alias")).toMatchObject({ agent: "small-70b", rule: "all" });
  expect(wish("routed")).toMatchObject({ agent: "small-7b", provider: "near", rule: "here" });
  expect(projectOf("cheap").limits.escalation).toEqual([]);
  expect(projectOf("far").limits.escalation).toHaveLength(1);
  expect(projectOf("cheap").worker.iteration_budget).toBe(7);
  expect(projectOf("cheap").providers.scripted?.script).toBe("other.json");
});

test("H4 no profile changes who judges or what it is judged by", () => {
  const judging = (profile: string | null) => {
    const { rules, commands, timeouts } = projectOf(profile);
    return { rules, commands, timeouts };
  };
  for (const profile of ["far", "cheap", "alias", "routed"]) expect(judging(profile)).toEqual(judging(null));
  expect(projectOf("alias").rules.review?.seats[0]?.agent).toBe("oak-9");
  expect(parsed(null, '[profiles.bad]\nlint_cmd = "true"\n').places).toMatchObject([{ code: "key_unknown" }]);
});

test("H4 a profile that names nobody there is, and one that is not there, are refused", () => {
  expect(parsed(null, '[profiles.bad]\nprovider = "fat"\n').places).toMatchObject([
    { code: "provider_unknown", message: expect.stringContaining('the nearest is "far"') },
  ]);
  expect(parsed(null, '[[profiles.bad.tiers.escalation]]\nagent = "x"\nprovider = "fat"\n').places).toHaveLength(1);
  expect(parsed(null, "[profiles.Bad]\n").places).toHaveLength(1);
  expect(() => parsed("chaep")).toThrow(DgovError);
  expect(() => parsed("chaep")).toThrow('the nearest is "cheap"');
});
