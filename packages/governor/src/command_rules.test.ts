import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decide, openShell } from "@dgov/sandbox";
import { SCOPE } from "../../../test/lab.ts";
import { proveRules } from "./command_rules.ts";
import { parseProject, readProject } from "./config.ts";
import { DgovError, type Place } from "./error.ts";

const HEAD = "[tool_policy]\nrestrict_run_bash = true\n\n";
const KUBECTL = `[[tool_policy.rules]]
name = "cluster"
deny = ["kubectl *", "shipit apply", "helm * install"]
allow = ["kubectl get"]
why = "the cluster is not this task's; ask for it in done"
matches = ["kubectl delete pod x", "sudo shipit apply", "helm -n install"]
passes = ["kubectl get pods", "shipit plan", "echo kubectl delete", "kubectl"]
`;

async function placesOf(text: string): Promise<readonly Place[]> {
  const root = mkdtempSync(join(tmpdir(), "dgov-rules-"));
  try {
    mkdirSync(join(root, ".dgov"));
    writeFileSync(join(root, ".dgov/project.toml"), text);
    await proveRules(readProject(root));
    return [];
  } catch (error) {
    if (!(error instanceof DgovError)) throw error;
    expect(error.code).toBe("config_invalid");
    return error.places;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const policyOf = (text: string) => {
  const { project, places } = parseProject("/r", new TextEncoder().encode(text));
  if (!project) throw new Error(places.map(({ message }) => message).join("\n"));
  return project.rules.tool_policy;
};

test("a rule that keeps to its examples is taken, and acts", async () => {
  expect(await placesOf(HEAD + KUBECTL)).toEqual([]);
  const policy = { rules: policyOf(HEAD + KUBECTL), scope: SCOPE, shell: await openShell() };
  const ruleOf = (command: string) => decide(policy, { kind: "exec", command });
  expect(ruleOf("ls; kubectl apply -f x")).toMatchObject({
    rule: "tool_policy.rules.cluster",
    part: "kubectl apply -f x",
    why: 'Cannot run "kubectl apply -f": the cluster is not this task\'s; ask for it in done',
  });
  expect(ruleOf("sh -c 'STAGE=1 shipit APPLY'").rule).toBe("tool_policy.rules.cluster");
  expect(ruleOf('shipit "$x"')).toMatchObject({ allow: false, rule: "tool_policy.restrict_run_bash" });
  expect(ruleOf("shipit plan").allow).toBe(true);
  expect(ruleOf("kubectl get pods").rule).toBe("shell.network"); // its own rule has an exception, ours has none
});

test("a rule that only allows is an exception to our rules about programs, and to nothing else", async () => {
  const allows = `[[tool_policy.rules]]\nname = "ci"\nallow = ["npm ci"]\nwhy = "w"\nmatches = ["npm ci"]\npasses = ["npm i"]\n`;
  expect(await placesOf(HEAD + allows)).toEqual([]);
  const listed = HEAD.replace("true\n", 'true\ndeny_shell_commands = ["npm ci --force"]\n');
  const policy = { rules: policyOf(listed + allows), scope: SCOPE, shell: await openShell() };
  const ruleOf = (command: string) => decide(policy, { kind: "exec", command }).rule;
  expect(ruleOf("npm ci")).toBe("shell");
  expect(ruleOf("npm i")).toBe("shell.installer");
  expect(ruleOf("npm ci --force")).toBe("tool_policy.deny_shell_commands");
  expect(ruleOf("npm ci < /etc/passwd")).toBe("shell.outside");
});

test("a rule that contradicts an example is told with the example's line", async () => {
  const wrong = KUBECTL.replace('"kubectl delete pod x"', '"echo x"').replace('"shipit plan"', '"shipit apply -x"');
  const places = await placesOf(HEAD + wrong);
  expect(places.map(({ line, message }) => [line, message])).toEqual([
    [9, 'Cannot use the rule "cluster": the rule "cluster" does not match its example "echo x"'],
    [10, 'Cannot use the rule "cluster": the rule "cluster" matches "shipit apply -x", which it must let pass'],
  ]);
  expect(places[1]?.column).toBeGreaterThan(places[0]!.column!);
});

test("an example that nobody can judge is no example", async () => {
  const [place] = await placesOf(HEAD + KUBECTL.replace('"shipit plan"', '"shipit ("'));
  expect(place?.message).toContain('the example "shipit (" cannot be judged: its syntax is not understood');
});

test.each([
  [
    "without examples",
    KUBECTL.replace(/matches = .*\n/, ""),
    'Cannot read "tool_policy.rules.0.matches": it is missing',
  ],
  ["with no example", KUBECTL.replace(/passes = .*\n/, "passes = []\n"), "tool_policy.rules.0.passes"],
  ["for any program", KUBECTL.replace('"kubectl *"', '"* delete"'), "cannot be *"],
  ["about nothing", KUBECTL.replace(/(deny|allow) = .*\n/g, ""), "it has neither deny nor allow"],
  ["with a wrong key", KUBECTL.replace("why", "because"), "there is no such key"],
  ["twice", KUBECTL + KUBECTL, "there is another of this name"],
])("a rule %s is refused", async (_, text, says) => {
  const places = await placesOf(HEAD + text);
  expect(places.map(({ message }) => message).join("\n")).toContain(says);
  expect(places[0]?.line).toBeGreaterThan(3);
});

test("rules that would never act are refused", async () => {
  const [place] = await placesOf(KUBECTL);
  expect(place).toMatchObject({ line: 1 });
  expect(place?.message).toContain("no rule acts without restrict_run_bash = true");
  expect(await placesOf(`[sandbox]\npreset = "strict"\n\n${KUBECTL}`)).toEqual([]);
});
