import { expect, test } from "bun:test";
import { z } from "zod";
import { type Command, defineCommand } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { manPage } from "./man.ts";

const BACKSPACE = String.fromCharCode(8);
const page = manPage(await Promise.all(Object.values(COMMANDS).map((load) => load())), "1.2.3");

const odd: Command = defineCommand({
  name: "odd",
  summary: ".TH is no macro here, nor is \\fB",
  details: "'so /etc/passwd\n  .br indented",
  examples: ["dgov odd --x '\\n'"],
  args: z.strictObject({}),
  flags: z.strictObject({ x: z.string().optional().describe(".PP") }),
  run: async () => null,
  text: () => "",
});

test("every line is text, or begins with a macro that was meant", () => {
  const macros = new Set([...page.matchAll(/^\.(\S*)/gm)].map(([, macro]) => macro));
  expect([...macros].sort()).toEqual(["B", "PP", "RE", "RS", "SH", "SS", "TH", "TP", "br", "fi", "nf"]);
  expect(page).not.toMatch(/^'/m);
  const own = manPage([odd], "1").split("\n");
  expect(own.filter((line) => line.startsWith(".TH"))).toHaveLength(1);
  expect(own).toEqual(
    expect.arrayContaining(["\\&.TH is no macro here, nor is \\efB.", "\\&'so /etc/passwd", "\\&.PP"]),
  );
});

test.skipIf(Bun.which("mandoc") === null)("mandoc reads it, and shows every command and option", () => {
  const read = (...args: string[]) => {
    const { stdout, stderr, exitCode } = Bun.spawnSync(["mandoc", ...args], { stdin: Buffer.from(page) });
    return { text: `${stdout}${stderr}`, exitCode };
  };
  expect(read("-Tlint", "-Werror")).toEqual({ text: "", exitCode: 0 });
  const { text } = read("-Tutf8", "-Owidth=400");
  const plain = text.replaceAll(new RegExp(`.${BACKSPACE}`, "g"), "");
  expect(Object.keys(COMMANDS).filter((name) => !plain.includes(`   dgov ${name}`))).toEqual([]);
  for (const word of [
    "--project-type auto|python",
    "-j, --jobs N",
    "dgov attest verify RUN.attestation.json --key",
    "70",
  ])
    expect(plain).toContain(word);
});
