import { z } from "zod";

/** The file beside `_root.toml` in which a plan states what can be found false. */
export const CONTRACT_FILE = "_contract.toml";

/** The newest version of the file that this program reads. */
export const CONTRACT_VERSION = 1;

/** Words that stand where something is still to be written. */
const PLACEHOLDER = /^\s*(?:<[^<>]*>|todo\b.*|tbd\b.*|fixme\b.*|xxx+|\?+|\.{3}|…)\s*$|<todo>/i;

const text = z.string().refine((value) => value.trim() !== "", { error: "it is blank" });
const said = text.refine((value) => !PLACEHOLDER.test(value), { error: "it is a placeholder: say what is meant" });
const id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, { error: "it must be letters, digits, _ and -" });
const hash = z.string().regex(/^[0-9a-f]{64}$/, { error: "it must be a sha-256 in 64 hexadecimal digits" });
const count = z.int().min(0);
const list = z.array(text);

/** What can show that something was done: a recipe of `[verify]`, a task with its gates, one gate of the tasks, or a test. */
const verifier = z.string().regex(/^(?:verify|task|gate|test):.+$/, {
  error: 'it must be "verify:RECIPE", "task:ID", "gate:NAME" or "test:ID"',
});

const StatedPlan = z.strictObject({
  tasks: count.optional(),
  edges: count.optional().describe("Dependencies that are written, each once"),
  lines: count.optional().describe("The sum of what tasks estimate"),
  minutes: count.optional(),
  entries: list.optional().describe("Tasks that wait for none"),
  leaves: list.optional().describe("Tasks that none waits for"),
  widths: z.array(count).optional().describe("How many tasks each layer has, from layer 0"),
  critical_path: list.optional().describe("The heaviest chain of tasks, from an entry to a leaf"),
  shared: z.record(z.string(), list).optional().describe("By file: the tasks that may write it"),
});

const StatedTask = z.strictObject({
  layer: count.optional().describe("0 for a task that waits for none, else one more than the highest it waits for"),
  blocks: list.optional().describe("Tasks that wait for it directly"),
});

const Requirement = z.strictObject({
  text: said,
  level: z.enum(["must", "should", "could"]).default("must"),
  intent: said.optional().describe("What it is for"),
  tasks: list.default([]).describe("Tasks that bring it about"),
  verified_by: z.array(verifier).min(1, { error: "it names nothing that could show it; give verified_by" }),
  code: list.default([]).describe("Files and symbols that it is about, as claims are written"),
  must_name: list.default([]).describe("Words that the prompts of its tasks must contain, letter by letter"),
  constraints: z.array(said).default([]),
  failure_modes: z.array(said).default([]),
});

const TestTable = z.strictObject({
  at: text.describe("The test, as a claim on a file or a symbol: tests/test_limits.py::test_burst"),
  verifies: z.array(id).min(1, { error: "it verifies nothing; name a requirement" }),
  by: verifier.refine((value) => !value.startsWith("test:"), { error: "a test is not run by a test" }),
});

const SourceTable = z.strictObject({ path: text, sha256: hash, bytes: count });

const Risk = z.strictObject({
  threats: z.record(id, z.strictObject({ text: said, mitigation: said })).default({}),
  rollback: z.strictObject({
    triggers: z
      .array(said)
      .min(1, { error: "a plan that nothing takes back has no trigger; name one that can be observed" }),
    steps: z.array(said).min(1),
    minutes: count.optional(),
  }),
  smoke: z.strictObject({ checks: z.array(verifier).min(1) }).optional(),
});

const Readiness = z.strictObject({
  documents: list.default([]).describe("Files that must be there"),
  links: z
    .array(z.strictObject({ from: text, to: text }))
    .default([])
    .describe("Links of one document to a file"),
});

/** Most that workers, checks and setup of this plan may be given. What is not named is denied: [] is nothing. */
const Capabilities = z.strictObject({
  network: list.default([]),
  gate_network: list.default([]),
  setup_network: list.default([]).describe('Hosts, or ["all"]'),
  providers: list.default([]),
  programs: list.default([]).describe("Command-line agents"),
  variables: list.default([]).describe("Environment variables that command-line agents are passed"),
  components: list.default([]).describe("Tools of the project that are WASM components"),
  read: list.default([]).describe('Folders outside of the worktree that may be read, or ["all"]'),
});

/** What of a contract a profile can ask for. */
const Part = z.enum([
  "stated",
  "dispatch",
  "requirements",
  "tests",
  "sources",
  "threats",
  "rollback",
  "smoke",
  "readiness",
  "capabilities",
]);
export type Part = z.infer<typeof Part>;

const Profile = z.strictObject({ extends: z.array(id).default([]), requires: z.array(Part).default([]) });

/** `_contract.toml` as people write it. It has no place for a prompt: who reviews it reads what is promised, not what is told. */
export const ContractFile = z.strictObject({
  version: z.int().min(1),
  profile: id.optional().describe("One of [profiles]: what this contract must have"),
  dispatch: hash
    .optional()
    .describe("Of what workers are told; changed prompts change it, and nothing else of the contract"),
  stated: StatedPlan.optional(),
  tasks: z.record(z.string(), StatedTask).default({}),
  requirements: z.record(id, Requirement).default({}),
  tests: z.record(id, TestTable).default({}),
  sources: z.record(id, SourceTable).default({}),
  risk: Risk.optional(),
  readiness: z.record(id, Readiness).default({}),
  capabilities: Capabilities.optional(),
  profiles: z.record(id, Profile).default({}),
});
export type ContractFile = z.infer<typeof ContractFile>;
export type Requirement = ContractFile["requirements"][string];
