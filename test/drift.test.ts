import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { commitAll, dgov, eventsOf, makeRepository, type Place, readIn, writeIn } from "./repo.ts";
import { done, layTasks, write } from "./scripted.ts";

setDefaultTimeout(240_000);

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const SLUGS = ["a", "b", "c", "d", "e"];

/** Lays a plan of five tasks that each make a file, or say that they are done and have made none. */
function layPlan(place: Place, name: string, { well, served }: { well: boolean; served: string }): void {
  const tasks = Object.fromEntries(
    SLUGS.map((slug) => [
      `tasks/main.${slug}`,
      {
        turns: [...(well ? [write(`src/${name}_${slug}.txt`, "made\n")] : []), done].map((call) => ({
          ...{ calls: [call], usage: { input: 10, output: 1, served } },
        })),
      },
    ]),
  );
  const table = (slug: string) =>
    `[tasks.${slug}]\nsummary = "Make ${slug}"\nprompt = "Orient: a\\n\\nEdit: b\\n\\nVerify: c"\nfiles.create = ["src/${name}_${slug}.txt"]\n`;
  const dir = `.dgov/plans/${name}`;
  writeIn(place.root, `${dir}/_root.toml`, `[plan]\nname = "${name}"\nsummary = "A plan"\nsections = ["tasks"]\n`);
  writeIn(place.root, `${dir}/tasks/main.toml`, SLUGS.map(table).join("\n"));
  writeIn(place.root, `${dir}/script.json`, JSON.stringify({ version: 1, tasks }));
  commitAll(place, `plan ${name}`);
}

type Said = { of: string; verdict: string; before: object; since: object; from: string | null };
const driftOf = (place: Place, ...args: string[]) => {
  const { status, stdout } = dgov(place, "drift", "--min", "5", "--json", ...args);
  return { status, view: JSON.parse(stdout) as { comparisons: Said[]; series: Record<string, unknown>[] } };
};

test("H7 divergent success is flagged from the log alone: a prompt since which nothing lands any more", () => {
  const place = layTasks({ z: { attempts: [[done]] } }, { tables: "[limits]\nsettlement_retries = 0\n" });
  open.push(place);
  layPlan(place, "one", { well: true, served: "m@fp1" });
  expect(dgov(place, "run", "one").status).toBe(0);
  layPlan(place, "two", { well: true, served: "m@fp1" });
  expect(dgov(place, "run", "two").status).toBe(0);
  expect(driftOf(place).view).toMatchObject({
    comparisons: [],
    series: [{ model: "scripted/scripted", task_kind: "worker:txt", served: "m@fp1", attempts: 10, well: 10 }],
  });
  // The words for every worker change, and with them how it goes.
  const project = ".dgov/project.toml";
  writeIn(place.root, project, `${readIn(place, project)}[conventions]\ntone = "Be brief"\n`);
  layPlan(place, "three", { well: false, served: "m@fp1" });
  expect(dgov(place, "run", "three").status).toBe(1);
  const { status, view } = driftOf(place, "--check");
  expect(view.comparisons).toMatchObject([
    { of: "prompt", verdict: "diverged", before: { well: 10, all: 10 }, since: { well: 0, all: 5 } },
  ]);
  expect(status).toBe(1);
  expect(driftOf(place).status).toBe(0);
  const { stdout } = dgov(place, "drift", "--min", "5");
  expect(stdout).toMatch(
    /diverged: scripted\/scripted at worker:txt, prompt [0-9a-f]{8} → [0-9a-f]{8}: 10\/10 before, 0\/5 since/,
  );
  // The same with the usual least number: five attempts are too few to say anything.
  const usual = dgov(place, "drift", "--check");
  expect(usual).toMatchObject({ status: 0, stdout: expect.stringContaining("of which nobody can tell") });
  expect(eventsOf(place).filter(({ kind }) => kind === "call_settled")[0]).toMatchObject({ served: "m@fp1" });
});

test("H7 where nothing was run nothing is said, and nothing is written", () => {
  const place = makeRepository({ "a.txt": "1\n" });
  open.push(place);
  expect(dgov(place, "drift", "--check")).toEqual({ status: 0, stdout: "0 attempts in 0 runs\n", stderr: "" });
  expect(dgov(place, "drift", "--min", "2").status).toBe(2);
});
