import { dgov, makeRepository, type Place } from "./repo.ts";
import { type Call, done, edit } from "./scripted.ts";

export const PROJECT = [
  '[project] # ours\nlanguage = "text"\nsrc_dir = "src/"\ntest_dir = "tests/"\nprovider = "scripted"',
  'test_cmd = ""\nlint_cmd = ""\nformat_cmd = ""\nlint_fix_cmd = ""\nformat_check_cmd = ""',
  '[providers.scripted]\nscript = "script.json"\n',
].join("\n");
export const AUTO = ".dgov/runtime/auto-plans";
export const QUESTION = {
  id: "greeting",
  question: "Which word?",
  why: "It is what is written",
  options: ["hello", "welcome"],
  recommended: "hello",
};

export const recon = (more: object = {}): Call => ({
  tool: "submit_recon",
  args: { summary: "One text is to change", findings: [{ path: "src/a.txt", note: "it says alpha" }], ...more },
});
export const task = (slug: string, files: object, more: object = {}) => ({
  slug,
  summary: `Do ${slug}`,
  prompt: "Orient: read src/a.txt.\n\nEdit: write it.\n\nVerify: look at it.\n",
  commit_message: `Write ${slug}`,
  files,
  ...more,
});
export const planCall = (tasks: object[], more: object = {}): Call => ({
  tool: "emit_plan",
  args: { name: "greet", summary: "Greet who comes", tasks, ...more },
});
export const GREET = planCall([task("a", { edit: ["src/a.txt"] })]);
const keep: Call = { tool: "submit_critique", args: { verdict: "keep", said: "It is fit" } };

/** `raw`: what a model sends where it should send JSON. */
export type Sent = Call | { tool: string; raw: string };
type Said = { recon?: readonly Call[]; plan?: readonly Call[]; critique?: readonly Sent[] };

/** A repository where those who are asked say this; the worker of task `a` writes what it should. */
export function layPlanned({ recon: found = [recon()], plan = [GREET], critique = [keep] }: Said = {}): Place {
  const turns = (calls: readonly Sent[]) => ({ turns: calls.map((call) => ({ calls: [call] })) });
  const tasks = {
    "consult/researcher.recon": turns(found),
    "consult/planner.plan": turns(plan),
    "consult/planner.critique": turns(critique),
    "tasks/main.a": turns([edit("src/a.txt", "alpha", "hello"), done]),
  };
  const place = makeRepository({
    "src/a.txt": "alpha\n",
    "src/b.txt": "beta\n",
    ".dgov/project.toml": PROJECT,
    ".dgov/.gitignore": "state.db*\nout/\nruntime/\n",
    "script.json": JSON.stringify({ version: 1, tasks }),
  });
  return place;
}

export const create = (place: Place, ...args: string[]) => {
  const ran = dgov(place, "plan", "create", "Greet who comes", "--json", ...args);
  return { ...ran, view: ran.stdout === "" ? null : JSON.parse(ran.stdout) };
};
