import { isNode, type Node, type Source, walk } from "./source.ts";

/** One budget broken at one place. `budget` is the name that an exception cites. */
export type Fault = { path: string; line: number; budget: string; message: string };
type Tell = (line: number, budget: string, message: string) => void;

/** The most a file, a function or a type may hold: docs/style.md says why these numbers. */
const MOST = {
  file_lines: 400,
  function_lines: 70,
  parameters: 4,
  methods: 10,
  fields: 12,
  exports: 10,
  faces: 40,
  nesting: 3,
  columns: 140,
};
const BANNED_NAMES = /(^|[_.-])(utils?|helpers?|commons?|managers?|supports?)([_.-]|$)/;

/** Every budget of docs/style.md against one file. */
export function tidyFaults(source: Source): Fault[] {
  const faults: Fault[] = [];
  const tell: Tell = (line, budget, message) => faults.push({ path: source.path, line, budget, message });
  fileFaults(source, tell);
  lineFaults(source, tell);
  const test = isTest(source.path) || source.path.endsWith(".d.ts");
  const contract = source.path.endsWith(".contract.ts");
  walk(source.program.body, (node, above) => {
    if (!contract) functionFaults(node, above, tell);
    wordFaults(node, above, tell);
    if (test) return;
    if (!source.path.startsWith("scripts/")) letFaults(node, above, tell);
    parameterFaults(node, tell);
    typeFaults(node, tell);
    failureFaults(node, tell);
  });
  return faults;
}

/** A test, or what only tests use. */
const isTest = (path: string) => /\.test\.ts$|\.contract\.ts$|\/testing\/|^test\//.test(path);

function fileFaults({ path, text, program, comments }: Source, tell: Tell) {
  const lines = text.split("\n").length - 1;
  if (lines > MOST.file_lines)
    tell(1, "file_lines", `${lines} lines, at most ${MOST.file_lines}: what second idea lives in this file?`);
  const name = path.split("/").at(-1) ?? "";
  if (BANNED_NAMES.test(name.replace(/\.ts$/, "")))
    tell(1, "file_name", `"${name}" names no idea: name the file for the noun or verb it exports`);
  const exported = exportsOf(program.body);
  const most = name === "index.ts" ? MOST.faces : MOST.exports;
  if (exported > most && !isTest(path))
    tell(1, "exports", `${exported} exports, at most ${most}: it is more than one thing`);
  if (path.endsWith(".test.ts") && !/\bexpect\(/.test(text))
    tell(1, "no_expect", "a test file without one expect proves nothing");
  for (const { value, line } of comments)
    if (/^\s*@ts-(ignore|nocheck|expect-error)/.test(value))
      tell(line, "ts_ignore", "the type checker is right: mend the type");
}

/** Names, not statements: a schema and the type of the same name are one thing. */
function exportsOf(body: Source["program"]["body"]): number {
  const names = new Set<string>();
  for (const statement of body) {
    if (statement.type !== "ExportNamedDeclaration") continue;
    const { declaration, specifiers } = statement;
    const declared =
      declaration?.type === "VariableDeclaration" ? declaration.declarations : [declaration, ...specifiers];
    for (const one of declared)
      walk(one, (node, above) => {
        if (above.length === 1 && node.type === "Identifier" && [above[0]!.id, above[0]!.exported].includes(node))
          names.add(String(node.name));
      });
  }
  return names.size;
}

/** Texts are written as they are sent, and a table that opted out of the formatter reads by its columns. */
function lineFaults({ text, comments }: Source, tell: Tell) {
  const tables = comments.filter(({ value }) => value.includes("biome-ignore format")).map(({ line }) => line);
  let inTable = false;
  for (const [at, line] of text.split("\n").entries()) {
    if (tables.includes(at + 1)) inTable = true;
    else if (inTable && /^\S/.test(line) && !/[[{(]$/.test(line)) inTable = false;
    const code = line.replace(/(["'`])(?:(?!\1).)*\1?/g, "");
    if (code.length > MOST.columns && !inTable)
      tell(at + 1, "columns", `${line.length} columns, at most ${MOST.columns}`);
  }
}

const FUNCTIONS =
  /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression|ClassMethod|ClassPrivateMethod|ObjectMethod)$/;
const BRANCHES = /^(If|For|ForIn|ForOf|While|DoWhile|Switch)Statement$/;

function functionFaults(node: Node, above: readonly Node[], tell: Tell) {
  if (FUNCTIONS.test(node.type)) {
    const lines = node.loc.end.line - node.loc.start.line + 1;
    if (lines > MOST.function_lines && !describes(above.at(-1)))
      tell(
        node.loc.start.line,
        "function_lines",
        `a function of ${lines} lines, at most ${MOST.function_lines}: split it at an idea`,
      );
  }
  if (!BRANCHES.test(node.type) || isElseIf(node, above.at(-1))) return;
  const depth = nesting(node, above);
  if (depth > MOST.nesting)
    tell(
      node.loc.start.line,
      "nesting",
      `nested ${depth} deep, at most ${MOST.nesting}: return early, or name the inside`,
    );
}

function parameterFaults(node: Node, tell: Tell) {
  const count = FUNCTIONS.test(node.type) && Array.isArray(node.params) ? node.params.length : 0;
  if (count > MOST.parameters)
    tell(
      node.loc.start.line,
      "parameters",
      `${count} parameters, at most ${MOST.parameters}: give them one named type`,
    );
}

/** The callback of `describe` is a heading, not a function; so is that of `describe.each(…)`, and a contract's. */
function describes(call: Node | undefined): boolean {
  for (let callee = call?.callee; isNode(callee); callee = callee.callee ?? callee.object)
    if (callee.name === "describe") return true;
  return false;
}

const isElseIf = (node: Node, parent: Node | undefined) => parent?.type === "IfStatement" && parent.alternate === node;

function nesting(node: Node, above: readonly Node[]): number {
  let depth = 1;
  const way = [...above, node];
  for (let at = way.length - 2; at >= 0; at--) {
    const outer = way[at]!;
    if (FUNCTIONS.test(outer.type)) break;
    if (BRANCHES.test(outer.type) && !isElseIf(outer, way[at - 1])) depth++;
  }
  return depth;
}

function typeFaults(node: Node, tell: Tell) {
  const members = Array.isArray(node.members) ? node.members : Array.isArray(node.body) ? node.body : [];
  const kinds = members.filter(isNode);
  if (node.type === "TSTypeLiteral" || node.type === "TSInterfaceBody") {
    if (kinds.length > MOST.fields)
      tell(
        node.loc.start.line,
        "fields",
        `a type of ${kinds.length} fields, at most ${MOST.fields}: is it a union, or has it a part?`,
      );
  }
  if (node.type !== "ClassBody") return;
  const methods = kinds.filter(({ type, kind }) => /Method$/.test(type) && kind !== "constructor").length;
  if (methods > MOST.methods)
    tell(
      node.loc.start.line,
      "methods",
      `a class of ${methods} methods, at most ${MOST.methods}: a class owns one resource`,
    );
  const fields = kinds.filter(({ type }) => /Property$/.test(type)).length;
  if (fields > MOST.fields) tell(node.loc.start.line, "fields", `a class of ${fields} fields, at most ${MOST.fields}`);
}

function wordFaults(node: Node, above: readonly Node[], tell: Tell) {
  const { line } = node.loc.start;
  if (node.type === "TSAnyKeyword") tell(line, "any", '"any" switches the checker off: use unknown and parse');
  if (node.type === "ExportDefaultDeclaration" && !ambient(above))
    tell(line, "default_export", "a default export has no name to search for");
  const dynamic = node.type === "ImportExpression" || (isNode(node.callee) && node.callee.type === "Import");
  if (dynamic) tell(line, "dynamic_import", "an import stands at the top, where the layout can be read");
}

/** A script is one call; what its top holds does not outlive it. */
function letFaults(node: Node, above: readonly Node[], tell: Tell) {
  const top = above.length === 0 || (above.length === 1 && above[0]!.type === "ExportNamedDeclaration");
  if (top && node.type === "VariableDeclaration" && node.kind !== "const")
    tell(node.loc.start.line, "top_level_let", "state that outlives a call belongs to a value someone passes");
}

/** `declare module "*.txt"` says what the loader gives, and it gives a default export. */
const ambient = (above: readonly Node[]) => above.some(({ type }) => type === "TSModuleDeclaration");

/** Nothing is caught to return a default: unknown never passes. */
function failureFaults(node: Node, tell: Tell) {
  if (node.type !== "CatchClause" || !isNode(node.body) || isNode(node.param)) return;
  const body = Array.isArray(node.body.body) ? node.body.body.filter(isNode) : [];
  const [only] = body;
  if (body.length === 0)
    tell(node.loc.start.line, "swallow", "an error is caught and forgotten: which error, and why is it none?");
  if (body.length === 1 && only?.type === "ReturnStatement" && isDefault(only.argument))
    tell(
      node.loc.start.line,
      "swallow",
      "an error is caught to return a default: branch on the error's code, and throw the rest",
    );
}

function isDefault(value: unknown): boolean {
  if (!isNode(value)) return true; // a bare return
  if (value.type === "ArrayExpression") return Array.isArray(value.elements) && value.elements.length === 0;
  if (value.type === "ObjectExpression") return Array.isArray(value.properties) && value.properties.length === 0;
  return /Literal$/.test(value.type) && value.type !== "TemplateLiteral";
}

const WINDOW = 6;

/** Runs of six equal lines in two places, once a run. Imports, closing brackets and comments are no work of anybody. */
export function repeatedLines(sources: readonly Pick<Source, "path" | "code">[]): Fault[] {
  const seen = new Map<string, { path: string; line: number }>();
  const faults: Fault[] = [];
  for (const { path, code } of sources) {
    const lines = code
      .split("\n")
      .map((text, at) => ({ text: text.trim(), line: at + 1 }))
      .filter(({ text }) => /\w/.test(text) && !/^(import|export) .* from |^import /.test(text));
    let quietUntil = 0;
    for (let at = 0; at + WINDOW <= lines.length; at++) {
      const run = lines.slice(at, at + WINDOW);
      const key = run.map(({ text }) => text).join("\n");
      const line = run[0]!.line;
      const before = seen.get(key);
      if (!before) seen.set(key, { path, line });
      else if (at >= quietUntil && key.length > 120) {
        quietUntil = at + WINDOW;
        faults.push({
          path,
          line,
          budget: "repeat",
          message: `${WINDOW} lines as in ${before.path}:${before.line}: say it once`,
        });
      }
    }
  }
  return faults;
}
