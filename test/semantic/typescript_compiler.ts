import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

type Texts = Readonly<Record<string, string>>;

/** What the compiler says of one tree, as "path TS1234 message", each as often as it says it, in order. */
export type Errors = readonly string[];

const OPTIONS = {
  ...{ strict: true, noEmit: true, allowJs: true, checkJs: true, skipLibCheck: true },
  ...{ target: "esnext", module: "preserve", moduleResolution: "bundler", resolveJsonModule: true },
  ...{ jsx: "preserve", types: [], pretty: false },
};

/** What no library says here: what elements are, and the names of the older kind of modules. */
const AMBIENT = `declare namespace JSX {
  interface Element {}
  interface IntrinsicElements { [name: string]: any }
  interface IntrinsicAttributes { key?: string }
}
declare function require(path: string): any;
`;

/** The compiler's version, as it says it. */
export const versionOf = (compiler: string): string =>
  Bun.spawnSync([compiler, "--version"])
    .stdout.toString()
    .replace(/^Version\s+/, "")
    .trim();

/**
 * Type-checks trees by their names in one run, below a folder that is empty. A tree with a tsconfig.json of its own has
 * a run of its own.
 *
 * @throws Error when the compiler fails and names no place
 */
export async function checkTrees(compiler: string, folder: string, trees: ReadonlyMap<string, Texts>) {
  const found = new Map<string, string[]>([...trees.keys()].map((name) => [name, []]));
  write(join(folder, "ambient.d.ts"), AMBIENT);
  const common: string[] = [];
  for (const [name, texts] of trees) {
    for (const [path, text] of Object.entries(texts)) write(join(folder, name, path), text);
    const own = "tsconfig.json" in texts;
    if (!own) common.push(name);
    else await check(compiler, folder, { names: [name], under: `./${name}/tsconfig.json` }, found);
  }
  await check(compiler, folder, { names: common, under: null }, found);
  return found as ReadonlyMap<string, Errors>;
}

type Asked = { names: readonly string[]; under: string | null };

async function check(compiler: string, folder: string, { names, under }: Asked, found: Map<string, string[]>) {
  if (names.length === 0) return;
  const include = ["ambient.d.ts", ...names.map((name) => `${name}/**/*`)];
  write(
    join(folder, "check.json"),
    JSON.stringify({ ...(under && { extends: under }), compilerOptions: OPTIONS, include }),
  );
  const run = Bun.spawn([compiler, "-p", "check.json"], { cwd: folder, stdout: "pipe", stderr: "pipe" });
  const said = await new Response(run.stdout).text();
  const exit = await run.exited;
  const errors = said.split("\n").flatMap((line) => {
    const [, tree = "", path, code, message] = /^([^/\s]+)\/(\S.*?)\(\d+,\d+\): error (TS\d+): (.*)$/.exec(line) ?? [];
    const plain = message?.replaceAll(`${folder}/`, "").replaceAll(`${tree}/`, ""); // the same wherever the trees lie
    return path === undefined ? [] : [{ tree, error: `${path} ${code} ${plain}` }];
  });
  if (exit !== 0 && errors.length === 0) throw new Error(`The compiler did not say why it failed: ${said}`);
  for (const { tree, error } of errors) found.get(tree)?.push(error);
}

function write(path: string, text: string) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** What is said of one tree more often than of any of the others. */
export function newIn(errors: Errors, others: readonly Errors[]): string[] {
  const left = others.map((all) => [...all]);
  return errors.filter((error) => {
    const known = left.map((all) => {
      const at = all.indexOf(error);
      return at >= 0 && all.splice(at, 1).length > 0;
    });
    return !known.includes(true);
  });
}
