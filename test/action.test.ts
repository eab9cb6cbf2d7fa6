import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { commitAll, DGOV, git, makeRepository, type Place, writeIn } from "./repo.ts";

setDefaultTimeout(120_000);
const Step = z.looseObject({ run: z.string(), env: z.record(z.string(), z.string()) });
const Action = z.looseObject({
  inputs: z.record(z.string(), z.unknown()),
  runs: z.looseObject({ steps: z.tuple([Step]) }),
});
const HOME = join(import.meta.dir, "..");
const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

/** A checkout whose second commit holds a key, and a folder of programs with nothing in it but what a runner has, and dgov. */
function checkout(): { place: Place; base: string } {
  const place = makeRepository({ "a.txt": "a\n", ".dgov/project.toml": '[project]\nlanguage = "unknown"\n' });
  open.push(place);
  const base = git(place, "rev-parse", "HEAD").trim();
  writeIn(place.root, "key.txt", `aws_key = "AKIA${"Q7Z2M4X9K1B8"}W3RT"\n`);
  commitAll(place, "a key");
  return { place, base };
}

function act({ place, base }: { place: Place; base: string }, env: Record<string, string>, withDgov = true) {
  const bin = join(place.folder, `bin-${withDgov}`);
  if (!existsSync(bin)) {
    mkdirSync(bin);
    for (const name of ["bash", "env", "git", "mktemp", "cat", "sh"])
      symlinkSync(Bun.which(name) ?? name, join(bin, name));
    if (withDgov)
      writeFileSync(join(bin, "dgov"), `#!/bin/sh\nexec ${DGOV.map((word) => `'${word}'`).join(" ")} "$@"\n`);
    if (withDgov) chmodSync(join(bin, "dgov"), 0o755);
  }
  const output = join(place.folder, "output");
  const { exitCode, stdout } = Bun.spawnSync([join(HOME, "scripts/action.sh")], {
    cwd: place.root,
    env: {
      ...place.env,
      PATH: bin,
      DGOV_BASE: base,
      DGOV_SARIF: join(place.folder, "out.sarif"),
      GITHUB_OUTPUT: output,
      ...env,
    },
  });
  return { status: exitCode, said: stdout.toString(), output };
}

test("I8 the Action annotates what preflight refuses, writes SARIF, and fails", () => {
  const at = checkout();
  const { status, said, output } = act(at, {});
  expect({ status, said }).toEqual({ status: 1, said: expect.stringContaining("::error") });
  expect(said).toContain("key.txt");
  const sarif = JSON.parse(readFileSync(join(at.place.folder, "out.sarif"), "utf8"));
  expect(sarif.runs[0].results.length).toBeGreaterThan(0);
  expect(readFileSync(output, "utf8")).toBe(`sarif=${join(at.place.folder, "out.sarif")}\n`);
});

test("I8 the Action passes what preflight passes", () => {
  const at = checkout();
  git(at.place, "rm", "-q", "key.txt");
  commitAll(at.place, "no key");
  expect(act(at, { DGOV_RANGE: `${at.base}..HEAD` })).toMatchObject({ status: 0 });
});

test.each([
  ["without dgov", {}, false, 5],
  ["without a range or a pull request", { DGOV_BASE: "" }, true, 2],
  ["without the commits", { DGOV_BASE: "0123456789012345678901234567890123456789" }, true, 4],
])("I8 the Action fails closed %s", (_, env, withDgov, status) => {
  const told = act(checkout(), env, withDgov);
  expect(told).toMatchObject({ status, said: expect.stringContaining("::error title=dgov::Cannot judge this change") });
});

test("I8 the Action gives every input to the script, and nothing of it to a shell as words", () => {
  const { runs, inputs } = Action.parse(Bun.YAML.parse(readFileSync(join(HOME, "action.yml"), "utf8")));
  const [step] = runs.steps;
  expect(step.run).not.toContain("${{");
  const given = Object.values(step.env).join(" ");
  for (const name of Object.keys(inputs)) expect(given).toContain(`inputs.${name} `);
  const script = readFileSync(join(HOME, "scripts/action.sh"), "utf8");
  for (const name of Object.keys(step.env)) expect(script).toContain(name);
});
