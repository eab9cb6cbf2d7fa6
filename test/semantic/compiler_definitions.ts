import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as ast from "typescript/unstable/ast";
import { API } from "typescript/unstable/async";
import type { UnitKind } from "../../packages/semantic/src/unit.ts";

/** A definition as the compiler sees it, with the lines from its first decorator or modifier to its end. */
export type Definition = {
  path: readonly string[];
  kind: UnitKind;
  lines: readonly [first: number, last: number];
  signature: Signature | null;
};
export type Signature = { async: boolean; generator: boolean; parameters: readonly Parameter[] };
/** `name` of a pattern is its bracket. */
export type Parameter = readonly [name: string, rest: boolean, optional: boolean];

/** `faults`: what the compiler has against its syntax. `exported`: what others can import by name. */
export type Compiled = { path: string; text: string; faults: number; rows: Definition[]; exported: string[] };

/** What TypeScript's own compiler finds defined in files; none of their imports are followed. */
export async function definitionsByCompiler(paths: readonly string[]): Promise<Compiled[]> {
  const folder = mkdtempSync(join(tmpdir(), "dgov-compiler-"));
  const api = new API({ cwd: folder });
  try {
    const options = { noLib: true, noResolve: true, types: [], allowImportingTsExtensions: true, noEmit: true };
    const project = join(folder, "tsconfig.json");
    writeFileSync(project, JSON.stringify({ compilerOptions: { ...options, jsx: "preserve" }, files: paths }));
    const snapshot = await api.updateSnapshot({ openProjects: [project] });
    const program = snapshot.getProjects()[0]?.program;
    const compiled: Compiled[] = [];
    for (const path of paths) {
      const file = await program?.getSourceFile(path);
      if (file === undefined) throw new Error(`The compiler has not read ${path}`);
      const faults = (await program!.getSyntacticDiagnostics(path)).length;
      compiled.push({ path, text: file.text, faults, ...definitionsIn(file) });
    }
    return compiled;
  } finally {
    await api.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function definitionsIn(file: ast.SourceFile): Pick<Compiled, "rows" | "exported"> {
  const lines = linesOf(file.text);
  const own: Own = { file, lineAt: (at) => lines.findLastIndex((start) => start <= at) + 1 };
  return { rows: file.statements.flatMap((one) => statement(own, one, [])), exported: exportedBy(file.statements) };
}

/** Where each line of a text starts. */
export const linesOf = (text: string): number[] => [
  0,
  ...[...text.matchAll(/\r\n|\r|\n/g)].map(({ index, 0: end }) => index + end.length),
];

type Own = { file: ast.SourceFile; lineAt: (offset: number) => number };
type Path = readonly string[];

/** What one statement defines, and what is in that. */
function statement(own: Own, node: ast.Node, path: Path): Definition[] {
  if (ast.isFunctionDeclaration(node)) return callable(own, node, { path, kind: "function", of: node });
  if (ast.isClassDeclaration(node)) return holder(own, node, { path, kind: "class", members: node.members });
  if (ast.isInterfaceDeclaration(node)) return holder(own, node, { path, kind: "interface", members: node.members });
  if (ast.isEnumDeclaration(node)) return holder(own, node, { path, kind: "enum", members: node.members });
  if (ast.isTypeAliasDeclaration(node)) {
    const members = ast.isTypeLiteralNode(node.type) ? node.type.members : [];
    return holder(own, node, { path, kind: "type", members });
  }
  if (ast.isModuleDeclaration(node)) return namespace(own, node, path);
  if (ast.isVariableStatement(node)) return variables(own, node, path);
  if (ast.isExportAssignment(node) && !node.isExportEquals && isFunction(node.expression))
    return callable(own, node, { path, kind: "function", of: node.expression });
  if (ast.isExpressionStatement(node)) return assigned(own, node, path);
  return [];
}

/** `a.b.c = …` stands for what it is given. */
function assigned(own: Own, node: ast.ExpressionStatement, path: Path): Definition[] {
  const { expression } = node;
  if (!ast.isBinaryExpression(expression) || expression.operatorToken.kind !== ast.SyntaxKind.EqualsToken) return [];
  return ast.isPropertyAccessExpression(expression.left)
    ? valued(own, node, { path: [...path, words(expression.left.getText(own.file))], value: expression.right })
    : [];
}

function variables(own: Own, node: ast.VariableStatement, path: Path): Definition[] {
  const { declarations } = node.declarationList;
  const name = declarations.flatMap((one) => namesIn(own, one.name)).join(", ");
  const value = declarations.length === 1 ? declarations[0]!.initializer : undefined;
  return name === "" ? [] : valued(own, node, { path: [...path, name], value });
}

function namesIn(own: Own, name: ast.Node): string[] {
  if (ast.isIdentifier(name)) return [name.text];
  const names: string[] = [];
  name.forEachChild((one) => {
    const bound = ast.isBindingElement(one) ? one.name : undefined;
    if (bound !== undefined) names.push(...namesIn(own, bound));
  });
  return names;
}

type Valued = { path: Path; value: ast.Node | undefined };

function valued(own: Own, node: ast.Node, { path, value }: Valued): Definition[] {
  const above = path.slice(0, -1);
  const name = path.at(-1);
  if (value !== undefined && isFunction(value))
    return callable(own, node, { path: above, kind: "function", of: value, name });
  if (value !== undefined && ast.isClassExpression(value))
    return holder(own, node, { path: above, kind: "class", members: value.members, name });
  return [{ path, kind: "variable", lines: linesAt(own, node), signature: null }];
}

/** `namespace a.b` is one here, and one in another for the compiler. */
function namespace(own: Own, node: ast.ModuleDeclaration, path: Path): Definition[] {
  const names = [nameOf(own, node.name)];
  let body: ast.Node | undefined = node.body;
  for (; body !== undefined && ast.isModuleDeclaration(body); body = body.body) names.push(nameOf(own, body.name));
  const inner = [...path, names.join(".")];
  const statements = body !== undefined && ast.isModuleBlock(body) ? body.statements : [];
  const row: Definition = { path: inner, kind: "namespace", lines: linesAt(own, node), signature: null };
  return [row, ...statements.flatMap((one) => statement(own, one, inner))];
}

type Holder = { path: Path; kind: UnitKind; members: readonly ast.Node[]; name?: string | undefined };

function holder(own: Own, node: ast.Node, { path, kind, members, name }: Holder): Definition[] {
  const inner = [...path, name ?? nameOf(own, (node as { name?: ast.Node }).name)];
  const row: Definition = { path: inner, kind, lines: linesAt(own, node), signature: null };
  return [row, ...members.flatMap((one) => member(own, one, inner))];
}

function member(own: Own, node: ast.Node, path: Path): Definition[] {
  if (ast.isConstructorDeclaration(node))
    return callable(own, node, { path, kind: "method", of: node, name: "constructor" });
  if (ast.isMethodDeclaration(node) || ast.isMethodSignatureDeclaration(node))
    return callable(own, node, { path, kind: "method", of: node });
  if (ast.isGetAccessorDeclaration(node) || ast.isSetAccessorDeclaration(node))
    return callable(own, node, { path, kind: "property", of: node });
  const field = ast.isPropertyDeclaration(node) || ast.isPropertySignatureDeclaration(node);
  if (!field && !ast.isEnumMember(node)) return [];
  const name = nameOf(own, node.name);
  const value = ast.isPropertyDeclaration(node) ? node.initializer : undefined;
  if (value !== undefined && isFunction(value)) return callable(own, node, { path, kind: "method", of: value, name });
  return [{ path: [...path, name], kind: field ? "field" : "member", lines: linesAt(own, node), signature: null }];
}

type FunctionLike = ast.Node & {
  readonly name?: ast.Node;
  readonly parameters: readonly ast.ParameterDeclaration[];
  readonly body?: ast.Node;
  readonly asteriskToken?: ast.Node;
};
type Callable = { path: Path; kind: UnitKind; of: FunctionLike; name?: string | undefined };

const isFunction = (node: ast.Node): node is ast.ArrowFunction | ast.FunctionExpression =>
  ast.isArrowFunction(node) || ast.isFunctionExpression(node);

function callable(own: Own, node: ast.Node, { path, kind, of, name }: Callable): Definition[] {
  const outer = node === of ? of.name : undefined;
  const inner = [...path, name ?? nameOf(own, outer)];
  const parameters = of.parameters.flatMap((one): Parameter[] => {
    const text = one.name.getText(own.file);
    const rest = one.dotDotDotToken !== undefined;
    const optional = one.questionToken !== undefined || one.initializer !== undefined;
    return text === "this" ? [] : [[/^[[{]/.test(text) ? text[0]! : text, rest, optional]];
  });
  const signature = {
    async: hasModifier(of, ast.SyntaxKind.AsyncKeyword),
    generator: of.asteriskToken !== undefined,
    parameters,
  };
  const row: Definition = { path: inner, kind, lines: linesAt(own, node), signature };
  return [row, ...(of.body === undefined ? [] : nested(own, of.body, inner))];
}

/**
 * Functions and classes in the blocks of a body, at any depth, but in none of themselves. What a class without a name has
 * is named as if it stood in the body itself, as we do, so that the methods of a mixin are told apart.
 */
function nested(own: Own, body: ast.Node, path: Path): Definition[] {
  const found: Definition[] = [];
  body.forEachChild((one) => {
    const rows = ast.isBlock(body) ? statement(own, one, path) : [];
    if (ast.isClassExpression(body)) rows.push(...member(own, one, path).map(inBody));
    const counts = rows[0] !== undefined && !["variable", "type", "field"].includes(rows[0].kind);
    found.push(...(counts ? rows : nested(own, one, path)));
  });
  return found;
}

const inBody = (row: Definition, at: number): Definition =>
  at === 0 && row.kind === "method" ? { ...row, kind: "function" } : row;

const hasModifier = (node: ast.Node, kind: ast.SyntaxKind): boolean =>
  ((node as { modifiers?: readonly ast.Node[] }).modifiers ?? []).some((one) => one.kind === kind);

const linesAt = ({ file, lineAt }: Own, node: ast.Node): [number, number] => [
  lineAt(node.getStart(file)),
  lineAt(node.end - 1),
];

/** The name as it is written, without quotes. */
const nameOf = ({ file }: Own, name: ast.Node | undefined): string =>
  name === undefined ? "default" : words(name.getText(file).replace(/^(["'])(.*)\1$/s, "$2"));

const words = (text: string): string => text.replace(/\s+/g, " ");

function exportedBy(statements: readonly ast.Node[]): string[] {
  const names = statements.flatMap((node): string[] => {
    if (ast.isExportAssignment(node)) return node.isExportEquals ? [] : ["default"];
    if (ast.isExportDeclaration(node)) {
      const clause = node.exportClause;
      if (clause === undefined) return [];
      return ast.isNamespaceExport(clause) ? [clause.name.text] : clause.elements.map(({ name }) => name.text);
    }
    if (!hasModifier(node, ast.SyntaxKind.ExportKeyword)) return [];
    if (hasModifier(node, ast.SyntaxKind.DefaultKeyword)) return ["default"];
    if (ast.isVariableStatement(node))
      return node.declarationList.declarations.flatMap((one) => namesIn({} as Own, one.name));
    const { name } = node as { name?: { text?: string } };
    return name?.text === undefined ? [] : [name.text];
  });
  return [...new Set(names)].sort();
}
