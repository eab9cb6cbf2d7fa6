import { existsSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./source.ts";

const INSTALLED = join(ROOT, ".ci/tools/registry/node_modules/.bin/llmock");
/** A public mock of an OpenAI-compatible server (@copilotkit/aimock); null where it is not installed. */
export const MOCK = Bun.which("llmock") ?? (existsSync(INSTALLED) ? INSTALLED : null);

/**
 * A small project, what its owner sets in project.toml, and the files that the worker makes, a test among them. `needs` are the programs
 * that its gates start, `builds` that what its setup builds is kept. What is not set is as `init` has found it.
 */
export type Newcomer = {
  language: string;
  needs: readonly string[];
  files: Readonly<Record<string, string>>;
  settings: Readonly<Record<string, string>>;
  made: Readonly<Record<string, string>>;
  builds?: true;
};

export const newcomers: readonly Newcomer[] = [
  {
    language: "python",
    needs: ["python3"],
    files: {
      "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n',
      "src/shop.py": "def open_shop():\n    return True\n",
      "tests/test_shop.py": `import unittest


class Shop(unittest.TestCase):
    def test_it(self):
        self.assertTrue(True)
`,
    },
    settings: {
      ...{ lint_cmd: "", lint_fix_cmd: "", format_cmd: "", format_check_cmd: "", setup_cmd: "" },
      test_cmd: "python3 -m unittest discover -s {test_dir}",
    },
    made: {
      "src/greeting.py": 'def greet(name):\n    return f"Welcome, {name}"\n',
      "tests/test_greeting.py": `import sys
import unittest

sys.path.insert(0, "src")
from greeting import greet


class Greeting(unittest.TestCase):
    def test_it(self):
        self.assertEqual(greet("Ann"), "Welcome, Ann")
`,
    },
  },
  {
    language: "javascript",
    needs: ["npm", "bun"],
    files: {
      "package.json": '{ "name": "shop", "version": "1.0.0", "type": "module", "scripts": { "test": "bun test" } }\n',
      "src/shop.ts": "export const open: boolean = true;\n",
      "tests/shop.test.ts": testOfTypeScript("open", "shop", "expect(open).toBe(true)"),
    },
    settings: {},
    made: {
      "src/greeting.ts": 'export const greet = (name: string): string => "Welcome, " + name;\n',
      "tests/greeting.test.ts": testOfTypeScript("greet", "greeting", 'expect(greet("Ann")).toBe("Welcome, Ann")'),
    },
  },
  {
    language: "go",
    needs: ["go", "gofmt"],
    files: {
      "go.mod": "module example.org/shop\n\ngo 1.19\n",
      "shop.go": "package shop\n\nfunc Open() bool { return true }\n",
      "shop_test.go": testOfGo("Open", "!Open()"),
    },
    settings: { lint_cmd: "", lint_fix_cmd: "" },
    builds: true,
    made: {
      "greeting.go": 'package shop\n\nfunc Greet(name string) string { return "Welcome, " + name }\n',
      "greeting_test.go": testOfGo("Greet", 'Greet("Ann") != "Welcome, Ann"'),
    },
  },
];

function testOfTypeScript(name: string, file: string, expected: string): string {
  const imports = `import { expect, test } from "bun:test";\nimport { ${name} } from "../src/${file}.ts";\n`;
  return `${imports}\ntest("${name}", () => ${expected});\n`;
}

function testOfGo(name: string, wrong: string): string {
  const body = `\tif ${wrong} {\n\t\tt.Fatal("wrong")\n\t}\n`;
  return `package shop\n\nimport "testing"\n\nfunc Test${name}(t *testing.T) {\n${body}}\n`;
}

type Call = { name: string; arguments: string };
type Reply = { match: Record<string, unknown>; response: { toolCalls: Call[] } };

/** What the mock answers: to each role by the tool that ends its work, to the worker first the files and then its end. */
export function repliesOf({ language, made }: Newcomer): Reply[] {
  const own = `(${language})`;
  const call = (name: string, args: object): Call => ({ name, arguments: JSON.stringify(args) });
  const reply = (match: Record<string, unknown>, name: string, args: object): Reply => ({
    match,
    response: { toolCalls: [call(name, args)] },
  });
  const paths = Object.keys(made);
  const files = Object.entries(made).map(([path, content]) => call("write_file", { path, content }));
  const prompt = `Orient: read the sources ${own}.\n\nEdit: make ${paths.join(" and ")}.\n\nVerify: run the tests.`;
  const task = { slug: "greet", summary: "Greet who comes", prompt, commit_message: "Greet who comes" };
  const plan = { name: "greet", summary: "Greet who comes", tasks: [{ ...task, files: { create: paths } }] };
  const asked = (toolName: string) => ({ userMessage: own, toolName });
  return [
    reply(asked("submit_recon"), "submit_recon", { summary: "A small shop" }),
    reply(asked("emit_plan"), "emit_plan", plan),
    reply(asked("submit_critique"), "submit_critique", { verdict: "keep", said: "It is fit to run" }),
    { match: { ...asked("done"), hasToolResult: false }, response: { toolCalls: files } },
    reply({ ...asked("done"), hasToolResult: true }, "done", { summary: "Who comes is greeted" }),
  ];
}
