import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { commitAll, dgov, eventsOf, type Place, writeIn } from "./repo.ts";
import { done, edit, layTasks } from "./scripted.ts";

setDefaultTimeout(120_000); // a run each, and the machine may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const FAR = '[providers.far]\nbase_url = "http://127.0.0.1:9/v1"\napi_key_env = "FAR_KEY"\ndefault_agent = "m"\n';

function lay(tables: string, claims = 'files.edit = ["src/a.txt"]'): Place {
  const place = layTasks({ a: { claims, attempts: [[edit("src/a.txt", "alpha", "good"), done]] } }, { tables });
  open.push(place);
  return place;
}

/** Changes one line of a file, and commits it. */
function change(place: Place, path: string, from: string, to: string): void {
  const text = readFileSync(join(place.root, path), "utf8");
  expect(text).toContain(from);
  writeIn(place.root, path, text.replace(from, to));
  commitAll(place, "changed");
}

const boundIn = (place: Place) =>
  eventsOf(place).flatMap((event) => (event.kind === "task_dispatched" ? [`${event.provider}/${event.agent}`] : []));

test("A4 one line of [tiers] gives a role to another model, a plan's and a task's word go before it, and the log says who it was", () => {
  const place = lay(
    '[limits]\nretries = 0\nsettlement_retries = 0\n[agents]\nsmall = "vendor/small-1"\n[tiers]\nworker = "small"\n',
  );
  const project = ".dgov/project.toml";
  const again = () => expect(dgov(place, "run", "p", "--restart", "--json").status).toBeLessThan(2);
  again();
  change(place, project, 'worker = "small"', 'worker = { agent = "large", provider = "scripted" }');
  again();
  change(place, ".dgov/plans/p/_root.toml", 'name = "p"', 'name = "p"\ndefault_agent = "planned"');
  again();
  change(place, ".dgov/plans/p/tasks/main.toml", 'summary = "Do a"', 'summary = "Do a"\nagent = "own"');
  again();
  expect([...new Set(boundIn(place))]).toEqual([
    "scripted/vendor/small-1",
    "scripted/large",
    "scripted/planned",
    "scripted/own",
  ]);
});

test("A4 a role is given to a provider that is there, and a program to none", () => {
  const place = lay('[agents.cli]\ncommand = ["true"]\n[tiers]\nworker = { agent = "x", provider = "scriptd" }\n');
  const codes = () => {
    const { status, stdout } = dgov(place, "compile", "p", "--json");
    return [
      status,
      ...JSON.parse(stdout).error.places.map(({ code, line }: Record<string, unknown>) => `${code} ${line}`),
    ];
  };
  expect(codes()).toEqual([3, expect.stringMatching(/^provider_unknown \d+$/)]);
  change(
    place,
    ".dgov/project.toml",
    '{ agent = "x", provider = "scriptd" }',
    '{ agent = "cli", provider = "scripted" }',
  );
  expect(codes()).toEqual([3, expect.stringMatching(/^provider_unwanted \d+$/)]);
});

test.each([
  ["a worker", '[tiers]\nworker = { agent = "m", provider = "far" }\n'],
  ["a rung that may never be climbed", '[[tiers.escalation]]\nagent = "m"\nprovider = "far"\n'],
])("A7 the missing key of %s ends a run before its first event, and doctor names it with the cure", (_, tables) => {
  const place = lay(`${FAR}${tables}`);
  const ran = dgov(place, "run", "p", "--json");
  expect({ status: ran.status, code: JSON.parse(ran.stdout).error.code }).toEqual({ status: 5, code: "key_missing" });
  expect(existsSync(join(place.root, ".dgov/state.db")) ? eventsOf(place) : []).toEqual([]);
  const told = (env: Record<string, string>) =>
    JSON.parse(dgov({ ...place, env: { ...place.env, ...env } }, "doctor", "--json").stdout).checks.find(
      ({ name }: { name: string }) => name === "provider far",
    );
  expect(told({})).toMatchObject({
    state: "fault",
    code: "key_missing",
    cure: expect.stringContaining("export FAR_KEY"),
  });
  expect(told({ FAR_KEY: "k" })).toMatchObject({ state: "ok", code: null });
});
