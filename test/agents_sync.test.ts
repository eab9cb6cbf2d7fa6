import { afterEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COMMANDS } from "../packages/cli/src/commands.ts";
import { DgovError } from "../packages/governor/src/error.ts";
import { type SkillsAsked, syncSkills } from "../packages/governor/src/skills.ts";
import { wordsOf } from "./example_shop.ts";

const open: string[] = [];
afterEach(() => {
  for (const folder of open.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const OWN = ["dgov-ledger", "dgov-plan", "dgov-run"];

function lay() {
  const home = mkdtempSync(join(tmpdir(), "dgov-test-"));
  open.push(home);
  const asked: SkillsAsked = { dir: null, from: null, sha256: null, check: false };
  const sync = (more: Partial<SkillsAsked> = {}) =>
    syncSkills({ cwd: home, env: { HOME: home } }, { ...asked, ...more });
  const file = (name: string) => join(home, ".agents/skills", name, "SKILL.md");
  return { home, sync, file };
}

test("A13 the second time all is current, and what others keep there is byte for byte as it was", () => {
  const { sync, file, home } = lay();
  mkdirSync(join(home, ".agents/skills/theirs"), { recursive: true });
  writeFileSync(file("theirs"), "Theirs\r\n");
  expect(sync()).toMatchObject({ created: OWN, updated: [], current: [], foreign: [] });
  expect(sync()).toMatchObject({ created: [], updated: [], current: OWN, foreign: [] });
  expect(readFileSync(file("theirs"), "utf8")).toBe("Theirs\r\n");
  for (const name of OWN) expect(readFileSync(file(name), "utf8")).toStartWith(`---\nname: ${name}\ndescription: `);
});

test("A13 a skill of the same name that dgov has not written, or a person has changed, is left as it is and told", () => {
  const { sync, file, home } = lay();
  mkdirSync(join(home, ".agents/skills/dgov-plan"), { recursive: true });
  writeFileSync(file("dgov-plan"), "Mine\n");
  expect(sync()).toMatchObject({ created: ["dgov-ledger", "dgov-run"], foreign: ["dgov-plan"] });
  writeFileSync(file("dgov-run"), `${readFileSync(file("dgov-run"), "utf8")}And mine\n`);
  expect(sync()).toMatchObject({ current: ["dgov-ledger"], foreign: ["dgov-plan", "dgov-run"] });
  expect(readFileSync(file("dgov-plan"), "utf8")).toBe("Mine\n");
  expect(readFileSync(file("dgov-run"), "utf8")).toEndWith("And mine\n");
});

test("A13 a link in the place of a skill is not written through", () => {
  const { sync, home } = lay();
  const elsewhere = join(home, "elsewhere");
  mkdirSync(join(home, ".agents/skills"), { recursive: true });
  mkdirSync(elsewhere);
  symlinkSync(elsewhere, join(home, ".agents/skills/dgov-plan"));
  expect(sync().foreign).toEqual(["dgov-plan"]);
  expect(readdirSync(elsewhere)).toEqual([]);
});

test("A13 a pack of one's own is taken by its digest only, and an older one of its own is brought up to date", () => {
  const { sync, home, file } = lay();
  const from = join(home, "pack");
  mkdirSync(join(from, "house"), { recursive: true });
  writeFileSync(join(from, "house/SKILL.md"), "First\n");
  const refusal = (sha256: string | null) => {
    try {
      sync({ from, sha256 });
    } catch (error) {
      if (error instanceof DgovError) return { code: error.code, message: error.message };
      throw error;
    }
    return null;
  };
  const said = refusal(null);
  expect(said?.code).toBe("skills_unpinned");
  expect(readdirSync(home)).toEqual(["pack"]);
  const digest = /[0-9a-f]{64}/.exec(said!.message)![0];
  expect(refusal("0".repeat(64))?.code).toBe("skills_unpinned");
  expect(sync({ from, sha256: digest })).toMatchObject({ pack: digest, created: ["house"] });
  writeFileSync(join(from, "house/SKILL.md"), "Second\n");
  expect(refusal(digest)?.code).toBe("skills_unpinned");
  const next = /has ([0-9a-f]{64})/.exec(refusal(digest)!.message)![1]!;
  expect(sync({ from, sha256: next, check: true }).updated).toEqual(["house"]);
  expect(readFileSync(file("house"), "utf8")).toBe("First\n");
  expect(sync({ from, sha256: next }).updated).toEqual(["house"]);
  expect(readFileSync(file("house"), "utf8")).toBe("Second\n");
  expect(refusal("")?.code).toBe("skills_unpinned");
});

test("each command that a skill names is there, with the flags that it names", async () => {
  const folder = join(import.meta.dir, "../packages/governor/src/skills");
  const lines = readdirSync(folder).flatMap((name) =>
    [...readFileSync(join(folder, name), "utf8").matchAll(/`(dgov [^`]+)`/g)].map(([, line]) => line!),
  );
  expect(lines.length).toBeGreaterThan(10);
  for (const line of lines) {
    const [, first = "", second = "", ...rest] = wordsOf(line);
    const name = `${first} ${second}` in COMMANDS ? `${first} ${second}` : first;
    const command = await COMMANDS[name]?.();
    expect(command?.name, line).toBe(name);
    const flags = [second, ...rest]
      .filter((word) => word.startsWith("--"))
      .map((word) => word.slice(2).replace(/-/g, "_"));
    const known = [...Object.keys(command!.flags.shape), "json", "help"];
    expect(
      flags.filter((flag) => !known.includes(flag)),
      line,
    ).toEqual([]);
  }
});
