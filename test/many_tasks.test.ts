import { expect, test } from "bun:test";
import { dgov, eventsOf, git, makeRepository } from "./repo.ts";

const COUNT = 300;

test(`a plan with ${COUNT} tasks lands all of them`, () => {
  const slugs = Array.from({ length: COUNT }, (_, at) => `t${String(at).padStart(3, "0")}`);
  // Every tenth task waits for the one ten before it, so that the graph is wide and deep at once.
  const toml = slugs.map((slug, at) => {
    const after = at >= 10 && at % 10 === 0 ? `depends_on = ["${slugs[at - 10]}"]\n` : "";
    return `[tasks.${slug}]\nsummary = "Make ${slug}"\nprompt = "Orient\\nEdit\\nVerify"\nfiles.create = ["out/${slug}.txt"]\n${after}`;
  });
  const script = Object.fromEntries(
    slugs.map((slug) => [
      `tasks/main.${slug}`,
      {
        turns: [
          { calls: [{ tool: "write_file", args: { path: `out/${slug}.txt`, content: `${slug}\n` } }] },
          { calls: [{ tool: "done", args: { summary: slug } }] },
        ],
      },
    ]),
  );
  const place = makeRepository({
    "README.md": "# Many\n",
    ".dgov/.gitignore": "state.db*\nout/\nruntime/\nplans/*/_compiled.toml\n",
    ".dgov/project.toml":
      '[project]\nprovider = "scripted"\ntest_cmd = ""\nlint_cmd = ""\nformat_cmd = ""\nlint_fix_cmd = ""\nformat_check_cmd = ""\n',
    ".dgov/plans/p/_root.toml": '[plan]\nname = "p"\nsections = ["tasks"]\n',
    ".dgov/plans/p/tasks/main.toml": toml.join("\n"),
    ".dgov/plans/p/script.json": JSON.stringify({ version: 1, tasks: script }),
  });
  try {
    const ran = dgov(place, "run", ".dgov/plans/p", "--jobs", "4");
    expect({ status: ran.status, said: ran.stderr.slice(-2000) }).toMatchObject({ status: 0 });
    expect(eventsOf(place).filter((event) => event.kind === "task_landed")).toHaveLength(COUNT);
    expect(git(place, "ls-tree", "--name-only", "main", "out/").split("\n").filter(Boolean)).toHaveLength(COUNT);
  } finally {
    place.stop();
  }
}, 660_000); // how busy the machine is fails no test
