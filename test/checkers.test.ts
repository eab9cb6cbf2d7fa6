import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { Finding } from "../packages/kernel/src/index.ts";
import { dgov, eventsOf, type Place } from "./repo.ts";
import { done, edit, layTasks } from "./scripted.ts";

setDefaultTimeout(300_000); // the real checkers, and the machine may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const OURS = join(import.meta.dir, "../node_modules");
const runs = (command: string) => Bun.spawnSync(["sh", "-c", command], { stderr: "ignore" }).exitCode === 0;

/**
 * A checker that is here or installed by CI, on a file with an old fault; `more` adds one of another kind. Go and Rust would build
 * their libraries for each: of those there are recorded outputs.
 */
type Real = {
  version: string;
  gate: "lint" | "type_check";
  command: string;
  path: string;
  old: string;
  more: string;
  code: string;
  config?: Record<string, string>;
};

const ESLINT = { "eslint.config.mjs": 'export default [{ rules: { "no-debugger": "error", "no-var": "error" } }];\n' };
const TSCONFIG = { "tsconfig.json": '{ "compilerOptions": { "strict": true, "types": [] }, "include": ["src"] }\n' };
const REAL: Record<string, Real> = {
  ruff: {
    ...{ version: "ruff --version", gate: "lint", command: "ruff check --select F {file}", path: "src/a.py" },
    ...{ old: "import os\n", more: "print(nowhere)\n", code: "lint_F821" },
  },
  mypy: {
    ...{ version: "mypy --version", gate: "type_check", command: "mypy src", path: "src/a.py" },
    ...{ old: 'old: int = "x"\n', more: "more: str = 1\nlen(3)\n", code: "type_arg-type" },
  },
  ty: {
    ...{ version: "ty --version", gate: "type_check", command: "ty check src", path: "src/a.py" },
    ...{ old: 'old: int = "x"\n', more: "len(3)\n", code: "type_invalid-argument-type" },
  },
  pyright: {
    ...{ version: "pyright --version", gate: "type_check", command: "pyright src", path: "src/a.py" },
    ...{ old: 'old: int = "x"\n', more: "len(3)\n", code: "type_reportArgumentType" },
  },
  tsc: {
    ...{ version: "true", gate: "type_check", path: "src/a.ts", config: TSCONFIG },
    command: `'${process.execPath}' '${OURS}/typescript/bin/tsc' --noEmit -p .`,
    ...{ old: 'export const old: number = "x";\n', more: "export const more = nowhere;\n", code: "type_TS2304" },
  },
  eslint: {
    ...{ version: "eslint --version", gate: "lint", command: "eslint src", path: "src/a.js", config: ESLINT },
    ...{ old: "var a = 1;\n", more: "debugger;\n", code: "lint_no-debugger" },
  },
  biome: {
    ...{ version: "true", gate: "lint", command: `'${OURS}/.bin/biome' lint src`, path: "src/a.js" },
    ...{ old: "if (1 == top) top();\n", more: "debugger;\n", code: "lint_noDebugger" },
  },
};

for (const [name, { version, gate, command, path, old, more, code, config = {} }] of Object.entries(REAL))
  test.skipIf(!runs(version))(`${name} blames only what the task brought, wherever the old faults have moved`, () => {
    const moved = path.endsWith(".py") ? `"""A word more."""\n\n${old}` : `// A word more.\n\n${old}`;
    const place = layTasks(
      {
        a: {
          claims: 'files.edit = ["src/"]',
          attempts: [
            [edit(path, old, `${moved}${more}`), done],
            [edit(path, more, ""), done],
          ],
        },
      },
      { files: { [path]: old, ...config }, project: { language: "other", [`${gate}_cmd`]: command } },
    );
    open.push(place);
    const ran = dgov(place, "run", ".dgov/plans/p");
    const judged = eventsOf(place).flatMap((event) =>
      event.kind === "gate_judged" && event.gate !== "claims" ? [event] : [],
    );
    expect({ verdicts: judged.map(({ verdict }) => verdict), said: ran.stderr }).toMatchObject({
      verdicts: ["reject", "pass"],
    });
    const findings = judged.flatMap((event) => event.findings.map(blamed));
    expect(findings).toContain(`${code}@${path}:${moved.split("\n").length + more.split("\n").length - 2}`);
    expect(findings.filter((line) => line.endsWith(":3"))).toEqual([]); // the old fault
  });

const blamed = ({ code, path, line }: Finding) => `${code}@${path}:${line}`;
