import type { Level } from "@dgov/sandbox";
import { hostsFault } from "@dgov/sandbox/network";
import type { Program } from "../agent_file.ts";
import { DgovError } from "../error.ts";
import type { World } from "../session.ts";

/**
 * Refuses, before anything is spent, what could not run or would run without its key, and says loudly what is given away:
 * whoever holds a variable of the user's and has hands can do with it what they like.
 *
 * @throws DgovError `program_missing`, `key_missing` or `sandbox_missing` with the cure
 */
export function readyPrograms(
  programs: readonly Program[],
  level: Level,
  { env, warn }: Pick<World, "env" | "warn">,
): void {
  for (const program of programs) {
    refuseUnready(program, env);
    refuseUnconfined(program, level);
    const { name, passed, hosts } = program;
    if (passed.length === 0) continue;
    const reach = hosts.length === 0 ? "no host" : hosts.join(", ");
    warn(
      `The program "${name}" is given ${passed.join(", ")} ([agents.${name}] pass_env): it and all that it starts can read this, and reach ${reach}`,
    );
  }
}

/**
 * @returns where the program is
 * @throws DgovError `program_missing` or `key_missing`
 */
export function refuseUnready({ name, command, passed }: Program, env: World["env"]): string {
  const [program = ""] = command;
  const path = Bun.which(program, { PATH: env.PATH ?? "" });
  if (path === null)
    throw new DgovError(
      "program_missing",
      `Cannot start the agent "${name}": there is no program "${program}" on PATH`,
    );
  const unset = passed.find((variable) => !env[variable]);
  if (unset !== undefined)
    throw new DgovError("key_missing", `Cannot start the agent "${name}": ${unset} is not set`, {
      hint: `Export it, or remove it from pass_env in [agents.${name}]`,
    });
  return path;
}

function refuseUnconfined({ name, hosts, mcp }: Program, level: Level): void {
  if (level === "wasm")
    throw new DgovError("sandbox_missing", `Cannot start the agent "${name}" at level "wasm": it is a native program`, {
      hint: "Install bubblewrap, or choose a model for the task",
    });
  const fault = hosts.length === 0 && !mcp ? null : hostsFault(level);
  if (fault !== null)
    throw new DgovError(
      "sandbox_missing",
      `Cannot open single hosts ([agents.${name}] ${mcp ? "mcp" : "hosts"}) at level "${level}": ${fault.why}`,
      { hint: fault.cure },
    );
}
