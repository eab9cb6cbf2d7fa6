import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Lab, openLab } from "../../../test/lab.ts";
import { inputSchema } from "./input.ts";
import { ToolPolicy } from "./policy.ts";
import { runTool, toolsOf } from "./registry.ts";
import { createToolbox, type ToolResult } from "./toolbox.ts";

/** Every argument of every tool with everything that a careless or hostile model may send for it. */
const CANARY = "CANARY-matrix-0b7e";
const FILES = {
  "src/app.py": "def f():\n    return 1\n",
  "bin.dat": new Uint8Array([0, 1, 2, 255]),
  "data.json": '{"a": 1}\n',
  "tests/test_app.py": "def test_f(): pass\n",
  ".env": `KEY=${CANARY}\n`,
};
const PATHS = [
  ...[
    "../outside.txt",
    "../../etc/passwd",
    "/etc/passwd",
    "~/.ssh/id_rsa",
    "src/../../outside.txt",
    "file:///etc/passwd",
  ],
  ...[
    ".git/config",
    ".GIT/config",
    ".env",
    ".dgov/project.toml",
    "link",
    "away/outside.txt",
    "dangling",
    "pipe",
    "hard",
  ],
  ...[
    "src",
    ".",
    "",
    " ",
    "bin.dat",
    "missing.py",
    "src/app.py/x",
    "-rf",
    "--help",
    "--pre=./evil.sh",
    "; touch evil",
    "$(touch evil)",
  ],
  ...[
    "`touch evil`",
    "a\nb",
    "a\0b",
    "a\\b",
    "x".repeat(5_000),
    "n/".repeat(3_000),
    "\ud800",
    "é\u0301",
    ":(top)",
    "*",
    "[",
    "C:\\x",
  ],
];
const ODD = [null, 0, -1, 1.5, 1e308, true, [], ["x"], [null], {}, { a: 1 }, "1; touch evil", "x".repeat(50_000)];

let lab: Lab;
beforeAll(async () => {
  lab = await openLab({ files: FILES });
  const outside = join(dirname(lab.root), "outside.txt");
  writeFileSync(outside, CANARY);
  symlinkSync(outside, join(lab.root, "link"));
  symlinkSync(dirname(lab.root), join(lab.root, "away"));
  symlinkSync("nowhere", join(lab.root, "dangling"));
  writeFileSync(join(dirname(lab.root), "linked.txt"), "linked\n"); // it has a name in the worktree, where it may be read
  linkSync(join(dirname(lab.root), "linked.txt"), join(lab.root, "hard"));
  mkdirSync(join(lab.root, ".dgov"));
  if (Bun.spawnSync(["mkfifo", join(lab.root, "pipe")]).exitCode !== 0) throw new Error("Cannot make a pipe");
});
afterAll(() => lab.remove());

/** Arguments that are right, so that one can be wrong at a time. */
const RIGHT: Readonly<Record<string, unknown>> = {
  ...{
    path: "src/app.py",
    file: "",
    content: "x",
    old_text: "return 1",
    new_text: "return 1 ",
    patch: "",
    pattern: "f",
  },
  ...{ symbol: "f", expr: ".", summary: "s", name: "n", tasks: [], code: "1", cmd: "true" },
};

/** The jail is not here, so no command of the model's is run. */
const CALLED = [...toolsOf("worker"), ...toolsOf("planner")].filter(
  ({ name }, at, all) => !/^run_(bash|script)$/.test(name) && all.findIndex((tool) => tool.name === name) === at,
);

async function call(name: string, input: unknown): Promise<ToolResult> {
  const scope = { ...lab.scope, role: name === "emit_plan" ? ("planner" as const) : ("worker" as const) };
  const toolbox = createToolbox({
    scope,
    policy: ToolPolicy.parse({ restrict_run_bash: true }),
    isolation: { call: (tool, own) => runTool(tool, own, { ...lab.host, scope }) },
    now_ms: () => 0,
    record: () => {},
    required: null,
    root: lab.root,
  });
  return await toolbox.call({ id: "1", tool: name, input: JSON.stringify(input) });
}

test.each(CALLED.map((tool) => [tool.name, tool] as const))(
  "%s answers whatever it is given",
  async (name, tool) => {
    const { properties = {}, required = [] } = inputSchema(tool) as { properties?: object; required?: string[] };
    const right = Object.fromEntries(required.map((key) => [key, RIGHT[key]]));
    for (const key of Object.keys(properties))
      for (const value of [...PATHS, ...ODD]) {
        if (name === "jq" && key === "expr" && typeof value === "string" && value.length > 40_000) continue;
        const said = await call(name, { ...right, [key]: value });
        const shown = `${key}=${JSON.stringify(value)?.slice(0, 80)}: ${said.text.slice(0, 200)}`;
        expect(said.text.trim(), shown).not.toBe("");
        expect(said.text, shown).not.toContain(CANARY);
        expect(/^root:\w*:0:0/m.test(said.text), shown).toBe(false);
        expect(existsSync(join(lab.root, "evil")), shown).toBe(false);
      }
    expect(await call(name, { ...right, nonsense: 1 })).toMatchObject({ ok: false });
    for (const key of required) {
      const { [key]: _, ...rest } = right;
      expect(await call(name, rest)).toMatchObject({ ok: false });
    }
    expect(readFileSync(join(dirname(lab.root), "outside.txt"), "utf8")).toBe(CANARY);
    expect(readFileSync(join(dirname(lab.root), "linked.txt"), "utf8")).toBe("linked\n");
  },
  60_000,
);
