import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { decide, openShell, ruleFaults } from "@dgov/sandbox";
import { SCOPE } from "../../../test/lab.ts";
import { parseProject } from "./config.ts";
import { ProjectFile } from "./config_file.ts";
import type { Rules } from "./project.ts";

function rulesOf(text: string): Rules {
  const { project, places } = parseProject("/r", new TextEncoder().encode(text));
  if (!project) throw new Error(places.map(({ message }) => message).join("\n"));
  return project.rules;
}
const preset = (name: string, more = "") => rulesOf(`[sandbox]\npreset = "${name}"\n${more}`);

test("each preset is laxer than the one before it, in every key", () => {
  const [strict, normal, relaxed] = ["strict", "default", "relaxed"].map((name) => preset(name));
  const jails = ["wasm", "landlock", "bwrap"];
  for (const [tight, loose] of [
    [strict!, normal!],
    [normal!, relaxed!],
  ] as const) {
    expect(jails.indexOf(tight.sandbox.min)).toBeGreaterThanOrEqual(jails.indexOf(loose.sandbox.min));
    for (const key of Object.keys(tight.sandbox.limits) as (keyof typeof tight.sandbox.limits)[])
      expect(tight.sandbox.limits[key]).toBeLessThan(loose.sandbox.limits[key]);
    expect(tight.sandbox.hosts.length).toBeLessThanOrEqual(loose.sandbox.hosts.length);
    expect(tight.sandbox.gate_hosts.length).toBeLessThanOrEqual(loose.sandbox.gate_hosts.length);
  }
});

test("strict: no network for anybody, the strongest jail, rules about commands", async () => {
  const { sandbox, tool_policy } = preset("strict");
  expect(sandbox).toMatchObject({ min: "bwrap", read: [], hosts: [], gate_hosts: [], setup: "none" });
  const policy = { rules: tool_policy, scope: SCOPE, shell: await openShell() };
  const refuses = (command: string) => !decide(policy, { kind: "exec", command }).allow;
  for (const command of ["rm x", "echo x > y", "pytest", "curl x", "git commit", "cat /etc/passwd", "cat .env", "$X"])
    expect(refuses(command), command).toBe(true);
  for (const command of ["ls", "git status", "python3 x.py", "grep -rn x src"])
    expect(refuses(command), command).toBe(false);
});

test("default and relaxed have no rules about commands: the jail alone holds", () => {
  for (const name of ["default", "relaxed"]) {
    const { tool_policy } = preset(name);
    expect(tool_policy).toEqual(rulesOf("").tool_policy);
    expect(
      decide({ rules: tool_policy, scope: SCOPE, shell: null }, { kind: "exec", command: "rm -rf x" }),
    ).toMatchObject({
      allow: true,
      rule: "tool_policy.restrict_run_bash",
    });
    expect(decide({ rules: tool_policy, scope: SCOPE, shell: null }, { kind: "read", path: ".env" }).allow).toBe(false);
    expect(decide({ rules: tool_policy, scope: SCOPE, shell: null }, { kind: "write", path: "x.py" }).allow).toBe(
      false,
    );
  }
  expect(preset("default").sandbox).toMatchObject({ min: "landlock", read: [], hosts: [], setup: "open" });
  expect(preset("relaxed").sandbox).toMatchObject({ read: "all", hosts: ["*"], gate_hosts: ["*"] });
});

test("without a preset it is default", () => {
  expect(rulesOf("").sandbox).toEqual(preset("default").sandbox);
});

test.each(["strict", "default", "relaxed"])("what is written wins over the preset %s, also what is empty", (name) => {
  const written = [
    'min = "landlock"\nlevel = "bwrap"\nread = ["~/x", "/opt/y"]\nhosts = []\ngate_hosts = ["a.test"]',
    "setup_network = false\nmemory_mb = 3\nprocesses = 4\ntmp_mb = 5\nfile_mb = 6\nopen_files = 77",
    "[tool_policy]\nrestrict_run_bash = true\nrequire_wrapped_verify_tools = false\nrequire_uv_run = true",
    'deny_shell_file_mutations = false\ndeny_shell_commands = ["x"]',
  ].join("\n");
  const MIB = 1024 * 1024;
  const { sandbox, tool_policy } = preset(name, written);
  expect(sandbox).toEqual({
    preset: name as "strict",
    level: "bwrap",
    min: "landlock",
    read: [`${homedir()}/x`, "/opt/y"],
    hosts: [],
    gate_hosts: ["a.test"],
    setup: "none",
    limits: { memory_bytes: 3 * MIB, processes: 4, tmp_bytes: 5 * MIB, file_bytes: 6 * MIB, open_files: 77 },
    worktree: { include: false, setup_reads: [], cache: false },
    hooks: { timeout_s: 60 },
  });
  expect(tool_policy).toEqual({
    restrict_run_bash: true,
    require_wrapped_verify_tools: false,
    require_uv_run: true,
    deny_shell_file_mutations: false,
    deny_shell_commands: ["x"],
    rules: [],
  });
});

test.each([
  ["setup_network = true", "open"],
  ["setup_network = []", "none"],
  ['setup_network = ["pypi.org"]', { hosts: ["pypi.org"] }],
])("%s", (line, network) => {
  expect(preset("strict", line).sandbox.setup).toEqual(network as never);
});

test("reading is opened by itself, too", () => {
  expect(preset("strict", 'read = "all"').sandbox).toMatchObject({ read: "all", hosts: [], setup: "none" });
  const { places } = parseProject("/r", new TextEncoder().encode('[sandbox]\nread = "everything"\n'));
  expect(places[0]?.message).toBe('Cannot read "sandbox.read": it must be "all", or a list of paths');
});

test("the name of a component that is none is told in its own words", () => {
  const { places } = parseProject("/r", new TextEncoder().encode("[gates.Bad]\ncomponent = 'a.wasm'\n"));
  expect(places[0]?.message).toBe('Cannot read "gates.Bad": it must be lower-case letters, digits and _');
});

test("a preset that is none is refused with the three", () => {
  const { places } = parseProject("/r", new TextEncoder().encode('[sandbox]\npreset = "lax"\n'));
  expect(places[0]).toMatchObject({ line: 2 });
  expect(places[0]?.message).toMatch(/strict.*default.*relaxed/);
});

test("the page on the sandbox has each key with what each preset makes of it, and its example holds", async () => {
  const page = readFileSync(join(import.meta.dir, "../../../docs/sandbox.md"), "utf8");
  const row = (key: string) => new RegExp(`^\\| \`${key}\` \\|.*$`, "m").exec(page)?.[0].split("|").slice(3, -1) ?? [];
  for (const key of Object.keys(ProjectFile.shape.sandbox.unwrap().shape))
    expect({ key, row: row(key) }).not.toEqual({ key, row: [] });
  for (const key of Object.keys(ProjectFile.shape.tool_policy.unwrap().shape)) expect(page).toContain(`| \`${key}\` |`);
  const MB = 1024 * 1024;
  const said = ["strict", "default", "relaxed"].map((name) => preset(name).sandbox);
  const numbers = (key: string) => row(key).map(Number);
  expect(row("min").map((cell) => cell.trim())).toEqual(said.map(({ min }) => `\`${min}\``));
  expect(numbers("memory_mb")).toEqual(said.map(({ limits }) => limits.memory_bytes / MB));
  expect(numbers("processes")).toEqual(said.map(({ limits }) => limits.processes));
  expect(numbers("tmp_mb")).toEqual(said.map(({ limits }) => limits.tmp_bytes / MB));
  expect(numbers("file_mb")).toEqual(said.map(({ limits }) => limits.file_bytes / MB));
  expect(numbers("open_files")).toEqual(said.map(({ limits }) => limits.open_files));
  const example = /```toml\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  const { rules } = rulesOf(example).tool_policy;
  expect(ruleFaults((await openShell()).parse, rules)).toEqual([]);
  expect(rules.map(({ name }) => name)).toEqual(["cluster"]);
});
