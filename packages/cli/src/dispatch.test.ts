import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { DgovError } from "@dgov/governor/error";
import type { Here } from "./command.ts";
import { dispatch } from "./dispatch.ts";
import { failureOf, placeLine } from "./print.ts";

/** A world that remembers what was printed. */
function world(env: Record<string, string> = {}): Here & { out: string[]; err: string[] } {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = { isTty: false, outIsTty: false, inIsTty: false, columns: 80, write: () => {} };
  return {
    out,
    err,
    cwd: mkdtempSync(`${tmpdir()}/dgov-test-`),
    env,
    self: [],
    version: "1.2.3",
    json: false,
    terminal,
    now_ms: () => 0,
    random: () => 0,
    sleep_ms: async () => {},
    signal: new AbortController().signal,
    stdout: async (line) => void out.push(line),
    stderr: (line) => void err.push(line),
  };
}

test("who asks for nothing of the terminal or of signals takes over neither: Ctrl-C ends it as it ends any program", async () => {
  const asked: string[] = [];
  const here = world();
  for (const key of ["terminal", "signal"] as const) {
    const value = here[key];
    Object.defineProperty(here, key, {
      enumerable: true,
      get: () => {
        asked.push(key);
        return value;
      },
    });
  }
  for (const argv of [["version"], ["status", "--json"]]) expect(await dispatch(argv, here)).toBe(0);
  rmSync(here.cwd, { recursive: true });
  expect(asked).toEqual([]);
});

async function ran(argv: string, env: Record<string, string> = {}) {
  const here = world(env);
  const status = await dispatch(argv.split(" ").filter(Boolean), here);
  rmSync(here.cwd, { recursive: true });
  return { status, out: here.out.join("\n"), err: here.err.join("\n") };
}

test.each([
  ["init-plan a/b", 'See "dgov help init-plan"'], // the refusal names no cure of its own
  ["statos", 'Did you mean "dgov status"?'],
  ["plan", 'See "dgov help"'],
])("whoever uses dgov wrongly is sent to the page about it: %s", async (argv, hint) => {
  const { status, out } = await ran(`${argv} --json`);
  expect({ status, hint: JSON.parse(out).error.hint }).toEqual({ status: 2, hint });
});

test.each<[argv: string, status: number, out: string]>([
  ["", 0, "idle"],
  ["status", 0, "idle"],
  ["--all", 0, "idle"],
  ["version", 0, "dgov 1.2.3"],
  ["--version", 0, "dgov 1.2.3"],
  ["--help", 0, "Commands:"],
  ["help status", 0, "Usage: dgov status"],
  ["status --help", 0, "Usage: dgov status"],
  ["plan list -h", 0, "Usage: dgov plan list"],
  ["plan --help", 0, "Usage: dgov plan review"],
  ["plan list", 0, "No plans found"],
])("dgov %s", async (argv, status, out) => {
  const told = await ran(argv);
  expect(told.status).toBe(status);
  expect(told.out).toContain(out);
  expect(told.err).toBe("");
});

test.each<[argv: string, status: number, message: string, hint: string]>([
  ["statsu", 2, "there is no such command", 'Did you mean "dgov status"?'],
  ["plan", 2, "one more word is needed", "dgov help"],
  ["plan lst", 2, 'there is no command "plan lst"', "dgov help"],
  ["status --al", 2, 'the nearest is "--all"', "dgov help status"],
  ["status x", 2, '"x" is one argument too many', "dgov help status"],
  ["plan status nowhere", 3, 'Cannot find the plan "nowhere"', "dgov plan list"],
  ["plan list --all --archived", 2, "say different things", "dgov help"],
])("dgov %s is refused", async (argv, status, message, hint) => {
  const told = await ran(argv);
  expect(told).toMatchObject({ status, out: "" });
  expect(told.err).toStartWith("Error: Cannot ");
  expect(told.err).toContain(message);
  expect(told.err).toContain("Hint: ");
  expect(told.err).toContain(hint);
});

test.each(["--json status", "status --json", "status"])("JSON is one document: %s", async (argv) => {
  const told = await ran(argv, argv.includes("json") ? {} : { DGOV_JSON: "1" });
  expect(JSON.parse(told.out)).toMatchObject({ status: "idle", tasks: 0 });
});

test("an error is JSON, too", async () => {
  const told = await ran("plan status nowhere --json");
  expect(JSON.parse(told.out)).toEqual({
    error: {
      code: "plan_not_found",
      message: 'Cannot find the plan "nowhere"',
      hint: expect.any(String),
      places: [],
      exit: 3,
    },
  });
  expect(told).toMatchObject({ status: 3, err: "" });
});

test("what was thrown is a person's, the machine's, or a bug of ours", () => {
  const full = Object.assign(new Error("no space left on device, write"), { code: "ENOSPC" });
  expect(failureOf(new DgovError("repo_empty", "Cannot start"))).toMatchObject({
    code: "repo_empty",
    exit: 4,
    stack: null,
  });
  expect(failureOf(full)).toMatchObject({ code: "machine_refused", exit: 4, stack: null });
  expect(failureOf(full).hint).toContain("room on the disk");
  expect(failureOf(Object.assign(new Error("denied"), { code: "EACCES" })).hint).toContain("Let this user write");
  expect(failureOf(new TypeError("x is undefined"))).toMatchObject({
    code: "bug",
    exit: 70,
    stack: expect.any(String),
  });
  expect(failureOf("thrown text")).toMatchObject({ code: "bug", exit: 70, stack: null });
});

test("a place is told as editors understand it", () => {
  const place = {
    severity: "error",
    code: "cycle",
    message: "a waits for b",
    file: "p.toml",
    line: 3,
    column: 1,
    unit: null,
  } as const;
  expect(placeLine(place)).toBe("  p.toml:3:1 cycle a waits for b");
  expect(placeLine({ ...place, file: null, line: null, column: null, unit: "a/b.c", severity: "warning" })).toBe(
    "  warning cycle a waits for b (a/b.c)",
  );
});
