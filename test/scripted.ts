import { makeRepository, type Place } from "./repo.ts";

/** A tool call of a scripted worker. */
export type Call = { tool: string; args: Record<string, unknown> };
/** A task and what its worker does, by attempt. `claims` are lines of TOML; default: `src/a.txt` for edit. */
export type Played = { claims?: string; attempts: readonly (readonly Call[])[] };

export const bash = (cmd: string): Call => ({ tool: "run_bash", args: { cmd } });
export const edit = (path: string, old_text: string, new_text: string): Call => ({
  tool: "edit_file",
  args: { path, old_text, new_text },
});
export const write = (path: string, content: string): Call => ({ tool: "write_file", args: { path, content } });
export const done: Call = { tool: "done", args: { summary: "It is done" } };

/** Words that make a process and children that leave its group and its session, all with `mark` in their arguments. */
export const hanging = (mark: string): string =>
  `(setsid sh -c 'setsid sleep ${mark}1 & sleep ${mark}2' &); (trap '' HUP INT TERM; sleep ${mark}3 &); sleep ${mark}4`;

/** A number that stands in the arguments of this test's processes and in nobody else's. */
export const newMark = (): string => `8${process.pid}${Math.floor(performance.now() * 1000) % 100_000}.`;

/** Lines of `ps` for the live processes that have the mark in their arguments. */
export function processesWith(mark: string): string[] {
  const { stdout } = Bun.spawnSync(["ps", "-eo", "stat,args"]);
  return stdout
    .toString()
    .split("\n")
    .filter((line) => line.includes(mark) && !line.startsWith("Z"));
}

/**
 * Waits until a process has the mark in its arguments, and fails after a minute. `program`: the first of its arguments; a
 * shell has the whole of its script in them, and may not have come to it.
 */
export async function untilRunning(mark: string, program = ""): Promise<void> {
  for (let tries = 0; tries < 3_000; tries++) {
    if (processesWith(mark).some((line) => line.replace(/^\S+\s+/, "").startsWith(program))) return;
    await Bun.sleep(20);
  }
  throw new Error(`No process with "${mark}" within a minute`);
}

type More = { project?: Record<string, string>; tables?: string; files?: Record<string, string>; name?: string };

/** A repository with a plan `p` of these tasks, played by scripted workers. `project` are further keys of [project], `tables` further tables. */
export function layTasks(
  tasks: Readonly<Record<string, Played>>,
  { project = {}, tables = "", files = {}, name }: More = {},
): Place {
  const script = Object.entries(tasks).map(([slug, { attempts }]) => [
    `tasks/main.${slug}`,
    { attempts: attempts.map((calls) => ({ turns: calls.map((call) => ({ calls: [call] })) })) },
  ]);
  return makeRepository(
    {
      "src/a.txt": "alpha\n",
      "src/b.txt": "beta\n",
      ".dgov/project.toml": `${projectToml(project)}\n${tables}`,
      ".dgov/.gitignore": "state.db*\nout/\nruntime/\nplans/*/_compiled.toml\n",
      ".dgov/plans/p/_root.toml": '[plan]\nname = "p"\nsummary = "A plan"\nsections = ["tasks"]\n',
      ".dgov/plans/p/tasks/main.toml": Object.entries(tasks).map(taskToml).join("\n"),
      ".dgov/plans/p/script.json": JSON.stringify({ version: 1, tasks: Object.fromEntries(script) }),
      ...files,
    },
    name,
  );
}

function projectToml(more: Record<string, string>): string {
  const keys = {
    language: "text",
    src_dir: "src/",
    test_dir: "tests/",
    test_cmd: "",
    lint_cmd: "",
    format_cmd: "",
    lint_fix_cmd: "",
    format_check_cmd: "",
    provider: "scripted",
    ...more,
  };
  const lines = Object.entries(keys).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  return ["[project]", 'source_extensions = [".txt", ".py"]', ...lines, ""].join("\n");
}

function taskToml([slug, { claims }]: [string, Played]): string {
  const prompt = 'prompt = """\nOrient: read.\n\nEdit: do it.\n\nVerify: look.\n"""';
  return `[tasks.${slug}]\nsummary = "Do ${slug}"\n${prompt}\n${claims ?? 'files.edit = ["src/a.txt"]'}\n`;
}
