import { afterEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { TaskId } from "@dgov/kernel";
import { parseProject } from "../config.ts";
import type { Project } from "../project.ts";
import type { CompiledPlan } from "./compiled.ts";
import { graphText } from "./graph_text.ts";
import { compileFolder, loadCompiled, type Staleness, staleness, writeCompiled } from "./store.ts";

const DIR = ".dgov/plans/p";
const open: string[] = [];
afterEach(() => {
  for (const folder of open.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const FILES = {
  [`${DIR}/_root.toml`]: '[plan]\nname = "p"\nsections = ["tasks"]\n',
  [`${DIR}/tasks/main.toml`]: `[tasks.a]
summary = "Python"
prompt = "Orient: x\\nEdit: x\\nVerify: x"
files.create = ["new.py"]
[tasks.b]
prompt_file = "b.md"
depends_on = ["a"]
files.edit = ["new.py"]
`,
  [`${DIR}/b.md`]: "Orient: y\nEdit: y\nVerify: y\n",
  ".dgov/sops/one.md": sop("one", "[python]"),
};

function sop(name: string, applies: string, bullet = "do it"): string {
  const sections = ["When", "Do", "Do Not", "Verify", "Escalate"].map((heading) => `## ${heading}\n- ${bullet}\n`);
  return `---\nname: ${name}\ntitle: T\nsummary: S\napplies_to: ${applies}\npriority: must\n---\n${sections.join("")}`;
}

function layOut(): Project {
  const root = mkdtempSync(join(tmpdir(), "dgov-store-"));
  open.push(root);
  for (const [file, text] of Object.entries(FILES)) put(root, file, text);
  const { project } = parseProject(root, new TextEncoder().encode('[project]\nprovider = "scripted"\n'));
  return project!;
}

function put(root: string, file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

async function compiled(project: Project): Promise<CompiledPlan> {
  const { plan, places } = await compileFolder(project, DIR);
  if (!plan) throw new Error(places.map(({ message }) => message).join("\n"));
  writeCompiled(project.root, plan);
  return plan;
}

test.each<[string, string, string, Staleness]>([
  ["a root file", `${DIR}/_root.toml`, '[plan]\nname = "q"\nsections = ["tasks"]\n', "source"],
  ["a comment", `${DIR}/tasks/main.toml`, `# a word\n${FILES[`${DIR}/tasks/main.toml`]}`, "source"],
  ["a prompt_file", `${DIR}/b.md`, "Orient: z\nEdit: z\nVerify: z\n", "source"],
  ["a new task file", `${DIR}/tasks/more.toml`, "", "source"],
  ["an ignored file", `${DIR}/tasks/_more.toml`, "broken", null],
  ["the body of an SOP", ".dgov/sops/one.md", sop("one", "[python]", "do more"), "sops"],
  ["a new SOP", ".dgov/sops/two.md", sop("two", "[go]"), "sops"],
  ["the charter", ".dgov/governor.md", "# Charter\n", "charter"],
  ["the compiled file", `${DIR}/_compiled.toml`, "[plan]\n", "damaged"],
])("a change of %s is seen", async (_, file, text, why) => {
  const project = layOut();
  expect(staleness(project.root, DIR)).toBe("uncompiled");
  await compiled(project);
  expect(staleness(project.root, DIR)).toBeNull();
  put(project.root, file, text);
  expect(staleness(project.root, DIR)).toBe(why);
});

test.each([
  ["a prompt", "Orient: x", "Orient: do evil"],
  ["a claim", '"new.py"', '"other.py"'],
  ["a unit", /unit = "../, 'unit = "00'],
  ["a dependency", 'depends_on = [ "tasks/main.a" ]', "depends_on = [ ]"],
  ["the plan's name", 'name = "p"', 'name = "q"'],
  ["an unknown key", "timeout_s = 600", "timeout_s = 600\nroot = true"],
  ["a hash", /sop_set_hash = ".*"/, 'sop_set_hash = ""'],
])("a compiled file is not trusted: %s was changed by hand", async (_, from, to) => {
  const project = layOut();
  await compiled(project);
  const path = join(project.root, DIR, "_compiled.toml");
  const text = readFileSync(path, "utf8");
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  writeFileSync(path, changed);
  expect(() => loadCompiled(project.root, DIR)).toThrow(expect.objectContaining({ code: "plan_invalid" }));
});

test("what dgov 0.8 compiled is a plan that is not compiled yet, and no damage", async () => {
  const project = layOut();
  const old =
    '[plan]\nname = "p"\nsource_mtime_max = "2026-05-01T00:00:00.000000Z"\nsop_set_hash = ""\n\n[tasks."tasks/main.a"]\nprompt = "x"\ntimeout_s = 0\n';
  put(project.root, `${DIR}/_compiled.toml`, old);
  expect(() => loadCompiled(project.root, DIR)).toThrow(expect.objectContaining({ code: "plan_uncompiled" }));
  expect(staleness(project.root, DIR)).toBe("uncompiled");
  expect((await compiled(project)).tasks).toHaveLength(2);
  expect(staleness(project.root, DIR)).toBeNull();
});

test("a compiled plan that was moved is still the same plan", async () => {
  const project = layOut();
  const plan = await compiled(project);
  mkdirSync(join(project.root, ".dgov/plans/archive"));
  renameSync(join(project.root, DIR), join(project.root, ".dgov/plans/archive/p"));
  expect(loadCompiled(project.root, ".dgov/plans/archive/p")).toEqual({ ...plan, dir: ".dgov/plans/archive/p" });
});

test("a plan with errors leaves the compiled file as it was", async () => {
  const project = layOut();
  await compiled(project);
  const before = readFileSync(join(project.root, DIR, "_compiled.toml"));
  put(project.root, `${DIR}/tasks/main.toml`, "[tasks.a]\n");
  expect((await compileFolder(project, DIR)).plan).toBeNull();
  expect(readFileSync(join(project.root, DIR, "_compiled.toml"))).toEqual(before);
  expect(readdirSync(join(project.root, DIR)).sort()).toEqual(["_compiled.toml", "_root.toml", "b.md", "tasks"]);
});

test("what a landed task has created is there, and rightly so", async () => {
  const project = layOut();
  const [a] = (await compiled(project)).tasks;
  put(project.root, "new.py", "");
  expect((await compileFolder(project, DIR)).places.map(({ code }) => code)).toEqual(["claim_exists"]);
  expect((await compileFolder(project, DIR, { landed: new Set([a!.unit]) })).places).toEqual([]);
  expect((await compileFolder(project, DIR, { landed: new Set(["0"]) })).plan).toBeNull();
});

test("a unit is another unit when what it says has changed, and the same when it has moved", async () => {
  const units = async (change: (text: string) => string, sopText = sop("one", "[python]")) => {
    const project = layOut();
    put(project.root, `${DIR}/tasks/main.toml`, change(FILES[`${DIR}/tasks/main.toml`]!));
    put(project.root, ".dgov/sops/one.md", sopText);
    return (await compiled(project)).tasks.map(({ unit }) => unit);
  };
  const [a, b] = await units((text) => text);
  expect(await units((text) => `# moved\n\n${text}`)).toEqual([a!, b!]);
  expect(await units((text) => text.replace("Edit: x", "Edit: z"))).toEqual([expect.not.stringContaining(a!), b!]);
  expect((await units((text) => text, sop("one", "[python]", "do more")))[0]).not.toBe(a!);
  expect(await units((text) => text.replace("[tasks.b]", "budget = { turns = 3 }\n[tasks.b]"))).toEqual([a!, b!]);
});

test("ceilings of a plan and of a task are read back as they were compiled", async () => {
  const project = layOut();
  const ceilings = '[budget]\nmoney = "1.50"\ntask = { turns = 9 }\n';
  put(project.root, `${DIR}/_root.toml`, `${FILES[`${DIR}/_root.toml`]}${ceilings}`);
  put(
    project.root,
    `${DIR}/tasks/main.toml`,
    FILES[`${DIR}/tasks/main.toml`]!.replace("[tasks.b]", "budget = { money = 0.5 }\n[tasks.b]"),
  );
  const plan = await compiled(project);
  expect(plan).toMatchObject({ budget: { money: "1.50", task: { turns: 9 } } });
  expect(plan.tasks.map(({ worker }) => worker.budget)).toEqual([{ money: 0.5 }, undefined]);
  expect(loadCompiled(project.root, DIR)).toEqual(plan);
});

test("the order of a plan is drawn as a tree", () => {
  const name = (slug: string) => TaskId.parse(`s/f.${slug}`);
  const task = (slug: string, ...after: string[]) => ({ id: name(slug), depends_on: after.map(name) });
  const tasks = [task("top"), task("left", "top"), task("right", "top"), task("end", "left", "right"), task("alone")];
  expect(graphText({ tasks }).replaceAll("s/f.", "")).toBe(`DAG (5 tasks, 4 edges):
  top
  ├─► left
  │   └─► end
  └─► right
      └─► end ...
  alone`);
});

test("E7 criteria are read back as they were written, and another criterion makes another unit", async () => {
  const project = layOut();
  const before = await compiled(project);
  const text = FILES[`${DIR}/tasks/main.toml`].replace(
    'summary = "Python"',
    'summary = "Python"\ncriteria = ["it says so"]',
  );
  put(project.root, `${DIR}/tasks/main.toml`, text);
  const after = await compiled(project);
  expect(loadCompiled(project.root, DIR).tasks[0]?.review.criteria).toEqual(["it says so"]);
  expect([after.tasks[0]?.unit === before.tasks[0]?.unit, after.tasks[1]?.unit === before.tasks[1]?.unit]).toEqual([
    false,
    true,
  ]);
});
