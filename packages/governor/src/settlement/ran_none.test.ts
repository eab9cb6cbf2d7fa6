import { expect, test } from "bun:test";
import { ranNone } from "./ran_none.ts";

// What the runners really write, cut to what counts.

const node = (pass: number, skipped = 0) =>
  `# tests ${pass + skipped}\n# suites 0\n# pass ${pass}\n# fail 0\n# cancelled 0\n# skipped ${skipped}\n# todo 0\n`;
const spec = (pass: number) => `ℹ tests ${pass}\nℹ pass ${pass}\nℹ fail 0\nℹ cancelled 0\nℹ skipped 0\n`;
const cargo = (passed: number, failed = 0) =>
  `test result: ok. ${passed} passed; ${failed} failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n`;
const unittest = (ran: number, last: string) => `${"-".repeat(70)}\nRan ${ran} test in 0.000s\n\n${last}\n`;

test.each<[command: string, says: string]>([
  ["pytest -q {}", "no tests ran in 0.00s\n"],
  ["pytest -q {}", "s   [100%]\n1 skipped in 0.01s\n"],
  [
    "python -m pytest",
    `collected 2 items / 2 deselected\n\n${"=".repeat(20)} 2 deselected in 0.01s ${"=".repeat(20)}\n`,
  ],
  [
    "python -m pytest",
    "\u001b[33m===== \u001b[33m3 skipped\u001b[0m, \u001b[33m1 warning\u001b[0m in 65.01s (0:01:05)\u001b[0m =====\n",
  ],
  ["python -m unittest", unittest(0, "OK")],
  ["python -m unittest x", unittest(1, "OK (skipped=1)")],
  ["python -m unittest x", unittest(0, "NO TESTS RAN")],
  ["node --test", `1..0\n${node(0)}`],
  ["node --test", spec(0)],
  ["node --test a.mjs", `ok 1 - x # SKIP\n${node(0, 1)}`],
  ["bun test ./a.test.ts", "\na.test.ts:\n\n 0 pass\n 0 fail\nRan 0 tests across 1 file. [16.00ms]\n"],
  ["npx vitest run --passWithNoTests", "No test files found, exiting with code 0\n"],
  ["npx vitest run", " Test Files  1 skipped (1)\n      Tests  2 skipped (2)\n"],
  ["npx jest --passWithNoTests", "No tests found, exiting with code 0\n"],
  ["npx jest", "Tests:       1 skipped, 1 total\nSnapshots:   0 total\n"],
  ["go test ./...", "ok  \tex\t0.003s [no tests to run]\n?   \tex/limits\t[no test files]\n"],
  ["go test -json ./...", '{"Action":"start","Package":"x"}\n{"Action":"skip","Package":"x"}\n'],
  ["cargo test", `     Running tests/t.rs (target/debug/deps/t-7)\n${cargo(0)}   Doc-tests ex\n${cargo(0)}`],
  ["cargo test -q", cargo(0) + cargo(0)],
  ["cargo test && pytest", `${cargo(0)}no tests ran in 0.00s\n`],
])("D8 %p has run no test when it says %p", (command, says) => {
  expect(ranNone(command, says)).toBe(true);
});

test.each<[command: string, says: string]>([
  ["pytest -q {}", "1 passed in 0.01s\n"],
  ["pytest -q {}", "2 skipped, 1 xfailed in 0.01s\n"],
  ["pytest -q {}", "3 passed, 2 subtests passed, 1 warning in 0.01s\n"],
  ["pytest -qq {}", "s  [100%]\n"],
  ["python -m unittest x", unittest(2, "OK (skipped=1)")],
  ["node --test a.mjs", `ok 1 - /w/a.test.mjs\nok 2 - adds\n${node(2)}`],
  ["node --test a.mjs", `✔ adds (0.4ms)\n${spec(1)}`],
  ["bun test", " 1 pass\n 0 fail\n"],
  ["npx vitest run", " Test Files  1 passed (1)\n      Tests  1 passed | 2 skipped (3)\n"],
  ["npx jest", "Tests:       1 skipped, 2 passed, 3 total\n"],
  ["go test ./...", "ok  \tex\t(cached)\n?   \tex/limits\t[no test files]\n"],
  ["go test ./...", "ok  \tex\t0.003s\tcoverage: 10.0% of statements\n"],
  [
    "go test -json ./...",
    '{"Action":"start","Package":"x"}\n{"Time":"t","Action":"pass","Package":"x","Test":"TestA"}\n',
  ],
  ["cargo test", `${cargo(0)}${cargo(1)}`],
  [
    "cargo test",
    `     Running tests/t.rs (target/debug/deps/t-7)\n     Running tests/own.rs (target/debug/deps/own-7)\n${cargo(0)}`,
  ],
  ["cargo test && pytest", `${cargo(0)}1 passed in 0.00s\n`],
  ["make test", "no tests ran in 0.00s\n"],
  ["cargo test", "nothing that could be read\n"],
])("D8 %p is not said to have run none when it says %p", (command, says) => {
  expect(ranNone(command, says)).toBe(false);
});
