import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { type Decision, decide, openShell, ToolPolicy } from "../../packages/sandbox/src/index.ts";
import { SCOPE } from "../lab.ts";
import { damaged, harmless, hidden, soup } from "./commands.ts";

/** The program that no text may run. The list of the policy is the only rule that names it. */
export const FORBIDDEN = "forbid";
const RULES = ToolPolicy.parse({ restrict_run_bash: true, deny_shell_commands: [FORBIDDEN] });
const STRICT = ToolPolicy.parse({
  ...RULES,
  require_wrapped_verify_tools: true,
  deny_shell_file_mutations: true,
});
/** Judging may take so long at most, on a machine that does other things too. */
const SLOW_MS = 1_000;

export type Judged = { runs: number; slowest_ms: number };

/**
 * Judges so many texts by chance: soups are decided in time, hidden commands are refused, harmless ones are not.
 *
 * @throws the shortest text that shows otherwise
 */
export async function fuzzCommands(runs: number, seed: number): Promise<Judged> {
  const shell = await openShell();
  let slowest_ms = 0;
  const judge = (command: string, rules = RULES, again = 2): Decision => {
    const started = performance.now();
    const decision = decide({ rules, scope: SCOPE, shell }, { kind: "exec", command });
    const took_ms = performance.now() - started;
    if (took_ms > SLOW_MS && again > 0) return judge(command, rules, again - 1); // the machine may have been busy
    slowest_ms = Math.max(slowest_ms, took_ms);
    if (took_ms > SLOW_MS) throw new Error(`It took ${Math.round(took_ms)} ms, three times`);
    return decision;
  };
  let tried = 0;
  const check = (texts: fc.Arbitrary<string>, part: number, right: (text: string) => boolean) => {
    const counted = (text: string) => {
      tried++;
      return right(text);
    };
    fc.assert(fc.property(texts, counted), { numRuns: Math.round(runs * part), seed });
  };
  check(soup, 0.4, (text) => typeof judge(text, STRICT).allow === "boolean");
  check(hidden(FORBIDDEN), 0.4, (text) => !judge(text).allow);
  check(harmless, 0.2, (text) => judge(text).allow);
  return { runs: tried, slowest_ms };
}

/** A folder in which a real shell runs a text, and can tell whether the forbidden program was started. */
export function openRealShell(as: readonly string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), "dgov-fuzz-"));
  chmodSync(folder, 0o777);
  const called = join(folder, "called");
  const program = join(folder, FORBIDDEN);
  writeFileSync(program, `#!/bin/sh\n: > ${called}\n`);
  chmodSync(program, 0o755);
  writeFileSync(join(folder, "a.txt"), "a\n");
  return {
    runs(text: string): boolean {
      rmSync(called, { force: true });
      Bun.spawnSync([...as, "bash", "-c", text], {
        cwd: folder,
        env: { PATH: `${folder}:/usr/bin:/bin`, HOME: folder },
        stdio: ["ignore", "ignore", "ignore"],
        timeout: 3_000,
        killSignal: "SIGKILL",
      });
      return existsSync(called);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** How many of so many hidden commands a real shell runs, and which texts of soup run the program and are allowed. */
export async function tryHidden(count: number, seed: number): Promise<{ ran: number; idle: string[] }> {
  const real = openRealShell();
  try {
    const texts = fc.sample(hidden(FORBIDDEN), { numRuns: count, seed });
    const idle = texts.filter((text) => !real.runs(text));
    return { ran: count - idle.length, idle };
  } finally {
    real.remove();
  }
}

/**
 * Damages hidden commands and has a real shell run what the judge lets through: none of it may start the program.
 *
 * @param as the words before `bash`, to run it as somebody who can do no harm
 * @returns  the texts that did, and how many were let through
 */
export async function tryDamaged(
  count: number,
  seed: number,
  as: readonly string[],
): Promise<{ passed: number; got_through: string[] }> {
  const real = openRealShell(as);
  const shell = await openShell();
  try {
    const texts = fc.sample(damaged(FORBIDDEN), { numRuns: count, seed });
    const allowed = texts.filter(
      (command) => decide({ rules: RULES, scope: SCOPE, shell }, { kind: "exec", command }).allow,
    );
    const runnable = allowed.filter((text) => !text.includes("\0"));
    return { passed: runnable.length, got_through: runnable.filter((text) => real.runs(text)) };
  } finally {
    real.remove();
  }
}
