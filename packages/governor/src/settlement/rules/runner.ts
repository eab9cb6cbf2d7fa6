import type { RuleChange, RuleFile } from "./change.ts";

/**
 * The module that asks a rule or a hook, as JavaScript for the interpreter. It is asked for each example, then for what is
 * to be judged, and gives back what was said, unread. What is not written in an example is filled in: an example need only
 * name what the rule looks at.
 *
 * Input: `{ asked, files }`; `asked` null: only the examples. A rule is asked for a change; a hook for each file of it.
 */
export function runnerOf(path: string, kind: "rule" | "hook"): string {
  return `import * as script from ${JSON.stringify(path)};
const KIND = ${JSON.stringify(kind)};
const CHANGE = ${JSON.stringify(EMPTY_CHANGE)};
const FILE = ${JSON.stringify(EMPTY_FILE)};
${FILL}
const ask = async (input) => {
  if (KIND === "rule") return [await script.default(input)];
  const said = [];
  for (const file of input.files) said.push(await script.default(file, input));
  return said;
};
export default async ({ change }) => {
  const { examples } = script;
  if (typeof script.default !== "function") return { rule: false, examples: null, said: [] };
  const told = [];
  if (Array.isArray(examples))
    for (const [at, example] of examples.entries()) {
      try {
        told.push({ expected: example?.findings ?? null, said: await ask(fill(example)) });
      } catch (error) {
        if (error instanceof Error) error.message = "in example " + (at + 1) + ": " + error.message;
        throw error;
      }
    }
  const given = examples === undefined ? null : Array.isArray(examples) ? told : "no list";
  return { rule: true, examples: given, said: change === null ? [] : await ask(change) };
};
`;
}

const EMPTY_CHANGE: RuleChange = {
  task: "tasks/example.one",
  summary: "",
  role: "worker",
  claims: { create: [], edit: [], delete: [], read: [], touch: [] },
  base: "0".repeat(40),
  message: "",
  departments: {},
  files: [],
};

const EMPTY_FILE: RuleFile = {
  path: "",
  old_path: null,
  status: "edited",
  mode: "100644",
  old_mode: "100644",
  binary: false,
  utf8: true,
  too_large: false,
  added_lines: [],
  removed_lines: [],
  old: null,
  new: null,
};

/** Lines of an example's texts that the other text does not have are its lines, where it does not say them itself. */
const FILL = `
const lines = (text) => {
  const all = typeof text === "string" ? text.split("\\n") : [];
  if (all.at(-1) === "") all.pop();
  return all.map((text, at) => ({ line: at + 1, text: text.replace(/\\r$/, "") }));
};
const without = (own, other) => {
  const left = new Map();
  for (const { text } of other) left.set(text, (left.get(text) ?? 0) + 1);
  return own.filter(({ text }) => {
    const count = left.get(text) ?? 0;
    left.set(text, count - 1);
    return count <= 0;
  });
};
const fillFile = (file) => {
  const [before, after] = [lines(file.old), lines(file.new)];
  const status = file.old === undefined && file.new !== undefined ? "added" : file.new === undefined && file.old !== undefined ? "deleted" : "edited";
  const modes = { added: { old_mode: null }, deleted: { mode: null }, edited: {} }[file.status ?? status] ?? {};
  return { ...FILE, ...modes, status, added_lines: without(after, before), removed_lines: without(before, after), ...file };
};
const fill = (example) => {
  const change = KIND === "rule" ? (example?.change ?? {}) : { files: [example?.file ?? {}] };
  return { ...CHANGE, ...change, files: (change.files ?? []).map(fillFile) };
};
`;
