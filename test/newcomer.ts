import { existsSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./source.ts";

const INSTALLED = join(ROOT, ".ci/tools/registry/node_modules/.bin/llmock");
/** A public mock of an OpenAI-compatible server (@copilotkit/aimock); null where it is not installed. */
export const MOCK = Bun.which("llmock") ?? (existsSync(INSTALLED) ? INSTALLED : null);

/** A small project, what its owner sets in project.toml, and the file that the worker makes. */
export type Newcomer = {
  language: string;
  files: Readonly<Record<string, string>>;
  settings: Readonly<Record<string, string>>;
  made: { path: string; text: string };
};

const NONE = {
  lint_cmd: "",
  lint_fix_cmd: "",
  format_cmd: "",
  format_check_cmd: "",
  type_check_cmd: "",
  setup_cmd: "",
};
/** Go's tests compile its whole library, which takes a minute: what judges here is its formatter, where there is one. */
const { format_check_cmd: _, ...goNone } = NONE;
const goSettings = Bun.which("gofmt") === null ? NONE : goNone;

export const newcomers: readonly Newcomer[] = [
  {
    language: "python",
    files: {
      "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n',
      "src/shop.py": "def open_shop():\n    return True\n",
      "tests/test_shop.py":
        "import unittest\n\n\nclass Shop(unittest.TestCase):\n    def test_it(self):\n        self.assertTrue(True)\n",
    },
    settings: { ...NONE, test_cmd: "python3 -m unittest discover -s {test_dir}" },
    made: { path: "src/greeting.py", text: 'def greet(name):\n    return f"Welcome, {name}"\n' },
  },
  {
    language: "javascript",
    files: {
      "package.json": '{ "name": "shop", "version": "1.0.0", "type": "module" }\n',
      "tsconfig.json": "{}\n",
      "src/shop.ts": "export const open = true;\n",
      "tests/shop.test.ts": 'import { expect, test } from "bun:test";\ntest("open", () => expect(1).toBe(1));\n',
    },
    settings: { ...NONE, test_cmd: "" },
    made: { path: "src/greeting.ts", text: 'export const greet = (name: string) => "Welcome, " + name;\n' },
  },
  {
    language: "go",
    files: {
      "go.mod": "module example.org/shop\n\ngo 1.19\n",
      "shop.go": "package shop\n\nfunc Open() bool { return true }\n",
      "shop_test.go":
        'package shop\n\nimport "testing"\n\nfunc TestOpen(t *testing.T) {\n\tif !Open() {\n\t\tt.Fatal("closed")\n\t}\n}\n',
    },
    settings: { ...goSettings, test_cmd: "" },
    made: {
      path: "greeting.go",
      text: 'package shop\n\nfunc Greet(name string) string { return "Welcome, " + name }\n',
    },
  },
];

type Call = { name: string; arguments: string };
type Reply = { match: Record<string, unknown>; response: { toolCalls: Call[] } };

/** What the mock answers: to each role by the tool that ends its work, to the worker first a file and then its end. */
export function repliesOf({ language, made }: Newcomer): Reply[] {
  const own = `(${language})`;
  const reply = (match: Record<string, unknown>, name: string, args: object): Reply => ({
    match,
    response: { toolCalls: [{ name, arguments: JSON.stringify(args) }] },
  });
  const prompt = `Orient: read the sources ${own}.\n\nEdit: make ${made.path}.\n\nVerify: run the tests.`;
  const task = { slug: "greet", summary: "Greet who comes", prompt, commit_message: "Greet who comes" };
  const plan = { name: "greet", summary: "Greet who comes", tasks: [{ ...task, files: { create: [made.path] } }] };
  const asked = (toolName: string) => ({ userMessage: own, toolName });
  return [
    reply(asked("submit_recon"), "submit_recon", { summary: "A small shop" }),
    reply(asked("emit_plan"), "emit_plan", plan),
    reply(asked("submit_critique"), "submit_critique", { verdict: "keep", said: "It is fit to run" }),
    reply({ ...asked("done"), hasToolResult: false }, "write_file", { path: made.path, content: made.text }),
    reply({ ...asked("done"), hasToolResult: true }, "done", { summary: "Who comes is greeted" }),
  ];
}
