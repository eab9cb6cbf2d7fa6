import { shellQuote } from "@dgov/sandbox/shell_quote";
import type { CompiledPlan } from "./plan/compiled.ts";
import type { Commands, Project } from "./project.ts";

/** The commands of `.dgov/project.toml` that prepare, mend and judge work. */
export function projectCommands({ generated, ...single }: Commands): string[] {
  const generators = Object.values(generated).map(({ command }) => command);
  return [...Object.values(single), ...generators].filter((one) => one !== null);
}

/** Every command that a person has written: what it names by an absolute path is the project's own toolchain. */
export function ownCommands({ commands, rules, agents }: Project, plan: Pick<CompiledPlan, "tasks">): string[] {
  const verify = Object.values(rules.verify).map(({ command }) => command);
  const tasks = plan.tasks.map(({ test_cmd }) => test_cmd);
  const programs = Object.values(agents).flatMap((one) => (typeof one === "string" ? [] : one.command.map(shellQuote)));
  return [...projectCommands(commands), ...verify, ...rules.review_hooks, ...tasks, ...programs].filter(
    (one) => one !== null,
  );
}

/** The absolute paths that commands name, each once: quoted or not, also after a variable's "=". */
export function absolutePaths(commands: readonly string[]): string[] {
  const found = commands.flatMap((command) =>
    [...command.matchAll(WORDS)].map(([, single, double, plain = ""]) => single ?? double ?? plain),
  );
  return [...new Set(found)];
}

const WORDS = /'(\/[^']+)'|"(\/[^"$`\\]+)"|(?<![^\s=;|&(])(\/[^\s'"`$;|&()<>\\*?{}]+)(?=[\s;|&)<>]|$)/g;
