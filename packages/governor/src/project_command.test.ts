import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Isolation } from "@dgov/sandbox";
import { runProjectCommand, wholeText } from "./project_command.ts";
import { openShell } from "./settlement/testing/isolation.ts";

const base = realpathSync(mkdtempSync(join(tmpdir(), "dgov-log-")));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const secret = join(base, "secret.txt");
writeFileSync(secret, "CANARY\n");

/** The isolation writes the log where its command could: `swap` is what the command has done to it. */
async function keep(name: string, swap: (log: string) => void) {
  const place = join(base, name);
  mkdirSync(place);
  const shell = openShell(place, place);
  const isolation: Isolation = {
    ...shell,
    async exec(request) {
      const result = await shell.exec(request);
      swap(result.log ?? "");
      return result;
    },
  };
  const asking = { command: "seq 1 9999", timeout_ms: 10_000, out: join(place, "out"), log: "gate.log" };
  const said = await runProjectCommand(isolation, asking);
  const kept = join(place, "out/gate.log");
  return { said, kept: existsSync(kept) ? readFileSync(kept, "utf8") : null, text: wholeText(said) };
}

test("the whole output is kept, and read from our own copy", async () => {
  const { said, kept, text } = await keep("honest", () => {});
  expect({ log: said.output.log, kept: kept?.split("\n").length, same: kept === text }).toEqual({
    log: "gate.log",
    kept: 10_000,
    same: true,
  });
});

const sh = (script: string, log: string) => Bun.spawnSync(["sh", "-c", script, "sh", log, secret]);

test.each([
  ["a link", 'rm "$1"; ln -s "$2" "$1"'],
  ["a linked folder", 'd=$(dirname "$1"); mv "$d" "$d.was"; ln -s "$(dirname "$2")" "$d"; ln "$2" "$d/log" || true'],
  ["a hard link", 'rm "$1"; ln "$2" "$1"'],
  ["a pipe that nobody writes", 'rm "$1"; mkfifo "$1"'],
  ["a device", 'rm "$1"; ln -s /dev/zero "$1"'],
  ["nothing", 'rm "$1"'],
  ["a folder", 'rm "$1"; mkdir "$1"'],
  ["more than a log can be", 'truncate -s 100M "$1"'],
])("what a command puts in the log's place is not read: %s", async (name, script) => {
  const { said, kept, text } = await keep(name, (log) => void sh(script, log));
  expect({ log: said.output.log, kept }).toEqual({ log: null, kept: null });
  expect(text).not.toContain("CANARY");
  expect(text).toContain("1\n2\n");
});
